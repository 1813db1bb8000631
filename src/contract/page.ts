/** Cursor pagination: `?limit=&cursor=` answers `{items, next_cursor}`. */
import Type, { type Static } from 'typebox'

/** One of some words. */
export const OneOf = <const T extends string>(names: readonly T[], description?: string) =>
  Type.Unsafe<T>(
    Type.Union(
      names.map((name) => Type.Literal(name)),
      description === undefined ? {} : { description },
    ),
  )

export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 512, pattern: '^[A-Za-z0-9_-]+$' })),
  },
  { additionalProperties: false },
)
export type PageQuery = Static<typeof PageQuery>

export const NumberParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 53 - 1 }) })
export type NumberParams = Static<typeof NumberParams>
