/** A consistent copy of the whole product in one folder: SQL COPY of one snapshot, compressed. */
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { escapeIdentifier, type ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { SetupError } from '../platform/index.ts'
import { digestOf, manifestPath, type Manifest } from './backup-manifest.ts'
import type { Database } from './database.ts'

export interface BackupOptions {
  /** Folder to make; must not exist or be empty. */
  readonly out: string
  /** Its models and secrets are kept too (not the embedded server's own password). */
  readonly dataDir: string
  readonly productVersion: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly onTable?: (name: string, done: number, total: number) => void
}

interface Table {
  readonly name: string
  readonly columns: string[]
  /** Expressions to copy, one per column. */
  readonly values: string[]
}

/**
 * Tables of the product, referenced ones first. A row's transaction number means nothing in
 * another server, where it could even lie ahead and hide the row: 3, the oldest, stands instead.
 */
async function listTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { needs: string[] }>(`
    select c.relname as name,
      array_agg(a.attname::text order by a.attnum) as columns,
      array_agg(case a.atttypid when 'xid8'::regtype then '''3''::xid8'
        else quote_ident(a.attname) end order by a.attnum) as values,
      array(select distinct f.confrelid::regclass::text from pg_constraint f
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    group by c.oid, c.relname order by c.relname`)
  const ordered: Table[] = []
  const placed = new Set<string>()
  while (ordered.length < rows.length) {
    const next = rows.find((t) => !placed.has(t.name) && t.needs.every((n) => placed.has(n)))
    if (next === undefined) throw new Error('the tables refer to each other in a circle')
    placed.add(next.name)
    ordered.push({ name: next.name, columns: next.columns, values: next.values })
  }
  return ordered
}

async function copyTable(
  client: ClientBase,
  table: Table,
  out: string,
): Promise<Manifest['tables'][number]> {
  const { name, columns, values } = table
  const path = `tables/${name}.copy.gz`
  const file = join(out, path)
  const sql = `copy (select ${values.join(', ')} from ${escapeIdentifier(name)}) to stdout`
  const source = client.query(copyTo(sql))
  await pipeline(source, createGzip({ level: 4 }), createWriteStream(file, { mode: 0o600 }))
  return { name, columns, rows: source.rowCount, path, sha256: await digestOf(file) }
}

async function listSequences(client: ClientBase): Promise<Manifest['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind = 'S' and relnamespace = 'public'::regnamespace order by relname`,
  )
  const sequences: Manifest['sequences'] = []
  for (const { name } of rows) {
    const state = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${escapeIdentifier(name)}`,
    )
    sequences.push({ name, ...state.rows[0]! })
  }
  return sequences
}

/** Files beside the database: models, and the secrets without which they cannot be read. */
async function copyFiles(dataDir: string, out: string): Promise<Manifest['files']> {
  const files: Manifest['files'] = []
  for (const folder of ['models', 'secrets'].filter((name) => existsSync(join(dataDir, name))))
    for (const entry of readdirSync(join(dataDir, folder), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!entry.isFile() || entry.name === 'postgres-password') continue
      const from = join(entry.parentPath, entry.name)
      const path = `files/${relative(dataDir, from).split(sep).join('/')}`
      mkdirSync(dirname(join(out, path)), { recursive: true, mode: 0o700 })
      cpSync(from, join(out, path))
      files.push({ path, sha256: await digestOf(join(out, path)) })
    }
  return files
}

/**
 * Writes a backup while the product runs on.
 * @throws SetupError when `out` is not empty.
 */
export async function writeBackup(database: Database, options: BackupOptions): Promise<Manifest> {
  const { out, dataDir, onTable } = options
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new SetupError(`${out} is not empty: give --out a new folder.`)
  mkdirSync(join(out, 'tables'), { recursive: true, mode: 0o700 })
  const client = await database.owner.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    // A policy that would hide rows is an error then, not a smaller backup.
    await client.query('set local row_security = off')
    const tables = await listTables(client)
    const copied: Manifest['tables'] = []
    for (const table of tables) {
      onTable?.(table.name, copied.length, tables.length)
      copied.push(await copyTable(client, table, out))
    }
    // After the rows: a sequence may be ahead of them, never behind.
    const sequences = await listSequences(client)
    await client.query('commit')
    const manifest: Manifest = {
      format: 1,
      product_version: options.productVersion,
      schema_version: database.schemaVersion,
      created_at: options.createdAt,
      tables: copied,
      sequences,
      files: await copyFiles(dataDir, out),
    }
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`
    writeFileSync(manifestPath(out), text, { mode: 0o600, flush: true })
    return manifest
  } finally {
    client.release(true)
  }
}
