/**
 * How complete and how fresh a workspace's features are, measured on leads drawn at random. Finding
 * that out reads their logs: it is done in the background, at most once in ten minutes and only
 * where somebody looks; in between the last answer is given, with its age.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FeatureCatalogueAnswer } from '../../contract/index.ts'
import { countCoverage, FEATURES, readKnown, type Coverage } from '../../features/index.ts'
import { wilsonInterval } from '../../math/index.ts'
import { createKept } from '../../platform/index.ts'
import { countLeads, drawLeads } from '../../store/index.ts'
import type { Services } from '../services.ts'

const KEPT_MS = 600_000
/** Who asks first waits so long; then the answer is that it is being measured. */
const PATIENCE_MS = 3_000
/** Shares of so many leads are right to 6 points, 19 times in 20. */
const SAMPLE = 300
const BATCH = 25

interface Measured extends Coverage {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Of the workspace. */
  readonly total: number
}

type Needs = Pick<Services, 'database' | 'clock' | 'log' | 'onLook'>

export interface WorkspaceCoverage {
  readonly of: (workspaceId: number) => Promise<FeatureCatalogueAnswer>
}

function toAnswer(measured: Measured | undefined): FeatureCatalogueAnswer {
  const found = new Map(measured?.features.map((one) => [one.name, one]))
  const leads = measured?.leads ?? 0
  const shares = measured?.features.map(({ known }) => known / Math.max(1, leads)) ?? []
  return {
    measured_at: measured === undefined ? null : new Date(measured.at).toISOString(),
    leads: measured?.total ?? null,
    sampled: measured?.leads ?? null,
    with_events: measured === undefined || leads === 0 ? null : measured.withEvents / leads,
    completeness:
      leads === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length,
    freshness_seconds: measured?.freshnessSeconds ?? null,
    items: FEATURES.map((feature) => {
      const one = found.get(feature.name)
      const known = one?.known ?? 0
      return {
        feature: feature.name,
        group: feature.group,
        label: feature.label,
        unit: feature.unit,
        how: feature.how,
        window: feature.window,
        needs: feature.minimum === 0 ? null : `${feature.minimum} ${feature.evidenceOf}`,
        completeness: leads === 0 ? null : known / leads,
        interval: leads === 0 ? null : wilsonInterval(known, leads),
        freshness_seconds: one?.freshnessSeconds ?? null,
      }
    }),
  }
}

export function createWorkspaceCoverage({
  database,
  clock,
  log,
  onLook,
}: Needs): WorkspaceCoverage {
  async function measure(workspaceId: number): Promise<Measured> {
    const at = clock.now()
    const { total, drawn } = await database.withWorkspace(workspaceId, async (client) => ({
      total: await countLeads(client),
      // Others every time, so that an unlucky draw does not stay.
      drawn: await drawLeads(client, at, SAMPLE),
    }))
    const count = countCoverage()
    for (let from = 0; from < drawn.length; from += BATCH) {
      const ids = drawn.slice(from, from + BATCH).map(({ personId }) => personId)
      for (const known of (await readKnown(database.app, workspaceId, ids)).values())
        count.note(known, Math.max(at, known.state.cursorTime))
    }
    return { ...count.finish(), at, total }
  }
  const kept = createKept({
    clock,
    ms: KEPT_MS,
    ask: measure,
    onLook: (isHit) => onLook('feature_coverage', isHit),
  })
  const complain = (error: unknown): void =>
    log.warn({ err: error }, 'the completeness of features could not be measured')
  return {
    async of(workspaceId) {
      const found = kept.get(workspaceId)
      found.catch(complain)
      const last = kept.last(workspaceId)
      if (last !== undefined) return toAnswer(last)
      const patience = sleep(PATIENCE_MS, undefined, { ref: false })
      return toAnswer(await Promise.race([found, patience]))
    },
  }
}
