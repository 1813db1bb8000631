/** Fields that several bodies share. */
import Type from 'typebox'

/** One line of text: no control character, and no half of a surrogate pair: nothing stores it. */
export const LINE = '^[^\\p{Cc}\\p{Cs}]+$'
export const LINE_OR_EMPTY = '^[^\\p{Cc}\\p{Cs}]*$'

/** What people are called. */
export const Name = Type.String({ minLength: 1, maxLength: 200, pattern: LINE })
export const Team = Type.String({ maxLength: 100, pattern: LINE_OR_EMPTY })
export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\p{Cc}\\p{Cs}]+@[^\\s@\\p{Cc}\\p{Cs}]+$',
})
export const Password = Type.String({ minLength: 12, maxLength: 256 })
export const Slug = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
export const Role = Type.Union([Type.Literal('agent'), Type.Literal('lead'), Type.Literal('admin')])
export const Time = Type.String({ description: 'ISO 8601, UTC' })
export const TimeOrNull = Type.Union([Time, Type.Null()])
export const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'IANA name, e.g. America/Chicago',
})
