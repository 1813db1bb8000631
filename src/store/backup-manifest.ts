/** What a backup folder holds. The manifest is written last: a folder without one is unfinished. */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { SetupError } from '../platform/index.ts'

const Stored = Type.Object({
  /** Path inside the backup folder, with forward slashes. */
  path: Type.String({ pattern: '^(tables|files)/[A-Za-z0-9_./-]+$' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

const FORMAT = 1

export const Manifest = Type.Object({
  format: Type.Literal(FORMAT),
  product_version: Type.String(),
  schema_version: Type.Integer({ minimum: 1 }),
  created_at: Type.String(),
  /** In an order in which foreign keys are satisfied. */
  tables: Type.Array(
    Type.Object({
      name: Type.String(),
      columns: Type.Array(Type.String()),
      rows: Type.Integer({ minimum: 0 }),
      ...Stored.properties,
    }),
  ),
  sequences: Type.Array(
    Type.Object({ name: Type.String(), last: Type.String(), called: Type.Boolean() }),
  ),
  files: Type.Array(Stored),
})

export type Manifest = Static<typeof Manifest>

const MANIFEST = 'manifest.json'

export const manifestPath = (folder: string): string => join(folder, MANIFEST)

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/**
 * The manifest of a backup whose files are all there and unchanged.
 * @throws SetupError naming what is missing or damaged.
 */
export async function readBackup(folder: string): Promise<Manifest> {
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(manifestPath(folder), 'utf8'))
  } catch (cause) {
    throw new SetupError(`${folder} is not a finished backup: it has no readable ${MANIFEST}.`, {
      cause,
    })
  }
  const format = (manifest as { format?: unknown } | null)?.format
  if (typeof format === 'number' && format > FORMAT)
    throw new SetupError(
      `${folder} is newer (backup format ${format}) than this release (format ${FORMAT}): ` +
        'update EnterpriseHub first.',
    )
  if (!Value.Check(Manifest, manifest))
    throw new SetupError(`${manifestPath(folder)} is not a manifest this release understands.`)
  for (const { path, sha256 } of [...manifest.tables, ...manifest.files]) {
    if (path.includes('..')) throw new SetupError(`${manifestPath(folder)} names ${path}.`)
    const found = await digestOf(join(folder, path)).catch(() => 'missing')
    if (found !== sha256)
      throw new SetupError(
        `${join(folder, path)} is ${found === 'missing' ? 'missing' : 'damaged'}: ` +
          'use another backup, nothing was changed.',
      )
  }
  return manifest
}
