import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// What it brings depends on when V8 collects: bench/capture.ts measures it.
test('this Node knows the flag: of one it does not know it says so, and goes on', async () => {
  const words = ['--input-type=module', '-e']
  const run = async (code: string): Promise<string> => {
    const options = { cwd: import.meta.dirname }
    return (await promisify(execFile)(process.execPath, [...words, code], options)).stderr
  }
  const unknown = `(await import('node:v8')).setFlagsFromString('--heap-growing-slowly')`
  expect(await run(unknown)).toMatch(/unrecognized flag/)
  expect(await run(`(await import('./heaps.ts')).growSlowly()`)).toBe('')
})
