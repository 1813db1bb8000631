/** Lists of leads with their current scores. Needs a client inside withWorkspace. */
import type { Queryable } from './connection.ts'
import { searchCondition, searchLeads, searchMerged } from './lead-search.ts'
import {
  LEAD_COLUMNS,
  notCalledSql,
  toLead,
  type Lead,
  type LeadRow,
  type Viewer,
} from './leads.ts'

export type LeadOrder = 'newest' | 'call_next' | 'score' | 'churn' | 'last_activity'

/**
 * `active`: may be called. Snoozed and hidden leads are out of sight; `closed` are those of whom
 * nothing more is expected, closed or lost.
 */
export type LeadSight = 'active' | 'snoozed' | 'hidden' | 'closed' | 'all'

export interface LeadFilter {
  readonly q?: string | undefined
  readonly segment?: string | undefined
  readonly stage?: string | undefined
  /** Null: those of nobody. */
  readonly ownerId?: number | null | undefined
  /** Default all. */
  readonly show?: LeadSight | undefined
}

/** The last lead of the page before: its sort value (null: it has none) and its number. */
export interface LeadPlace {
  readonly value: number | null
  readonly personId: number
}

/** The current score of a lead as it is stored; see LeadScoreRecord. */
export interface StoredScore {
  readonly version: number | null
  readonly position: number
  readonly computedAt: Date
  readonly score: number | null
  readonly probability: number | null
  readonly interval: readonly [number, number] | null
  readonly prior: number | null
  readonly priorFrom: string | null
  readonly priorInterval: readonly [number, number] | null
  readonly timesAverage: number | null
  readonly reason: string | null
  readonly scoreBefore: number | null
  readonly churnRisk: number | null
  readonly commission: number | null
  readonly reachability: number
  readonly callReasons: readonly string[]
  readonly callNext: number | null
  /** See LeadScoreRecord. */
  readonly notCalled: string | null
  readonly lastActivityAt: Date | null
}

export interface ScoredLead extends Lead {
  /** The last one while the lead waits for the next; null: not computed yet. */
  readonly current: StoredScore | null
  /** What the list is sorted by. */
  readonly sortValue: number | null
}

interface ScoreRow {
  score_version: number | null
  score_position: string | null
  computed_at: Date | null
  score: number | null
  probability: number | null
  low: number | null
  high: number | null
  prior: number | null
  prior_from: string | null
  prior_low: number | null
  prior_high: number | null
  times_average: number | null
  reason: string | null
  score_before: number | null
  churn_risk: number | null
  commission: number | null
  reachability: number | null
  call_reasons: string[] | null
  call_next: number | null
  not_called: string | null
  last_activity_at: Date | null
}

const SCORE_COLUMNS = `s.version as score_version, s.position as score_position,
  coalesce(nullif(s.computed_at, '-infinity'), s.computed_before) as computed_at, s.score,
  s.probability, s.low, s.high, s.prior, s.prior_from, s.prior_low, s.prior_high, s.times_average,
  s.reason, s.score_before, s.churn_risk,
  s.commission, s.reachability, s.call_reasons, s.call_next, s.not_called, s.last_activity_at`

function toScore(row: ScoreRow): StoredScore | null {
  if (row.computed_at === null) return null
  const { low, high, prior_low: priorLow, prior_high: priorHigh } = row
  return {
    version: row.score_version,
    position: Number(row.score_position),
    computedAt: row.computed_at,
    score: row.score,
    probability: row.probability,
    interval: low === null || high === null ? null : [low, high],
    prior: row.prior,
    priorFrom: row.prior_from,
    priorInterval: priorLow === null || priorHigh === null ? null : [priorLow, priorHigh],
    timesAverage: row.times_average,
    reason: row.reason,
    scoreBefore: row.score_before,
    churnRisk: row.churn_risk,
    commission: row.commission,
    reachability: row.reachability ?? 1,
    callReasons: row.call_reasons ?? [],
    callNext: row.call_next,
    notCalled: row.not_called,
    lastActivityAt: row.last_activity_at,
  }
}

/** Column of lead_scores, and how a cursor's number becomes a value of it. */
const SORTED_BY: Record<Exclude<LeadOrder, 'newest'>, { column: string; type: string }> = {
  call_next: { column: 's.call_next', type: '::double precision' },
  score: { column: 's.score', type: '::real' },
  churn: { column: 's.churn_risk', type: '::real' },
  last_activity: { column: 's.last_activity_at', type: '' },
}

function sortValue(row: ScoreRow, order: LeadOrder): number | null {
  switch (order) {
    case 'newest':
      return null
    case 'call_next':
      return row.call_next
    case 'score':
      return row.score
    case 'churn':
      return row.churn_risk
    case 'last_activity':
      return row.last_activity_at?.getTime() ?? null
  }
}

const NOT_CALLED = notCalledSql('s.not_called')

const SHOWN: Record<LeadSight, string> = {
  active: `${NOT_CALLED} is null`,
  snoozed: 'p.hidden_at is null and p.snoozed_until > now()',
  hidden: 'p.hidden_at is not null',
  closed: `s.not_called in ('closed', 'lost')`,
  all: 'true',
}

/** A condition on leads as text of SQL with its values, so that each is planned for itself. */
interface Condition {
  readonly text: string
  /** So much matches that a page is soon full when leads are read in the order asked for. */
  readonly isWide: boolean
  readonly values: unknown[]
}

/** Null: nobody matches. */
async function conditionOf(
  client: Queryable,
  viewer: Viewer,
  filter: LeadFilter,
): Promise<Condition | null> {
  const { q, segment, stage, ownerId, show = 'all' } = filter
  const values: unknown[] = []
  let isWide = false
  const bind = (value: unknown): string => `$${values.push(value)}`
  // Those merged into others are left out.
  const parts = [
    `not exists (select from person_links l where l.workspace_id = p.workspace_id
       and l.person_id = p.person_id and l.unlinked_position is null)`,
    SHOWN[show],
  ]
  const owners = viewer === null ? null : await visibleOwners(client, viewer)
  if (owners !== null) parts.push(`p.owner_id = any(${bind(owners)}::bigint[])`)
  if (q !== undefined) {
    const found = await searchLeads(client, owners, q)
    isWide = found === 'many'
    const merged = await searchMerged(client, q)
    const ids = [...(found === 'many' ? [] : found), ...merged]
    const named = `p.person_id = any(${bind(ids)}::bigint[])`
    if (found === 'many') parts.push(`(${searchCondition(q, bind)} or ${named})`)
    else if (found.length + merged.length === 0) return null
    else parts.push(named)
  }
  if (segment !== undefined) parts.push(`p.segment = ${bind(segment)}`)
  if (stage !== undefined) parts.push(`p.stage = ${bind(stage)}`)
  if (ownerId === null) parts.push('p.owner_id is null')
  else if (ownerId !== undefined) parts.push(`p.owner_id = ${bind(ownerId)}`)
  return { text: parts.join(' and '), values, isWide }
}

/**
 * Leads that match, highest value first and those without one last (newest first), after `after`.
 * Each order is read from an index of its own.
 */
export async function listLeads(
  client: Queryable,
  viewer: Viewer,
  filter: LeadFilter,
  page: { order: LeadOrder; after: LeadPlace | undefined; limit: number },
): Promise<ScoredLead[]> {
  const { order, after, limit } = page
  const condition = await conditionOf(client, viewer, filter)
  if (condition === null) return []
  const read = async (
    build: (bind: (value: unknown) => string) => string,
  ): Promise<ScoredLead[]> => {
    const values = [...condition.values]
    const text = build((value) => `$${values.push(value)}`)
    // Statistics are of no use behind row-level security: LIKE counts as rare there, and all
    // matches would be sorted.
    if (condition.isWide) await client.query('set local enable_sort = off')
    const { rows } = await client.query<LeadRow & ScoreRow>(
      `select ${LEAD_COLUMNS}, ${SCORE_COLUMNS} ${text}`,
      values,
    )
    if (condition.isWide) await client.query('set local enable_sort = on')
    return rows.map((row) => ({
      ...toLead(row),
      current: toScore(row),
      sortValue: sortValue(row, order),
    }))
  }
  const { column, type } = SORTED_BY[order === 'newest' ? 'score' : order]
  const startAfter = (bind: (value: unknown) => string): string => {
    if (after === undefined || after.value === null) return ''
    const value = order === 'last_activity' ? new Date(after.value) : after.value
    return `and (${column}, s.person_id) < (${bind(value)}${type}, ${bind(after.personId)}::bigint)`
  }
  const valued =
    order === 'newest' || after?.value === null
      ? []
      : await read(
          (bind) => `from lead_scores s join persons p using (workspace_id, person_id)
           where s.workspace_id = current_workspace() and p.lead_id is not null
             and ${column} is not null and ${condition.text} ${startAfter(bind)}
           order by ${column} desc, s.person_id desc limit ${bind(limit)}`,
        )
  if (valued.length === limit) return valued
  const without = order === 'newest' ? '' : `and ${column} is null`
  const rest = await read((bind) => {
    const place = after?.value === null ? `and p.person_id < ${bind(after.personId)}::bigint` : ''
    return `from persons p left join lead_scores s using (workspace_id, person_id)
     where p.workspace_id = current_workspace() and p.lead_id is not null ${without}
       and ${condition.text} ${place}
     order by p.person_id desc limit ${bind(limit - valued.length)}`
  })
  return [...valued, ...rest]
}

/** The stages that leads of the workspace stand in, by name; each is one step down the index. */
export async function listStages(client: Queryable): Promise<string[]> {
  const { rows } = await client.query<{ stage: string }>(
    `with recursive found as (
       (select stage from persons where workspace_id = current_workspace()
          and stage is not null and lead_id is not null order by stage limit 1)
       union all
       select (select p.stage from persons p where p.workspace_id = current_workspace()
           and p.stage > f.stage and p.lead_id is not null order by p.stage limit 1)
       from found f where f.stage is not null)
     select stage from found where stage is not null limit 500`,
  )
  return rows.map(({ stage }) => stage)
}

/** The current score of one lead; null: not computed yet. */
export async function readLeadScore(
  client: Queryable,
  personId: number,
): Promise<StoredScore | null> {
  const { rows } = await client.query<ScoreRow>(
    `select ${SCORE_COLUMNS} from lead_scores s
     where s.workspace_id = current_workspace() and s.person_id = $1`,
    [personId],
  )
  return rows[0] === undefined ? null : toScore(rows[0])
}

/** The stored churn risk of leads, 0 to 1, by person; those without one are left out. */
export async function readChurnRisks(
  client: Queryable,
  personIds: readonly number[],
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ person_id: string; churn_risk: number }>(
    `select person_id, churn_risk from lead_scores where workspace_id = current_workspace()
     and person_id = any($1) and churn_risk is not null`,
    [personIds],
  )
  return new Map(rows.map(({ person_id, churn_risk }) => [Number(person_id), churn_risk]))
}

/** User numbers whose leads an agent may see: their own and their team's. */
export async function visibleOwners(client: Queryable, userId: number): Promise<number[]> {
  const { rows } = await client.query<{ user_id: string }>(
    `select $1::bigint as user_id union
     select o.user_id from memberships me join memberships o
       on o.workspace_id = me.workspace_id and o.team = me.team
     where me.workspace_id = current_workspace() and me.user_id = $1 and me.team <> ''`,
    [userId],
  )
  return rows.map(({ user_id }) => Number(user_id))
}
