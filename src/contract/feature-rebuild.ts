/** How far states are rebuilt after the definition of a feature changed. */
import Type, { type Static } from 'typebox'
import { OneOf } from './page.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = Type.String({ description: 'ISO 8601, UTC' })

/** Of the product as a whole; counts, which tell of other workspaces, are in /metrics. */
export const FeatureRebuildAnswer = Type.Object({
  status: OneOf(
    ['none', 'running', 'done'],
    'none: every stored state is of the definitions that run; running: others are being written ' +
      'anew, and scores not yet computed again stand meanwhile; done: they were',
  ),
  definitions: Type.Integer({
    description: 'Which definitions of features run, as GET /v1/leads/:id/features says too',
  }),
  progress: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the leads looked at' }),
  seconds_left: Nullable(Type.Number({ minimum: 0, description: 'At the rate so far' })),
  started_at: Nullable(Time),
  finished_at: Nullable(Time),
})
export type FeatureRebuildAnswer = Static<typeof FeatureRebuildAnswer>
