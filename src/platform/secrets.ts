/** Secrets the product generates for itself: one file each in DATA_DIR/secrets, owner only. */
import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return text === '' ? undefined : text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The path of a generated secret. */
export function secretPath(dataDir: string, name: string): string {
  return join(dataDir, 'secrets', name)
}

/** The stored secret, or undefined when none was generated or kept. */
export function readSecret(dataDir: string, name: string): string | undefined {
  return read(secretPath(dataDir, name))
}

/**
 * The stored secret `name`, made at first use by `make` (default: 32 random bytes in hexadecimal)
 * and written with mode 0600. Two processes that ask at once get the same one.
 */
export function keepSecret(
  dataDir: string,
  name: string,
  make: () => string = () => randomBytes(32).toString('hex'),
): string {
  const path = secretPath(dataDir, name)
  const known = read(path)
  if (known !== undefined) return known
  const folder = join(dataDir, 'secrets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${make()}\n`, { mode: 0o600, flush: true })
  try {
    // A link appears whole or not at all, and fails when another process was first.
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (read(path) === undefined) writeFileSync(path, readFileSync(draft), { mode: 0o600 })
  } finally {
    rmSync(draft, { force: true })
  }
  return read(path)!
}
