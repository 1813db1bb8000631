/** Models and their retraining. */
import Type, { type Static } from 'typebox'

export const ModelParams = Type.Object({
  name: Type.String({ maxLength: 40, pattern: '^[a-z_]+$' }),
})
export type ModelParams = Static<typeof ModelParams>

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
  estimated_duration_minutes: Type.Number(),
})

export const JobParams = Type.Object({ job_id: Type.String({ format: 'uuid' }) })
export type JobParams = Static<typeof JobParams>

export const RetrainStatus = Type.Object({
  job_id: Type.String(),
  status: Type.String({ description: 'waiting, running, done or failed' }),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  results: Type.Unknown({ description: 'what was found; null before the end' }),
  error: Type.Union([Type.String(), Type.Null()]),
})

const Version = Type.Object({
  model: Type.String(),
  version: Type.Integer(),
  created_at: Type.String(),
  created_by: Type.String(),
  note: Type.String(),
  aliases: Type.Array(Type.String()),
  metrics: Type.Unknown(),
})

export const VersionsAnswer = Type.Object({ items: Type.Array(Version) })

export const ModelHealth = Type.Object({
  model: Type.String(),
  version: Type.Union([Type.Integer(), Type.Null()]),
  held_out: Type.Unknown({ description: 'as measured when it was trained' }),
  live: Type.Object({
    predictions: Type.Integer({ description: 'shown, acted on or taken daily' }),
    open: Type.Integer({ description: 'their horizon has not passed: censored' }),
    settled: Type.Integer(),
    evaluation: Type.Unknown({ description: 'null while nothing is settled' }),
  }),
})

export const RollbackBody = Type.Object(
  { version: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
)
export type RollbackBody = Static<typeof RollbackBody>
export const RollbackAnswer = Type.Object({ model: Type.String(), version: Type.Integer() })
