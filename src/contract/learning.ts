/** Models and their retraining. */
import Type, { type Static } from 'typebox'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = Type.String({ description: 'ISO 8601, UTC' })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Interval = Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description: '95 %' })
const Count = Type.Integer({ minimum: 0 })

export const ModelParams = Type.Object({
  name: Type.String({ maxLength: 40, pattern: '^[a-z_]+$' }),
})
export type ModelParams = Static<typeof ModelParams>

/** How good probabilities were on rows the model never saw. */
export const Evaluation = Type.Object({
  rows: Count,
  leads: Count,
  positives: Count,
  rate: Type.Number({ minimum: 0, maximum: 1, description: 'Base rate: positives by rows' }),
  roc_auc: Nullable(Share),
  roc_auc_interval: Nullable(Interval),
  pr_auc: Nullable(Share),
  log_loss: Type.Number({ description: 'Nats per row' }),
  brier: Share,
  ece: Type.Number({ minimum: 0, maximum: 1, description: 'Expected calibration error' }),
  calibration: Type.Array(Type.Object({ predicted: Share, observed: Share, rows: Count })),
  at_confidence: Type.Object(
    {
      confidence: Share,
      coverage: Share,
      accuracy: Nullable(Share),
      base_rate_accuracy: Nullable(Share),
      predicted_buyers: Count,
      precision: Nullable(Share),
      recall: Share,
    },
    { description: 'Among the rows where the model is at least so sure' },
  ),
})
export type Evaluation = Static<typeof Evaluation>

const Comparison = Type.Object({
  gain: Type.Number({ description: 'Log loss of the opponent less that of this one' }),
  interval: Interval,
  p_better: Share,
  p_worse: Share,
  leads: Count,
})

const report = {
  rows: Count,
  leads: Count,
  positives: Type.Integer({ description: 'Leads with the outcome' }),
  split: Type.Object({
    kind: Type.Enum(['time', 'lead'], {
      description: 'time: judged on later moments of held-out leads; lead: each fifth of the leads',
    }),
    training_rows: Count,
    holdout_rows: Count,
    holdout_positive_leads: Count,
    from: Nullable(Time),
  }),
  challenger: Evaluation,
  champion: Nullable(Evaluation),
  prior: Evaluation,
  rule: Evaluation,
  verdict: Type.Object({
    decision: Type.Enum(['promote', 'keep']),
    because: Type.String(),
    alpha: Share,
    against: Type.Object({
      champion: Type.Optional(Comparison),
      prior: Type.Optional(Comparison),
      rule: Type.Optional(Comparison),
    }),
    worse_segments: Type.Array(Type.String()),
  }),
}

/** What a version was made of and how it did, as written down when it was trained. */
export const TrainingRecord = Type.Object({
  ...report,
  learned_from: Type.Enum(['behavior', 'attributes']),
  horizon_days: Type.Integer({ minimum: 1 }),
  period: Nullable(Type.Object({ from: Time, to: Time })),
  summary: Type.Object({
    trees: Count,
    inputs: Type.Array(
      Type.Object({
        column: Type.String(),
        label: Type.String(),
        kind: Type.Enum(['feature', 'attribute']),
        share: Share,
      }),
    ),
  }),
})
export type TrainingRecord = Static<typeof TrainingRecord>

/** What a retraining found. */
export const RetrainResults = Type.Object({
  ...report,
  version: Nullable(Type.Integer({ description: 'Null: the champion stays' })),
  champion_version: Nullable(Type.Integer()),
  champion_drift: Type.Optional(
    Type.Array(Type.String(), { description: 'Why the champion counts as drifted' }),
  ),
})
export type RetrainResults = Static<typeof RetrainResults>

export const RetrainBody = Type.Object(
  {
    model: Type.Optional(Type.String({ maxLength: 40, default: 'lead_scoring' })),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
)
export type RetrainBody = Static<typeof RetrainBody>

export const RetrainAccepted = Type.Object({
  job_id: Type.String(),
  status: Type.String(),
  estimated_duration_minutes: Type.Integer({
    minimum: 1,
    description: 'from the last runs of this model; before the first, from the size of the log',
  }),
})

export const JobParams = Type.Object({ job_id: Type.String({ format: 'uuid' }) })
export type JobParams = Static<typeof JobParams>

export const RetrainStatus = Type.Object({
  job_id: Type.String(),
  model: Type.String(),
  status: Type.Enum(['waiting', 'running', 'done', 'failed']),
  progress: Share,
  results: Nullable(RetrainResults),
  error: Nullable(Type.String()),
  requested_by: Type.String(),
  requested_at: Time,
  reason: Nullable(
    Type.String({ description: 'the drift that asked for it; null: somebody did, or it was due' }),
  ),
})
export type RetrainStatus = Static<typeof RetrainStatus>

export const RetrainingsAnswer = Type.Object({ items: Type.Array(RetrainStatus) })
export type RetrainingsAnswer = Static<typeof RetrainingsAnswer>

export const ModelVersion = Type.Object({
  model: Type.String(),
  version: Type.Integer(),
  created_at: Time,
  created_by: Type.String(),
  note: Type.String(),
  aliases: Type.Array(Type.String()),
  training: Nullable(TrainingRecord),
})
export type ModelVersion = Static<typeof ModelVersion>

export const VersionsAnswer = Type.Object({ items: Type.Array(ModelVersion) })
export type VersionsAnswer = Static<typeof VersionsAnswer>

/** Which version was live from when. */
export const ModelLogAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      alias: Type.String(),
      version: Nullable(Type.Integer({ description: 'Null: none any more' })),
      at: Time,
      actor: Type.String(),
      reason: Type.String(),
    }),
  ),
})
export type ModelLogAnswer = Static<typeof ModelLogAnswer>

export const LiveHealth = Type.Object({
  predictions: Type.Integer({ description: 'one per lead and fortnight' }),
  open: Type.Integer({ description: 'their horizon has not passed: censored' }),
  open_converted: Type.Integer({ description: 'leads among the open with the outcome already' }),
  settled: Type.Integer(),
  evaluation: Nullable(Evaluation),
})
export type LiveHealth = Static<typeof LiveHealth>

export const ModelHealth = Type.Object({
  model: Type.String(),
  version: Nullable(Type.Integer()),
  held_out: Nullable(TrainingRecord),
  live: LiveHealth,
})
export type ModelHealth = Static<typeof ModelHealth>

export const RollbackBody = Type.Object(
  { version: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
)
export type RollbackBody = Static<typeof RollbackBody>
export const RollbackAnswer = Type.Object({ model: Type.String(), version: Type.Integer() })
