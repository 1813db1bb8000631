/** API keys for tests and benchmarks, straight in the database. */
import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../../src/store/index.ts'
import { makeWorkspace } from './workspaces.ts'

/** A new secret key of a workspace, which is made when it is missing. */
export async function makeKey(
  database: Database,
  workspace: string,
  scopes: readonly string[],
): Promise<string> {
  const workspaceId = await makeWorkspace(database, workspace)
  const key = `eh_sk_${randomBytes(32).toString('base64url')}`
  await database.owner.query(
    `insert into api_keys (workspace_id, kind, name, key_hash, hint, scopes)
     values ($1, 'secret', 'test', $2, 'test', $3)`,
    [workspaceId, createHash('sha256').update(key).digest(), scopes],
  )
  return key
}
