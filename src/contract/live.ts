/**
 * Frames of GET /ws. A frame is `{type, seq, at, data}`: `seq` rises within a workspace, `at` is
 * when it was made. A client that comes back sends the last `seq` it saw as `after_seq` and misses
 * nothing; when that is too long ago it gets a `reset` and reads the lists anew.
 */
import Type, { type Static } from 'typebox'
import { LastEvent } from './leads.ts'
import { LeadScore } from './scores.ts'

export const CHANNELS = ['scores', 'events', 'models', 'jobs', 'alerts', 'journeys'] as const
export type Channel = (typeof CHANNELS)[number]

/** Sub-protocol of the socket; a browser sends its token beside it as `bearer.<token>`. */
export const SOCKET_PROTOCOL = 'enterprisehub.v1'
export const SOCKET_TOKEN_PREFIX = 'bearer.'

/** What a client sends; a later one replaces the subscription. */
export const SubscribeMessage = Type.Object(
  {
    subscribe: Type.Array(Type.Union(CHANNELS.map((name) => Type.Literal(name))), {
      maxItems: CHANNELS.length,
    }),
    after_seq: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  },
  { additionalProperties: false },
)
export type SubscribeMessage = Static<typeof SubscribeMessage>

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = Type.String({ description: 'ISO 8601, UTC' })

/** Channel `events`: something was recorded of a lead. */
export const EventData = Type.Object({
  lead_id: Type.String(),
  name: Nullable(Type.String()),
  type: Type.String(),
  label: Type.String(),
  timestamp: Time,
  property_id: Nullable(Type.String()),
  position: Type.Integer(),
})
export type EventData = Static<typeof EventData>

/** Channel `scores`: a lead's score was computed anew. */
export const ScoreData = Type.Object({
  lead_id: Type.String(),
  name: Nullable(Type.String()),
  ...LeadScore.properties,
  last_event: Nullable(LastEvent),
})
export type ScoreData = Static<typeof ScoreData>

/** Channel `models`: another version is live; `version` null: none any more. */
export const ModelData = Type.Object({
  model: Type.String(),
  alias: Type.String({ description: 'champion, challenger or shadow' }),
  version: Nullable(Type.Integer()),
  reason: Type.String(),
})
export type ModelData = Static<typeof ModelData>

/** Channel `jobs`: how far a job is. */
export const JobData = Type.Object({
  job_id: Type.String(),
  kind: Type.String(),
  status: Type.String(),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  note: Nullable(Type.String()),
})
export type JobData = Static<typeof JobData>

const frame = <T extends Type.TSchema>(type: string, data: T) =>
  Type.Object({ type: Type.Literal(type), seq: Type.Integer(), at: Time, data })

export const ScoreFrame = frame('score', ScoreData)
export const EventFrame = frame('event', EventData)
export const ModelFrame = frame('model', ModelData)
export const JobFrame = frame('job', JobData)
/** Answer to a subscription: everything after `seq` follows. */
export const SubscribedFrame = frame(
  'subscribed',
  Type.Object({ channels: Type.Array(Type.String()) }),
)
/** Frames were lost: read the lists anew, then go on from `seq`. */
export const ResetFrame = frame('reset', Type.Object({ reason: Type.String() }))
/** What the client sent was not understood; the subscription stays as it was. */
export const ErrorFrame = frame('error', Type.Object({ detail: Type.String() }))

export const SocketFrame = Type.Union([
  ScoreFrame,
  EventFrame,
  ModelFrame,
  JobFrame,
  SubscribedFrame,
  ResetFrame,
  ErrorFrame,
])
export type SocketFrame =
  | { type: 'score'; seq: number; at: string; data: ScoreData }
  | { type: 'event'; seq: number; at: string; data: EventData }
  | { type: 'model'; seq: number; at: string; data: ModelData }
  | { type: 'job'; seq: number; at: string; data: JobData }
  | { type: 'subscribed'; seq: number; at: string; data: { channels: string[] } }
  | { type: 'reset'; seq: number; at: string; data: { reason: string } }
  | { type: 'error'; seq: number; at: string; data: { detail: string } }
