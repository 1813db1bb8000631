/** docs/INVENTORY.md names only modules and tests that exist, and each number once. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const rows = readFileSync(join(ROOT, 'docs', 'INVENTORY.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-T]\d+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))

test('every number stands once, with a state', () => {
  const numbers = rows.map((row) => row[1])
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(numbers.length).toBeGreaterThan(300)
  expect(rows.filter((row) => !/^(done|partial|planned)$/.test(row[2] ?? ''))).toEqual([])
})

test('what is done or partial names a module and a test that exist', () => {
  const wrong = rows.filter(([, , state, module = '', check = '']) => {
    if (state === 'planned') return module !== '' || check !== ''
    return ![module, check].every((path) => path !== '' && existsSync(join(ROOT, path)))
  })
  expect(wrong).toEqual([])
})
