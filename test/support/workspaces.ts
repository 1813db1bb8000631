/** Workspaces and capture for tests, straight on a database (no HTTP). */
import { createCapture, createGroupCommit, type Capture } from '../../src/events/index.ts'
import { createIdSource, systemClock } from '../../src/platform/index.ts'
import { appendRows, linkIdentities, quarantine, type Database } from '../../src/store/index.ts'

/** Creates a workspace as the owner and answers its number. */
export async function makeWorkspace(database: Database, slug: string): Promise<number> {
  const answer = await database.owner.query<{ workspace_id: number }>(
    `insert into workspaces (slug, name) values ($1, $1)
     on conflict (slug) do update set name = excluded.name returning workspace_id`,
    [slug],
  )
  return answer.rows[0]!.workspace_id
}

/** Capture as the server wires it. */
export function captureOn(database: Database): Capture {
  const commit = createGroupCommit({
    append: async (rows) => {
      const client = await database.app.connect()
      try {
        return await appendRows(client, rows)
      } finally {
        client.release()
      }
    },
    onCommit: () => undefined,
    clock: systemClock,
  })
  return createCapture({
    newId: createIdSource(),
    append: (rows) => commit.submit(rows),
    quarantine: (workspaceId, items) =>
      database.withWorkspace(workspaceId, (client) => quarantine(client, items)),
    link: async (workspaceId, from, target) =>
      linkIdentities(database.app, workspaceId, from, target, 'identify'),
  })
}
