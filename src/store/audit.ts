/** The audit log: append-only and hash-chained per workspace. SQL: migrations/0004. */
import type { Queryable } from './connection.ts'

export interface AuditFact {
  /** Who: `user:7`, `key:3`, `system`. */
  readonly actor: string
  /** What, as noun.verb: `key.created`. */
  readonly action: string
  /** To what, by its number: never a name or an address of a person. */
  readonly subject: string
  readonly details?: Record<string, unknown>
}

export interface AuditEntry extends Required<AuditFact> {
  readonly entryNo: number
  readonly at: Date
  /** Of the person or the key, as they are called now; null: neither, or gone. */
  readonly actorName: string | null
  /** SHA-256 in hexadecimal. */
  readonly hash: string
}

export interface AuditFilter {
  readonly actor?: string | undefined
  /** An action, or the noun of several. */
  readonly kind?: string | undefined
}

/** Commits with the surrounding transaction, so the fact and its entry stand or fall together. */
export async function appendAudit(
  client: Queryable,
  workspaceId: number,
  fact: AuditFact,
): Promise<void> {
  const { actor, action, subject, details = {} } = fact
  await client.query('select append_audit($1, $2, $3, $4, $5)', [
    workspaceId,
    actor,
    action,
    subject,
    JSON.stringify(details),
  ])
}

/** Newest first, before entry `before`. Needs a client inside withWorkspace. */
export async function readAudit(
  client: Queryable,
  before: number | undefined,
  limit: number,
  { actor, kind }: AuditFilter = {},
): Promise<AuditEntry[]> {
  const { rows } = await client.query<{
    entry_no: string
    at: Date
    actor: string
    actor_name: string | null
    action: string
    subject: string
    details: Record<string, unknown>
    hash: string
  }>(
    `with page as (select * from audit_log where workspace_id = current_workspace()
       and ($1::bigint is null or entry_no < $1) and ($3::text is null or actor = $3)
       and ($4::text is null or action = $4 or split_part(action, '.', 1) = $4)
       order by entry_no desc limit $2)
     select p.entry_no, p.at, p.actor, coalesce(u.name, k.name) as actor_name, p.action, p.subject,
       p.details, encode(p.hash, 'hex') as hash
     from page p
     left join users u on p.actor = 'user:' || u.user_id
     left join api_keys k on k.workspace_id = p.workspace_id and p.actor = 'key:' || k.key_id
     order by p.entry_no desc`,
    [before ?? null, limit, actor ?? null, kind ?? null],
  )
  return rows.map(({ entry_no, actor_name, ...rest }) => ({
    ...rest,
    entryNo: Number(entry_no),
    actorName: actor_name,
  }))
}

/** The first entry that does not fit the chain; undefined when the log is intact. */
export async function verifyAudit(
  client: Queryable,
  workspaceId: number,
): Promise<number | undefined> {
  const { rows } = await client.query<{ broken: string | null }>(
    'select verify_audit($1) as broken',
    [workspaceId],
  )
  const broken = rows[0]?.broken ?? null
  return broken === null ? undefined : Number(broken)
}
