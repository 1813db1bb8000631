import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { onlineExamples } from './online-rows.ts'
import { isNumeric, readTable, toColumn } from './read-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'read-table-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, bytes: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

test('delimiters, quotes, encodings and gzip', async () => {
  const wanted = { names: ['a', 'stadt'], cells: [['1', 'Köln; West'], ['2', '']] } // prettier-ignore
  const text = 'a;stadt\r\n1;"Köln; West"\r\n2;NA\r\n'
  expect(await readTable(file('utf8.csv', `\ufeff${text}`))).toEqual(wanted)
  expect(await readTable(file('gz.csv.gz', gzipSync(text)))).toEqual(wanted)
  expect(await readTable(file('latin.csv', Buffer.from(text, 'latin1')))).toEqual(wanted)
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
  expect(await readTable(file('utf16.csv', utf16))).toEqual(wanted)
})

test('double and empty names, short rows', async () => {
  const table = await readTable(file('names.csv', 'x,x,\n1,2,3\n4\n'))
  expect(table.names).toEqual(['x', 'x (2)', 'column 3'])
  expect(table.cells[1]).toEqual(['4', '', ''])
})

test('types: one text cell makes a text column', async () => {
  const table = await readTable(file('types.csv', 'n,t\n1,1\n,x\n1e3,\n'))
  expect(isNumeric(table, 0)).toBe(true)
  expect(isNumeric(table, 1)).toBe(false)
  expect(toColumn(table, 0, true)).toMatchObject({ values: Float64Array.of(1, NaN, 1000) })
  expect(toColumn(table, 1, false)).toMatchObject({ levels: ['1', 'x'] })
})

test('what cannot be read is said', async () => {
  await expect(readTable(join(folder, 'none.csv'))).rejects.toThrow(/no such file/)
  await expect(readTable(file('empty.csv', ''))).rejects.toThrow(/is empty/)
  await expect(readTable(file('header.csv', 'a,b\n'))).rejects.toThrow(/no rows/)
})

test('rows for online learners: levels appear as they come, dates are days, unlabelled left out', () => {
  const names = ['city', 'when', 'n', 'label']
  const cells = [
    ['Austin', '1970-01-11', '5', 'yes'],
    ['Waco', '', '', 'no'],
    ['Waco', '1970-01-12', '7', ''],
  ]
  const { examples, classes } = onlineExamples({ names, cells }, 3)
  expect(classes).toEqual(['yes', 'no'])
  expect(examples).toEqual([
    { row: { 'city=Austin': 1, when: 10, n: 5 }, label: 0 },
    { row: { 'city=Austin': 0, 'city=Waco': 1, when: NaN, n: NaN }, label: 1 },
  ])
})
