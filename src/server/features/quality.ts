/** The unified record of a lead and how good its data are. */
import type { LeadQualityBody } from '../../contract/index.ts'
import {
  leadQuality,
  QUALITY_THRESHOLD,
  readLeadRecord,
  type DeclaredAttribute,
  type LeadQuality,
} from '../../core/index.ts'
import type { LeadState } from '../../features/index.ts'
import type { Lead } from '../../store/index.ts'

/** What is stored of a lead, read as its oldest form: values of any import may be in it. */
export const recordOf = ({ leadId, attributes, segment, stage }: Lead) =>
  readLeadRecord({ ...attributes, lead_id: leadId, segment, stage, schema_version: 1 })

/** `now` in milliseconds since the epoch. */
export function qualityOf(
  lead: Lead,
  state: LeadState,
  declared: readonly DeclaredAttribute[],
  now: number,
): LeadQuality {
  const { record, faults } = recordOf(lead)
  const events = state.activity.events
  const newestAt = Math.max(state.cursorTime, lead.updatedAt.getTime())
  // What is known only afterwards is not missing before.
  const wanted = declared.filter(({ knownAt }) => knownAt !== 'after_outcome')
  return leadQuality(record, { declared: wanted, faults, events, newestAt }, now)
}

export function toQualityBody(quality: LeadQuality): LeadQualityBody {
  const { isThin, faults, missing, ...parts } = quality
  return {
    ...parts,
    threshold: QUALITY_THRESHOLD,
    is_thin: isThin,
    faults: [...faults],
    missing: [...missing],
  }
}
