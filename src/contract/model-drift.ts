/** Drift of a model, and what it answers now beside what it answered when it was trained. */
import Type, { type Static } from 'typebox'
import { LiveHealth } from './learning.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Verdict = Type.Enum(['stable', 'warning', 'drift', 'unknown'], {
  description: 'unknown: too few leads to say',
})

const compared = {
  psi: Nullable(
    Type.Number({ minimum: 0, description: 'Population stability index: 0.1 warns, 0.2 alarms' }),
  ),
  statistic: Nullable(Type.Number()),
  p: Nullable(Share),
}

export const DriftAnswer = Type.Object({
  model: Type.String(),
  version: Nullable(Type.Integer({ description: 'The champion; null: there is none' })),
  drifted: Type.Boolean({
    description: 'A challenger that is merely not worse may replace the champion',
  }),
  because: Type.Array(Type.String()),
  reference_leads: Type.Integer({ minimum: 0, description: 'Frozen when it was trained' }),
  current_leads: Type.Integer({ minimum: 0, description: 'Seen within the last seven days' }),
  inputs_verdict: Verdict,
  inputs: Type.Array(
    Type.Object({
      column: Type.String(),
      label: Type.String(),
      share: Type.Number({ description: 'Share of the model’s loss reduction' }),
      effect: Nullable(Type.Number({ description: 'PSI x share; the list is in this order' })),
      ...compared,
      test: Type.Enum(['ks', 'chi-square', 'none']),
      p_adjusted: Nullable(Type.Number({ description: 'Benjamini-Hochberg over all inputs' })),
      verdict: Verdict,
    }),
  ),
  predictions: Type.Object({ ...compared, verdict: Verdict }),
  performance: Nullable(
    Type.Object({
      held_out_auc: Type.Number({ description: 'Cross-validated when it was trained' }),
      estimated_auc: Nullable(
        Type.Number({ description: 'From calibrated probabilities, before outcomes arrive' }),
      ),
      live: LiveHealth,
      verdict: Verdict,
    }),
  ),
  concept: Type.Object({
    settled: Type.Integer({ description: 'Predictions whose horizons do not overlap' }),
    alarms: Type.Array(Type.String({ description: 'When ADWIN saw errors grow, ISO 8601' })),
    verdict: Verdict,
  }),
})
export type DriftAnswer = Static<typeof DriftAnswer>

const Population = Type.Object({
  leads: Type.Integer({ minimum: 0 }),
  mean: Nullable(Share),
  quantiles: Nullable(Type.Object({ p05: Share, p25: Share, p50: Share, p75: Share, p95: Share })),
})

export const DistributionAnswer = Type.Object({
  model: Type.String(),
  version: Nullable(Type.Integer()),
  reference: Population,
  current: Population,
  abstained: Type.Integer({ description: 'Leads of now that are shown no score' }),
  bins: Type.Array(
    Type.Object({
      from: Share,
      to: Share,
      reference_share: Share,
      current_share: Share,
    }),
    { description: 'Tenths of the reference' },
  ),
  ...compared,
  verdict: Verdict,
})
export type DistributionAnswer = Static<typeof DistributionAnswer>
