/** What all files of a test run share is made once, by the first that asks. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'

/** For a busy machine. */
const WAIT_MS = 50_000

/**
 * Does `work` once in a test run, whichever process asks first, and answers its result (JSON).
 * Who finds the work of another failed, fails too.
 */
export async function once<T>(name: string, work: () => Promise<T>): Promise<T> {
  const folder = join(inject('clusterFolder'), 'once')
  const done = join(folder, `${name}.json`)
  mkdirSync(folder, { recursive: true })
  let isFirst = true
  try {
    mkdirSync(join(folder, name))
  } catch {
    isFirst = false
  }
  if (isFirst) {
    const found = await work().then(
      (result) => ({ result }),
      (error: unknown) => ({ failed: String(error) }),
    )
    writeFileSync(`${done}.part`, JSON.stringify(found))
    renameSync(`${done}.part`, done)
  }
  for (let waited = 0; !existsSync(done); waited += 50) {
    if (waited > WAIT_MS) throw new Error(`${name} was begun by another test and never done`)
    await sleep(50)
  }
  const found = JSON.parse(readFileSync(done, 'utf8')) as { result: T } | { failed: string }
  if ('failed' in found) throw new Error(`${name}: ${found.failed}`)
  return found.result
}
