/** Bodies of the listing routes, in names of the RESO Data Dictionary. */
import Type, { type Static } from 'typebox'
import { Identifier } from '../core/index.ts'

const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const Amount = (maximum: number) => Type.Optional(Type.Number({ minimum: 0, maximum }))

export const ListingBody = Type.Object(
  {
    ListingId: Identifier,
    ListPrice: Amount(1e12),
    PropertyType: Text(128),
    LivingArea: Amount(1e9),
    BedroomsTotal: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
    BathroomsTotalInteger: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
    City: Text(128),
    PostalCode: Text(32),
    OnMarketDate: Text(40),
    Latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
    Longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
  },
  { additionalProperties: true, description: 'Further RESO fields are kept as they are' },
)
export type ListingBody = Static<typeof ListingBody>

export const ListingsBody = Type.Union([
  ListingBody,
  Type.Object(
    { items: Type.Array(ListingBody, { minItems: 1, maxItems: 1_000 }) },
    { additionalProperties: false },
  ),
])
export type ListingsBody = Static<typeof ListingsBody>

export const ListingsSaved = Type.Object({ saved: Type.Integer() })
export const ListingsAnswer = Type.Object({
  items: Type.Array(ListingBody),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
