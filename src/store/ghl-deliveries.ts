/**
 * Deliveries of GoHighLevel's webhooks. A delivery is due until it was taken in; it waits when its
 * contact is not known yet; what nobody understands is kept in quarantine. Once done, only its key
 * stays.
 */
import type { Queryable } from './connection.ts'

/** Why a delivery is not in the log, or null. */
export type DeliveryEnd =
  | { readonly state: 'done' | 'quarantined'; readonly detail: string | null }
  | { readonly state: 'waiting'; readonly detail: string }

export interface NewDelivery {
  readonly key: Uint8Array
  readonly hookId: number | null
  readonly type: string
  readonly contactId: string | null
  readonly sentAt: Date | null
  readonly body: Uint8Array
  /** After so long the same key is another delivery; null: never. */
  readonly renewedAfterSeconds: number | null
}

export interface Delivery {
  readonly deliveryId: number
  readonly key: Uint8Array
  readonly type: string
  readonly hookId: number | null
  readonly sentAt: Date | null
  readonly receivedAt: Date
  readonly body: Uint8Array
}

/** The workspaces that are connected to a location. */
export async function workspacesOfLocation(
  client: Queryable,
  locationId: string,
): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>('select ghl_location_workspaces($1) as id', [
    locationId,
  ])
  return rows.map(({ id }) => id)
}

/** Gives a location to the workspace main where none is known yet; else answers nothing. */
export async function adoptLocation(
  client: Queryable,
  locationId: string,
  settings: object,
): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>('select adopt_ghl_location($1, $2) as id', [
    locationId,
    JSON.stringify(settings),
  ])
  return rows.map(({ id }) => id)
}

/** Workspaces with deliveries to be taken in. */
export async function dueWorkspaces(client: Queryable): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>('select due_ghl_workspaces() as id')
  return rows.map(({ id }) => id)
}

const WAITING_DAYS = 30
const QUARANTINED_DAYS = 90

export async function forgetOldBodies(client: Queryable): Promise<void> {
  await client.query('select forget_ghl_bodies($1, $2)', [WAITING_DAYS, QUARANTINED_DAYS])
}

/** Needs a client inside withWorkspace, as all below. */
export async function saveLocation(
  client: Queryable,
  locationId: string,
  settings: object,
): Promise<void> {
  await client.query(
    `insert into ghl_locations (workspace_id, location_id, settings)
     values (current_workspace(), $1, $2)
     on conflict (workspace_id, location_id) do update set settings = excluded.settings`,
    [locationId, JSON.stringify(settings)],
  )
}

/** The locations that the workspace is connected to. */
export async function listLocations(
  client: Queryable,
): Promise<{ locationId: string; name: string; connectedAt: Date }[]> {
  const { rows } = await client.query<{ location_id: string; name: string; connected_at: Date }>(
    `select location_id, coalesce(settings->>'name', location_id) as name, connected_at
     from ghl_locations where workspace_id = current_workspace() order by connected_at`,
  )
  return rows.map((row) => ({
    locationId: row.location_id,
    name: row.name,
    connectedAt: row.connected_at,
  }))
}

/** What records mean in a location; undefined when the workspace is not connected to it. */
export async function readLocation(client: Queryable, locationId: string): Promise<unknown> {
  const { rows } = await client.query<{ settings: unknown }>(
    `select settings from ghl_locations
     where workspace_id = current_workspace() and location_id = $1`,
    [locationId],
  )
  return rows[0]?.settings
}

/** Durable when the transaction commits; false when it was here before. */
export async function insertDelivery(client: Queryable, delivery: NewDelivery): Promise<boolean> {
  const { key, hookId, type, contactId, sentAt, body, renewedAfterSeconds } = delivery
  const { rowCount } = await client.query(
    `insert into ghl_deliveries
       (workspace_id, delivery_key, hook_id, type, contact_id, sent_at, body)
     values (current_workspace(), $1, $2, $3, $4, $5, $6)
     on conflict (workspace_id, delivery_key) do update
       set received_at = now(), state = 'due', detail = null, attempts = 0,
         contact_id = excluded.contact_id, body = excluded.body
       where ghl_deliveries.received_at < now() - make_interval(secs => $7)
     returning delivery_id`,
    [key, hookId, type, contactId, sentAt, body, renewedAfterSeconds],
  )
  return rowCount === 1
}

/**
 * Deliveries to be taken in, in the order in which they were sent. Nobody else takes in those of
 * this workspace until the transaction ends; empty when somebody else is at it.
 */
export async function holdDue(client: Queryable, limit: number): Promise<Delivery[]> {
  const { rows } = await client.query<{
    delivery_id: string
    delivery_key: Buffer
    type: string
    hook_id: string | null
    sent_at: Date | null
    received_at: Date
    body: Buffer
  }>(
    `with held as materialized (
       select pg_try_advisory_xact_lock(7313, current_workspace()) as mine)
     select * from (
       select d.delivery_id, d.delivery_key, d.type, d.hook_id, d.sent_at, d.received_at, d.body
       from held, ghl_deliveries d where held.mine and d.workspace_id = current_workspace()
         and d.state = 'due' and d.body is not null order by d.delivery_id limit $1) d
     order by coalesce(d.sent_at, d.received_at), d.delivery_id`,
    [limit],
  )
  return rows.map((row) => ({
    deliveryId: Number(row.delivery_id),
    key: row.delivery_key,
    type: row.type,
    hookId: row.hook_id === null ? null : Number(row.hook_id),
    sentAt: row.sent_at,
    receivedAt: row.received_at,
    body: row.body,
  }))
}

/** Writes what became of deliveries; what is done keeps no body. */
export async function settleDeliveries(
  client: Queryable,
  ends: ReadonlyMap<number, DeliveryEnd>,
): Promise<void> {
  const all = [...ends]
  await client.query(
    `update ghl_deliveries d set state = t.state, detail = t.detail,
       body = case when t.state = 'done' then null else d.body end,
       contact_id = case when t.state = 'done' then null else d.contact_id end
     from unnest($1::bigint[], $2::text[], $3::text[]) as t(delivery_id, state, detail)
     where d.workspace_id = current_workspace() and d.delivery_id = t.delivery_id
       and d.body is not null`,
    [all.map(([id]) => id), all.map(([, end]) => end.state), all.map(([, end]) => end.detail)],
  )
}

/** Counts a failed attempt at a delivery; answers how many there were. */
export async function countAttempt(client: Queryable, deliveryId: number): Promise<number> {
  const { rows } = await client.query<{ attempts: number }>(
    `update ghl_deliveries set attempts = attempts + 1
     where workspace_id = current_workspace() and delivery_id = $1 returning attempts`,
    [deliveryId],
  )
  return rows[0]?.attempts ?? 0
}

/** Deliveries that waited for these contacts are due. */
export async function releaseWaiting(
  client: Queryable,
  contactIds: readonly string[],
): Promise<void> {
  await client.query(
    `update ghl_deliveries set state = 'due', detail = null
     where workspace_id = current_workspace() and state = 'waiting' and contact_id = any($1)`,
    [contactIds],
  )
}

export interface DeliveryCounts {
  /** Of the last 24 hours. */
  readonly received: number
  readonly waiting: number
  readonly quarantined: number
  readonly due: number
  readonly lastReceivedAt: Date | null
  /** The types in quarantine with their reasons, the most frequent first. */
  readonly kept: readonly { type: string; detail: string; count: number }[]
}

export async function countDeliveries(client: Queryable): Promise<DeliveryCounts> {
  const { rows } = await client.query<{
    received: number
    waiting: number
    quarantined: number
    due: number
    last: Date | null
  }>(
    `select count(*) filter (where received_at > now() - interval '1 day')::int as received,
       count(*) filter (where state = 'waiting')::int as waiting,
       count(*) filter (where state = 'quarantined')::int as quarantined,
       count(*) filter (where state = 'due')::int as due, max(received_at) as last
     from ghl_deliveries where workspace_id = current_workspace()`,
  )
  const kept = await client.query<{ type: string; detail: string; count: number }>(
    `select type, coalesce(detail, '') as detail, count(*)::int as count from ghl_deliveries
     where workspace_id = current_workspace() and state = 'quarantined'
     group by 1, 2 order by 3 desc, 1 limit 20`,
  )
  const { last, ...counts } = rows[0]!
  return { ...counts, lastReceivedAt: last, kept: kept.rows }
}

/** Whether a lead has an event of this type at exactly this moment. */
export async function isEventAt(
  client: Queryable,
  leadId: string,
  typeCode: number,
  at: Date,
): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (select from persons p join event_log l using (workspace_id, person_id)
       where p.workspace_id = current_workspace() and p.lead_id = $1 and l.type = $2
         and l.event_time = $3) as found`,
    [leadId, typeCode, at],
  )
  return rows[0]!.found
}
