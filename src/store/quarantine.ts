/** What could not be taken in as an event: kept with its reason, to be replayed later. */
import type { Queryable } from './connection.ts'

export interface Quarantined {
  readonly code: string
  readonly detail: string
  readonly eventType: string | null
  /** JSON text without NUL and unpaired surrogates. */
  readonly body: string
}

/** Durable when the surrounding transaction commits. Needs a client inside withWorkspace. */
export async function quarantine(client: Queryable, items: readonly Quarantined[]): Promise<void> {
  await client.query(
    `insert into quarantine (workspace_id, code, detail, event_type, body)
     select current_workspace(), * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])`,
    [
      items.map((item) => item.code),
      items.map((item) => item.detail),
      items.map((item) => item.eventType),
      items.map((item) => item.body),
    ],
  )
}
