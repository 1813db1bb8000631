/** Fields that several bodies share. */
import Type from 'typebox'

/** Text that people wrote: no control characters. */
export const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
})
export const Team = Type.String({ maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })
export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$',
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
