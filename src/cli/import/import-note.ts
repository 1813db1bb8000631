/** How far an import came: a small file in the data folder, for when it is interrupted. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SetupError } from '../../platform/index.ts'

interface Noted {
  readonly line: number
  readonly counts: Readonly<Record<string, number>>
}

export interface ImportNote extends Noted {
  /** Size of the file. */
  readonly bytes: number
  /** Everything up to `line` is stored. */
  readonly write: (line: number, counts: Noted['counts']) => Promise<void>
  /** The import is complete. */
  readonly remove: () => Promise<void>
}

/**
 * The note of this file, as it is now (size and time of change), mapping and workspace; at line 0
 * when there is none. A dry run neither reads nor writes notes.
 * @throws SetupError when the file is not there.
 */
export async function openImportNote(of: {
  readonly file: string
  readonly mapping: string | undefined
  readonly workspaceId: number
  readonly dataDir: string
  readonly dryRun: boolean
}): Promise<ImportNote> {
  const path = resolve(of.file)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new SetupError(`${of.file}: no such file`)
  const mapping = of.mapping === undefined ? '' : await readFile(of.mapping, 'utf8')
  const name = createHash('sha256')
    .update(JSON.stringify([path, found.size, found.mtimeMs, mapping, of.workspaceId]))
    .digest('hex')
    .slice(0, 32)
  const folder = join(of.dataDir, 'imports')
  const at = join(folder, `${name}.json`)
  if (of.dryRun)
    return {
      line: 0,
      counts: {},
      bytes: found.size,
      write: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    }
  const noted = await readFile(at, 'utf8')
    .then((text) => JSON.parse(text) as Noted)
    .catch(() => ({ line: 0, counts: {} }))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    ...noted,
    bytes: found.size,
    async write(line, counts) {
      await writeFile(`${at}.new`, JSON.stringify({ line, counts }))
      await rename(`${at}.new`, at)
    },
    remove: () => rm(at, { force: true }),
  }
}
