/** Where an opportunity stands in its pipeline. */
import type { ReachedStage } from '../../store/index.ts'
import type { GhlOpportunity } from './records.ts'
import { instantOf } from './times.ts'

const STAGE_MAX = 64

/** The stage that an opportunity is in, since when; undefined when the stage has no name. */
export function reachedStage(
  opportunity: GhlOpportunity,
  stages: ReadonlyMap<string, string>,
  zone?: string,
): ReachedStage | undefined {
  const { contactId, pipelineStageId, lastStageChangeAt, updatedAt, createdAt } = opportunity
  const stage = stages.get(pipelineStageId ?? '')
  const at = instantOf(lastStageChangeAt ?? updatedAt ?? createdAt, zone)
  if (contactId == null || !stage || at === undefined) return undefined
  return { contactId, stage: stage.slice(0, STAGE_MAX), at: new Date(at) }
}
