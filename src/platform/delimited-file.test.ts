import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { stringify } from 'csv-stringify/sync'
import { afterAll, expect, test } from 'vitest'
import { readDelimited, sniffDelimiter } from './delimited-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'delimited-'))
afterAll(() => rmSync(folder, { recursive: true }))
let made = 0

async function read(content: string | Uint8Array) {
  const path = join(folder, `${made++}.csv`)
  writeFileSync(path, content)
  const file = await readDelimited(path)
  const rows: (readonly string[])[] = []
  for await (const row of file.rows) rows.push(row)
  return { ...file, rows }
}

test('encodings, marks and compression make no difference', async () => {
  const text = 'name,city\nZoë,Málaga\n"a, b",x\n'
  const wide = Buffer.from(text, 'utf16le')
  const swapped = Buffer.from(wide).swap16()
  const contents: Uint8Array[] = [
    Buffer.from(text),
    Buffer.from(`\uFEFF${text}`),
    Buffer.from(text.replaceAll('\n', '\r\n')),
    Buffer.concat([Buffer.from([0xff, 0xfe]), wide]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]),
    wide,
    Buffer.from(text, 'latin1'),
    gzipSync(text),
  ]
  for (const content of contents) {
    const { header, rows } = await read(content)
    expect(header).toEqual(['name', 'city'])
    expect(rows).toEqual([
      ['Zoë', 'Málaga'],
      ['a, b', 'x'],
    ])
  }
})

test('any table survives writing and reading, with every delimiter', async () => {
  const cell = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' })
  const row = fc.array(cell, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (cells) => {
      const { rows } = await read(stringify([['a', 'b', 'c'], ...cells], { quoted: true }))
      expect(rows).toEqual(cells)
    }),
    { numRuns: 40 },
  )
  expect(sniffDelimiter('a;b\n1,5;2\n3,5;4\n')).toBe(';')
  expect(sniffDelimiter('a\tb, c\n1\t2\n')).toBe('\t')
  expect(sniffDelimiter('"x;y",b\n1,2\n')).toBe(',')
  expect(sniffDelimiter('only\n1\n2\n')).toBe(',')
})

test('what cannot be read is said in words', async () => {
  await expect(read('')).rejects.toThrow(/empty/)
  await expect(read('a,b\u0000\n')).rejects.toThrow(/not a text file/)
  await expect(readDelimited(join(folder, 'none.csv'))).rejects.toThrow(/no such file/)
  await expect(readDelimited(folder)).rejects.toThrow(/is a folder/)
  const damaged = gzipSync('a,b\n1,2\n'.repeat(1000)).subarray(0, 30)
  await expect(read(damaged)).rejects.toThrow(/gzip/)
  // In Latin-1 the end is not looked at before the rows are read.
  const latin = Buffer.from('a,b\nJosé,1\n' + 'x,2\n'.repeat(200_000), 'latin1')
  const packed = gzipSync(latin, { level: 0 })
  await expect(read(packed.subarray(0, packed.length >> 1))).rejects.toThrow(/too early \(gzip\)/)
})
