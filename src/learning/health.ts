/** How a model's shown predictions came out: joined with outcomes when their horizon is over. */
import type { Database } from '../store/index.ts'
import { readPersons, readPredictions, readSegments } from '../store/index.ts'
import { attribute, labelRule, outcomesOf } from '../outcomes/index.ts'
import { evaluate, type Evaluation } from './evaluation.ts'

const PREDICTIONS_MAX = 20_000

export interface LiveHealth {
  readonly predictions: number
  /** Their horizon has not passed: whatever happened so far, they do not count yet. */
  readonly open: number
  readonly settled: number
  /** Null while nothing is settled. */
  readonly evaluation: Evaluation | null
}

/** The live performance of one version as known at `now`. */
export async function liveHealth(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  { model, version, horizonDays }: { model: string; version: number; horizonDays: number },
  now: number,
): Promise<LiveHealth> {
  const found = await database.withWorkspace(workspaceId, async (client) => {
    const all = await readPredictions(client, { model, limit: PREDICTIONS_MAX })
    const own = all.filter((p) => p.version === version && p.probability !== null)
    const ids = [...new Set(own.map(({ personId }) => personId))]
    const logs = await readPersons(client, workspaceId, ids, Number.MAX_SAFE_INTEGER)
    return { own, logs, segments: await readSegments(client, ids) }
  })
  const outcomes = new Map([...found.logs].map(([id, log]) => [id, outcomesOf(log, now)]))
  const joined = attribute(
    found.own,
    now,
    (id) => outcomes.get(id) ?? [],
    (id) => labelRule(found.segments.get(id) ?? null, horizonDays),
  )
  const settled = joined.flatMap(({ prediction, attribution: { label } }) =>
    label === 'open' ? [] : [{ prediction, label }],
  )
  const evaluation =
    settled.length === 0
      ? null
      : evaluate({
          labels: settled.map(({ label }) => label),
          probabilities: settled.map(({ prediction }) => prediction.probability!),
          groups: settled.map(({ prediction }) => prediction.personId),
        })
  return {
    predictions: joined.length,
    open: joined.length - settled.length,
    settled: settled.length,
    evaluation,
  }
}
