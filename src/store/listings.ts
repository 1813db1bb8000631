/** Listings in RESO field names. Every function needs a client inside withWorkspace. */
import type { FrozenEnrichment, Json } from '../core/index.ts'
import type { Queryable } from './connection.ts'

export interface Listing {
  readonly listingId: string
  /** All fields as they were sent, in RESO names. */
  readonly data: Readonly<Record<string, Json>>
  readonly updatedAt: Date
}

type FrozenListing = NonNullable<FrozenEnrichment['listing']>

/** The fields that append_events freezes on every entry about the listing. */
const FROZEN = [
  'ListPrice',
  'PropertyType',
  'LivingArea',
  'BedroomsTotal',
  'BathroomsTotalInteger',
  'City',
  'PostalCode',
  'OnMarketDate',
] as const satisfies readonly (keyof FrozenListing)[]

function frozenOf(data: Listing['data']): FrozenListing {
  const known = FROZEN.filter((name) => data[name] !== undefined && data[name] !== null)
  return Object.fromEntries(known.map((name) => [name, data[name]]))
}

/** Inserts or replaces listings; later entries freeze the new values, earlier keep theirs. */
export async function saveListings(
  client: Queryable,
  listings: readonly Pick<Listing, 'listingId' | 'data'>[],
): Promise<void> {
  // Sorted and each once (the last wins): two uploads at a time cannot deadlock.
  const byId = new Map(listings.map((listing) => [listing.listingId, listing]))
  const sorted = [...byId.values()].sort((a, b) => (a.listingId < b.listingId ? -1 : 1))
  const column = (name: string): Json[] => sorted.map(({ data }) => data[name] ?? null)
  await client.query(
    `insert into listings (workspace_id, listing_id, list_price, property_type, living_area,
       bedrooms_total, latitude, longitude, data, frozen)
     select current_workspace(), * from unnest($1::text[], $2::float8[], $3::text[], $4::float8[],
       $5::smallint[], $6::float8[], $7::float8[], $8::jsonb[], $9::jsonb[])
     on conflict (workspace_id, listing_id) do update set list_price = excluded.list_price,
       property_type = excluded.property_type, living_area = excluded.living_area,
       bedrooms_total = excluded.bedrooms_total, latitude = excluded.latitude,
       longitude = excluded.longitude, data = excluded.data, frozen = excluded.frozen,
       updated_at = now()`,
    [
      sorted.map(({ listingId }) => listingId),
      column('ListPrice'),
      column('PropertyType'),
      column('LivingArea'),
      column('BedroomsTotal'),
      column('Latitude'),
      column('Longitude'),
      sorted.map(({ data }) => JSON.stringify(data)),
      sorted.map(({ data }) => JSON.stringify(frozenOf(data))),
    ],
  )
}

/** By identifier, after `after`. */
export async function listListings(
  client: Queryable,
  after: string | undefined,
  limit: number,
): Promise<Listing[]> {
  const { rows } = await client.query<{
    listing_id: string
    data: Record<string, Json>
    updated_at: Date
  }>(
    `select listing_id, data, updated_at from listings where workspace_id = current_workspace()
       and ($1::text is null or listing_id > $1) order by listing_id limit $2`,
    [after ?? null, limit],
  )
  return rows.map((row) => ({
    listingId: row.listing_id,
    data: row.data,
    updatedAt: row.updated_at,
  }))
}
