/**
 * Scoring on request, from the log itself: the answer knows every event that was acknowledged
 * before, whichever process folds. What is shown is recorded, without holding up the answer.
 */
import type { ScoreAnswer } from '../../contract/index.ts'
import { computeScore, hourIn, type ComputedScore } from '../../decisions/index.ts'
import { FOLD_SCHEMA, rebuildTrack } from '../../features/index.ts'
import { leadScoring } from '../../models/index.ts'
import {
  insertPredictions,
  readEventId,
  readLeadScore,
  type Lead,
  type PredictionReason,
} from '../../store/index.ts'
import type { Services } from '../services.ts'
import { toScoreAnswer } from './answers.ts'

export interface Scorer {
  /** What the log says of a lead's score now; `patient`: see Grounds. */
  readonly compute: (
    workspaceId: number,
    lead: Lead,
    options?: { readonly reasons?: boolean; readonly patient?: boolean },
  ) => Promise<ComputedScore>
  /** The score of a lead now; `shown` records it as something a person saw. */
  readonly scoreOf: (
    workspaceId: number,
    lead: Lead,
    options?: { readonly reasons?: boolean; readonly shown?: boolean },
  ) => Promise<ScoreAnswer>
}

type Needs = Pick<Services, 'database' | 'grounds' | 'clock' | 'log'>

/** A computed score as the row and vector that are kept of it; undefined without a model. */
function recordOf(personId: number, computed: ComputedScore, why: PredictionReason) {
  const { version, asOf, position, vector } = computed
  if (version === null) return undefined
  return {
    vector: {
      personId,
      asOf,
      schema: FOLD_SCHEMA,
      numbers: Float32Array.from(vector.numeric),
      categories: vector.categorical,
    },
    record: {
      personId,
      model: leadScoring.name,
      version,
      probability: computed.probability,
      score: computed.score,
      interval: computed.interval,
      prior: computed.prior,
      asOfPosition: position,
      asOf,
      why,
    },
  }
}

export function createScorer({ database, grounds, clock, log }: Needs): Scorer {
  function remember(workspaceId: number, personId: number, computed: ComputedScore): void {
    const kept = recordOf(personId, computed, 'shown')
    if (kept === undefined) return
    database
      .withWorkspace(workspaceId, (client) =>
        insertPredictions(client, [kept.vector], [kept.record]),
      )
      .catch((error: unknown) => log.error({ err: error }, 'a shown score was not recorded'))
  }
  const compute: Scorer['compute'] = async (workspaceId, lead, options = {}) => {
    const { personId } = lead
    const ground = await grounds.of(workspaceId, options)
    const all = Number.MAX_SAFE_INTEGER
    const { track } = await rebuildTrack(database.app, { workspaceId, personId }, all)
    return computeScore(ground, track.state, lead, clock.now(), options)
  }
  return {
    compute,
    async scoreOf(workspaceId, lead, { reasons = false, shown = false } = {}) {
      const { personId, leadId } = lead
      const computed = await compute(workspaceId, lead, { reasons, patient: true })
      const { before, eventId } = await database.withWorkspace(workspaceId, async (client) => ({
        before: await readLeadScore(client, personId),
        eventId: await readEventId(client, computed.vector.knownPosition),
      }))
      if (shown) remember(workspaceId, personId, computed)
      const { timeZone } = await grounds.of(workspaceId)
      return toScoreAnswer(computed, {
        leadId,
        sight: lead,
        hour: hourIn(timeZone, clock.now()),
        scoreBefore: before?.scoreBefore ?? null,
        eventId,
      })
    },
  }
}
