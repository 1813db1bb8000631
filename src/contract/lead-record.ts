/** The unified lead record, with how good its data are. */
import Type, { type Static } from 'typebox'
import { LeadRecord } from '../core/index.ts'

const Part = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })
const Fault = Type.Object({ field: Type.String(), problem: Type.String() })

export const LeadQualityBody = Type.Object({
  score: Part('completeness^0.5 validity^0.2 freshness^0.15 consistency^0.15'),
  threshold: Part('Below it the data are too thin to claim a confidence'),
  is_thin: Type.Boolean(),
  completeness: Part('Weighted share of what should be known'),
  validity: Part('Share of values that are what their field takes'),
  freshness: Part('Halves every 180 days since the newest event or change'),
  consistency: Part('Share of checks between fields that hold'),
  faults: Type.Array(Fault),
  missing: Type.Array(
    Type.Object({
      field: Type.String(),
      label: Type.String(),
      gain: Type.Number({ description: 'Score if it were known, less the present one' }),
    }),
    { description: 'Largest gain first' },
  ),
})
export type LeadQualityBody = Static<typeof LeadQualityBody>

export const LeadRecordAnswer = Type.Object({
  record: LeadRecord,
  quality: LeadQualityBody,
})
export type LeadRecordAnswer = Static<typeof LeadRecordAnswer>
