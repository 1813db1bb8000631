/** How a version's predictions came out: joined with outcomes when their horizon is over. */
import { EVENT_TYPES, OUTCOME_TYPES } from '../core/index.ts'
import { attribute, labelRule, outcomesOf, type Attributed } from '../outcomes/index.ts'
import {
  readJudgedPredictions,
  readPersons,
  readSegments,
  type Database,
  type JudgedPrediction,
} from '../store/index.ts'
import { evaluate, type Evaluation } from './evaluation.ts'

/** One prediction of a lead counts in so many days, as one moment does in training. */
const PERIOD_DAYS = 14
const LEADS_AT_ONCE = 1_000
const OUTCOME_CODES = OUTCOME_TYPES.map((type) => EVENT_TYPES[type].code)

export interface LiveQuery {
  readonly model: string
  readonly version: number
  readonly horizonDays: number
}

/** A prediction whose horizon is over. */
export interface SettledPrediction extends JudgedPrediction {
  readonly label: 0 | 1
}

export interface JoinedPredictions {
  /** In the order in which their horizons ended. */
  readonly settled: readonly SettledPrediction[]
  /** Their horizon has not passed: censored. */
  readonly open: number
  /** Leads among the open ones with the outcome already. */
  readonly openConverted: number
}

/** What came of a version's predictions so far, as known at `now`. */
export async function joinPredictions(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  { model, version, horizonDays }: LiveQuery,
  now: number,
): Promise<JoinedPredictions> {
  const predictions = await database.withWorkspace(workspaceId, (client) =>
    readJudgedPredictions(client, { model, version, periodDays: PERIOD_DAYS }),
  )
  const byLead = [...Map.groupBy(predictions, ({ personId }) => personId).values()]
  const joined: Attributed<JudgedPrediction>[] = []
  for (let from = 0; from < byLead.length; from += LEADS_AT_ONCE) {
    const part = byLead.slice(from, from + LEADS_AT_ONCE).flat()
    const ids = [...new Set(part.map(({ personId }) => personId))]
    const { logs, segments } = await database.withWorkspace(workspaceId, async (client) => ({
      logs: await readPersons(client, workspaceId, ids, Number.MAX_SAFE_INTEGER, OUTCOME_CODES),
      segments: await readSegments(client, ids),
    }))
    const outcomes = new Map([...logs].map(([id, log]) => [id, outcomesOf(log, now)]))
    const found = attribute(
      part,
      now,
      (id) => outcomes.get(id) ?? [],
      (id) => labelRule(segments.get(id) ?? null, horizonDays),
    )
    joined.push(...found)
  }
  const settled = joined.flatMap(({ prediction, attribution: { label } }) =>
    label === 'open' ? [] : [{ ...prediction, label }],
  )
  const open = joined.filter(({ attribution: { label } }) => label === 'open')
  const converted = open.filter(({ attribution: { outcome } }) => outcome !== null)
  return {
    settled: settled.sort((a, b) => a.asOf - b.asOf || a.personId - b.personId),
    open: open.length,
    openConverted: new Set(converted.map(({ prediction }) => prediction.personId)).size,
  }
}

export interface LiveHealth {
  /** One per lead and fortnight. */
  readonly predictions: number
  /** Their horizon has not passed: whatever happened so far, they do not count yet. */
  readonly open: number
  readonly openConverted: number
  readonly settled: number
  /** Null while nothing is settled. */
  readonly evaluation: Evaluation | null
}

export function healthOf({ settled, open, openConverted }: JoinedPredictions): LiveHealth {
  const evaluation =
    settled.length === 0
      ? null
      : evaluate({
          labels: settled.map(({ label }) => label),
          probabilities: settled.map(({ probability }) => probability),
          groups: settled.map(({ personId }) => personId),
        })
  return {
    predictions: settled.length + open,
    open,
    openConverted,
    settled: settled.length,
    evaluation,
  }
}

/** The live performance of one version as known at `now`. */
export async function liveHealth(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  query: LiveQuery,
  now: number,
): Promise<LiveHealth> {
  return healthOf(await joinPredictions(database, workspaceId, query, now))
}
