/** How long a workspace keeps events; see docs/concepts/retention.md for what is lost. */
import Type, { type Static } from 'typebox'

export const RetentionSetting = Type.Object(
  {
    events_days: Type.Union([Type.Integer({ minimum: 401, maximum: 36_500 }), Type.Null()], {
      description:
        'Events that happened longer ago are deleted within a day; null keeps them for ever. At ' +
        'least 401: one day more than a late event may be old.',
    }),
    outcomes: Type.Union([Type.Literal('keep'), Type.Literal('delete')], {
      description: 'Whether outcomes, from which models learn, are deleted with them.',
    }),
  },
  { additionalProperties: false },
)
export type RetentionSetting = Static<typeof RetentionSetting>
