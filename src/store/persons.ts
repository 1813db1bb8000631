/** Persons and the names they are known by. SQL: migrations/0003. */
import type { Pool } from 'pg'
import { EVENT_TYPES, type EventType } from '../core/index.ts'
import { transaction, type Queryable } from './connection.ts'
import { announce } from './notices.ts'
import type { IdentityKind } from './event-log.ts'

export interface Identity {
  readonly kind: IdentityKind
  readonly value: string
}

export interface LinkOptions {
  readonly details?: Readonly<Record<string, unknown>>
  /** When it happened, milliseconds since the epoch; default now. */
  readonly at?: number
  /** It was known then: see declared-history.ts. */
  readonly declared?: boolean
}

export type LinkResult = 'linked' | 'already' | 'taken' | 'erased'

/**
 * From now on `from` counts as `target`; both are created when nobody has them. `taken`: `from`
 * already counts as somebody else and stays so. `erased`: one of both was erased. Never call it
 * inside a transaction: the link is an entry, which must be the first thing its own one writes.
 */
export async function linkIdentities(
  client: Queryable,
  workspaceId: number,
  from: Identity,
  target: Identity,
  reason: 'identify' | 'merge',
  { details = {}, at, declared = false }: LinkOptions = {},
): Promise<LinkResult> {
  const found = await client.query<{ from: string | null; target: string | null }>({
    name: 'persons_of',
    text: 'select person_of($1, $2, $3) as from, person_of($1, $4, $5) as target',
    values: [workspaceId, from.kind, from.value, target.kind, target.value],
  })
  const persons = found.rows[0]!
  if (persons.from === null || persons.target === null) return 'erased'
  const answer = await client.query<{ result: LinkResult }>({
    name: 'link_persons',
    text: 'select link_persons($1, $2, $3, $4, $5, $6, $7) as result',
    values: [
      workspaceId,
      persons.from,
      persons.target,
      reason,
      JSON.stringify(details),
      at === undefined ? null : new Date(at),
      declared,
    ],
  })
  return answer.rows[0]!.result
}

/** Undoes a merge: `from` counts as itself again. False when it is not linked. */
export async function unlinkPerson(
  client: Queryable,
  workspaceId: number,
  from: number,
  details: Record<string, unknown> = {},
): Promise<boolean> {
  const answer = await client.query<{ done: boolean }>('select unlink_person($1, $2, $3) as done', [
    workspaceId,
    from,
    JSON.stringify(details),
  ])
  return answer.rows[0]!.done
}

/**
 * Appends an entry of the product's own (a note, an assignment) at the present time; answers its
 * position. It must be the first thing its transaction writes.
 */
export async function appendEntry(
  client: Queryable,
  workspaceId: number,
  personId: number,
  type: EventType,
  properties: Record<string, unknown>,
): Promise<number> {
  const answer = await client.query<{ position: string }>(
    'select append_entry($1, $2, $3::smallint, now(), $4) as position',
    [workspaceId, personId, EVENT_TYPES[type].code, JSON.stringify({ properties })],
  )
  return Number(answer.rows[0]!.position)
}

/** The same for several persons at once. */
export async function appendEntries(
  client: Queryable,
  workspaceId: number,
  type: EventType,
  entries: readonly { personId: number; properties: Record<string, unknown> }[],
): Promise<void> {
  await client.query('select append_entries($1, $2, $3::smallint, now(), $4)', [
    workspaceId,
    entries.map(({ personId }) => personId),
    EVENT_TYPES[type].code,
    entries.map(({ properties }) => JSON.stringify({ properties })),
  ])
}

/** A decision of the grader about an open or click of a lead. */
export interface TakenGrade {
  readonly workspaceId: number
  readonly personId: number
  /** Position of the entry that decided it. */
  readonly decidedBy: number
  /** When it took effect, milliseconds since the epoch; undefined: now. */
  readonly at: number | undefined
  /** Properties of the entry; `target_position` is the open or click. */
  readonly decision: { readonly target_position: number; readonly [name: string]: unknown }
}

/**
 * Appends engagement_graded entries, but for those that stand in the log already (same target, same
 * deciding entry): looked up once nobody else grades in this workspace, so that two workers never
 * append the same.
 */
export async function appendGrades(
  app: Pool,
  workspaceId: number,
  grades: readonly TakenGrade[],
): Promise<void> {
  await transaction(app, async (client) => {
    // An advisory lock: a row lock would give the transaction its id before the entries.
    await client.query('select pg_advisory_xact_lock(7312, $1)', [workspaceId])
    const { rows } = await client.query<{ decided_by: string; target: string }>({
      name: 'present_grades',
      text: 'select * from present_grades($1, $2)',
      values: [workspaceId, [...new Set(grades.map(({ decidedBy }) => decidedBy))]],
    })
    const present = new Set(rows.map(({ decided_by, target }) => `${decided_by}:${target}`))
    const missing = grades.filter(
      ({ decidedBy, decision }) => !present.has(`${decidedBy}:${decision.target_position}`),
    )
    if (missing.length === 0) return
    await client.query('select append_entries_at($1, $2, $3::smallint, $4, $5)', [
      workspaceId,
      missing.map(({ personId }) => personId),
      EVENT_TYPES.engagement_graded.code,
      missing.map(({ at }) => (at === undefined ? null : new Date(at))),
      missing.map(({ decision, decidedBy }) =>
        JSON.stringify({ properties: { ...decision, decided_by: decidedBy } }),
      ),
    ])
  })
}

/** The person behind an identity, or undefined. Needs a client inside withWorkspace. */
export async function findPerson(
  client: Queryable,
  identity: Identity,
): Promise<number | undefined> {
  const answer = await client.query<{ person_id: string }>({
    name: 'find_person',
    text: `select person_id from identities
      where workspace_id = current_workspace() and kind = $1 and value = $2`,
    values: [identity.kind, identity.value],
  })
  return answer.rows[0] === undefined ? undefined : Number(answer.rows[0].person_id)
}

/**
 * Erases a person everywhere and keeps only a suppression stub. An append that had resolved the
 * person just before may still commit; so, once no such transaction can be left, what it wrote is
 * erased too. Answers the number of log entries erased.
 */
export async function erasePerson(
  app: Pool,
  workspaceId: number,
  personId: number,
): Promise<number> {
  const erased = await transaction(app, async (client) => {
    const answer = await client.query<{ n: string; xid: string; circle: string[] }>(
      `with circle as (select person_circle($1, $2) as ids)
       select c.ids as circle, erase_person($1, $2) as n, pg_current_xact_id()::text as xid
       from circle c`,
      [workspaceId, personId],
    )
    await announce(client, 'erased')
    return answer.rows[0]!
  })
  for (let settled = false; !settled;) {
    const answer = await app.query<{ settled: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as settled',
      [erased.xid],
    )
    settled = answer.rows[0]!.settled
    if (!settled) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const late = await app.query<{ n: string }>('select erase_leftovers($1, $2) as n', [
    workspaceId,
    erased.circle,
  ])
  return Number(erased.n) + Number(late.rows[0]!.n)
}
