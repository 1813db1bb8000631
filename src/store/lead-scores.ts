/**
 * The current score of every lead: written by the owner of its partition, read in order. SQL:
 * migrations/0006, 0009 and 0033.
 */
import type { Queryable } from './connection.ts'
import type { StateKey } from './lead-states.ts'

export interface LeadScoreRecord extends StateKey {
  /** Of the champion; null: there was none. */
  readonly version: number | null
  /** Log position the score knows of. */
  readonly position: number
  /** Milliseconds since the epoch. */
  readonly computedAt: number
  readonly score: number | null
  readonly probability: number | null
  readonly interval: readonly [number, number] | null
  readonly prior: number | null
  /** segment, workspace or base; null with a prior of before there were guesses. */
  readonly priorFrom: string | null
  readonly priorInterval: readonly [number, number] | null
  readonly timesAverage: number | null
  /** Why there is no score. */
  readonly reason: string | null
  readonly commission: number | null
  readonly reachability: number
  readonly callReasons: readonly string[]
  readonly callNext: number | null
  /** Why it is not called, apart from being out of sight; null: it may be. */
  readonly notCalled: string | null
  readonly lastActivityAt: number | null
}

const isoOrNull = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString()

/** Scores of any workspaces; an older state never replaces a later one, erased persons are left. */
export async function saveLeadScores(
  client: Queryable,
  records: readonly LeadScoreRecord[],
): Promise<void> {
  if (records.length === 0) return
  const rows = records.map((r) => ({
    workspace_id: r.workspaceId,
    person_id: r.personId,
    version: r.version,
    position: r.position,
    computed_at: isoOrNull(r.computedAt),
    score: r.score,
    probability: r.probability,
    low: r.interval?.[0] ?? null,
    high: r.interval?.[1] ?? null,
    prior: r.prior,
    prior_from: r.priorFrom,
    prior_low: r.priorInterval?.[0] ?? null,
    prior_high: r.priorInterval?.[1] ?? null,
    times_average: r.timesAverage,
    reason: r.reason,
    commission: r.commission,
    reachability: r.reachability,
    call_reasons: r.callReasons,
    call_next: r.callNext,
    not_called: r.notCalled,
    last_activity_at: isoOrNull(r.lastActivityAt),
  }))
  await client.query({
    name: 'save_lead_scores',
    text: 'select save_lead_scores($1)',
    values: [JSON.stringify(rows)],
  })
}

/** What scoring needs beside the state. */
export interface ScoringInput extends StateKey {
  /** Null: an anonymous visitor, who has no score. */
  readonly leadId: string | null
  readonly segment: string | null
  readonly ownerId: number | null
  readonly attributes: Record<string, unknown>
  /** What an import said became of it; null: nothing. */
  readonly converted: boolean | null
  /** The score of the day before. */
  readonly scoreBefore: number | null
}

export async function readScoringInputs(
  client: Queryable,
  keys: readonly StateKey[],
): Promise<ScoringInput[]> {
  const { rows } = await client.query<{
    workspace_id: number
    person_id: string
    lead_id: string | null
    segment: string | null
    owner_id: string | null
    attributes: Record<string, unknown>
    converted: boolean | null
    score_before: number | null
  }>({
    name: 'scoring_inputs',
    text: 'select * from scoring_inputs($1, $2)',
    values: [keys.map((key) => key.workspaceId), keys.map((key) => key.personId)],
  })
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    leadId: row.lead_id,
    segment: row.segment,
    ownerId: row.owner_id === null ? null : Number(row.owner_id),
    attributes: row.attributes,
    converted: row.converted,
    scoreBefore: row.score_before,
  }))
}

/** A lead that is due, with its state as it stands on disk. */
export interface DueLead extends StateKey {
  readonly position: number
  /** Null: nothing was folded of it yet, as for a lead that was imported and did nothing. */
  readonly state: Uint8Array | null
}

/** Leads of some partitions whose score is older than `before` or missing, oldest first. */
export async function readStaleScores(
  client: Queryable,
  workspaceId: number,
  partitions: readonly number[],
  before: number,
  limit: number,
): Promise<DueLead[]> {
  return readStates(client, {
    name: 'stale_lead_scores',
    text: 'select * from stale_lead_scores($1, $2, to_timestamp($3 / 1000.0), $4)',
    values: [workspaceId, [...partitions], before, limit],
  })
}

async function readStates(
  client: Queryable,
  query: { name: string; text: string; values: unknown[] },
): Promise<DueLead[]> {
  const { rows } = await client.query<{
    workspace_id: number
    person_id: string
    position: string
    state: Buffer | null
  }>(query)
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    position: Number(row.position),
    state: row.state,
  }))
}

/** Leads of some partitions not yet in the snapshot of `day` (YYYY-MM-DD, UTC). */
export function readDueSnapshots(
  client: Queryable,
  workspaceId: number,
  partitions: readonly number[],
  day: string,
  limit: number,
): Promise<DueLead[]> {
  return readStates(client, {
    name: 'due_snapshots',
    text: 'select * from due_snapshots($1, $2, $3, $4)',
    values: [workspaceId, [...partitions], day, limit],
  })
}

export async function markSnapshots(
  client: Queryable,
  workspaceId: number,
  personIds: readonly number[],
  day: string,
): Promise<void> {
  await client.query('select mark_snapshots($1, $2, $3)', [workspaceId, [...personIds], day])
}

export interface StoredEconomics {
  /** IANA name. */
  readonly timeZone: string
  readonly settings: Record<string, unknown>
  readonly medianListPrice: number | null
}

/** What calls are worth in a workspace. */
export async function readEconomics(
  client: Queryable,
  workspaceId: number,
): Promise<StoredEconomics> {
  const { rows } = await client.query<{
    time_zone: string
    settings: Record<string, unknown>
    median_list_price: number | null
  }>('select * from workspace_economics($1)', [workspaceId])
  const row = rows[0]
  return {
    timeZone: row?.time_zone ?? 'UTC',
    settings: row?.settings ?? {},
    medianListPrice: row?.median_list_price ?? null,
  }
}

/** Puts leads that have no score, or one behind their state, into the queue of stale ones. */
export async function queueUnscored(client: Queryable, workspaceId: number): Promise<number> {
  const { rows } = await client.query<{ added: string }>(
    'select queue_unscored_leads($1) as added',
    [workspaceId],
  )
  return Number(rows[0]!.added)
}

/** Of every workspace, whoever asks. */
export async function readWorkspacesWithLeads(client: Queryable): Promise<number[]> {
  const { rows } = await client.query<{ workspace_id: number }>({
    name: 'workspaces_with_leads',
    text: 'select * from workspaces_with_leads() as workspace_id',
  })
  return rows.map(({ workspace_id }) => workspace_id)
}

/** Leads and how many of them made an offer, bought or (sellers) signed, by segment. */
export interface SegmentRate {
  readonly segment: string | null
  readonly leads: number
  readonly positives: number
}

/**
 * How leads known for at least `days` did within `days` of becoming known; where there are none,
 * what an import said became of leads. Reads the whole log of the workspace: keep the answer.
 */
export async function readLeadRates(
  client: Queryable,
  workspaceId: number,
  days: number,
): Promise<SegmentRate[]> {
  const { rows } = await client.query<{
    segment: string | null
    leads: string
    positives: string
  }>('select * from lead_rates($1, $2)', [workspaceId, days])
  return rows.map(({ segment, leads, positives }) => ({
    segment,
    leads: Number(leads),
    positives: Number(positives),
  }))
}
