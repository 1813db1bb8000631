/** Leads: persons with a lead_id. Every function needs a client inside withWorkspace. */
import type { Queryable } from './connection.ts'
import { IDENTITY_KIND } from './event-log.ts'

/** Who looks: an agent sees their own leads and their team's; null sees all. */
export type Viewer = number | null

export interface Lead {
  readonly personId: number
  readonly leadId: string
  readonly attributes: Record<string, unknown>
  readonly segment: string | null
  readonly stage: string | null
  readonly ownerId: number | null
  /** Not to be called before. */
  readonly snoozedUntil: Date | null
  readonly hiddenAt: Date | null
  /** What an import said became of it, without a day; null: nothing. */
  readonly converted: boolean | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface LeadRow {
  person_id: string
  lead_id: string | null
  attributes: Record<string, unknown>
  segment: string | null
  stage: string | null
  owner_id: string | null
  snoozed_until: Date | null
  converted: boolean | null
  hidden_at: Date | null
  created_at: Date
  updated_at: Date
}

export const LEAD_COLUMNS = `p.person_id, p.lead_id, p.attributes, p.segment, p.stage, p.owner_id,
  p.snoozed_until, p.hidden_at, p.created_at, p.updated_at,
  (select l.converted from lead_labels l where l.workspace_id = p.workspace_id
    and l.person_id = p.person_id) as converted`

/** Why lead p is not called; `stored` with its score is what decisions/call-standing.ts decided. */
export const notCalledSql = (stored: string): string =>
  `case when p.hidden_at is not null then 'hidden'
    when p.snoozed_until > now() then 'snoozed' else ${stored} end`

/** $1 is the viewer. */
const VISIBLE = `($1::bigint is null or p.owner_id = $1 or exists (
  select from memberships me join memberships o
    on o.workspace_id = me.workspace_id and o.team = me.team
  where me.workspace_id = p.workspace_id and me.user_id = $1 and me.team <> ''
    and o.user_id = p.owner_id))`

export const toLead = (row: LeadRow): Lead => ({
  personId: Number(row.person_id),
  leadId: row.lead_id ?? '',
  attributes: row.attributes,
  segment: row.segment,
  stage: row.stage,
  ownerId: row.owner_id === null ? null : Number(row.owner_id),
  snoozedUntil: row.snoozed_until,
  converted: row.converted,
  hiddenAt: row.hidden_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** The lead that a lead_id counts as now (after merges), if the viewer may see it. */
export async function findLead(
  client: Queryable,
  viewer: Viewer,
  leadId: string,
): Promise<Lead | undefined> {
  const { rows } = await client.query<LeadRow>(
    `select ${LEAD_COLUMNS} from identities i join persons p on p.workspace_id = i.workspace_id
       and p.person_id = canonical_person(i.workspace_id, i.person_id)
     where i.workspace_id = current_workspace() and i.kind = 1 and i.value = $2 and ${VISIBLE}`,
    [viewer, leadId],
  )
  return rows[0] && toLead(rows[0])
}

/** As findLead, of several lead_ids at once; those not found are left out. */
export async function findLeads(
  client: Queryable,
  viewer: Viewer,
  leadIds: readonly string[],
): Promise<Map<string, Lead>> {
  const { rows } = await client.query<LeadRow & { asked: string }>(
    `select i.value as asked, ${LEAD_COLUMNS} from identities i
       join persons p on p.workspace_id = i.workspace_id
         and p.person_id = canonical_person(i.workspace_id, i.person_id)
     where i.workspace_id = current_workspace() and i.kind = 1 and i.value = any($2)
       and ${VISIBLE}`,
    [viewer, leadIds],
  )
  return new Map(rows.map((row) => [row.asked, toLead(row)]))
}

/**
 * The person of a lead_id, made when nobody has it; undefined when they were erased. `isNew` tells
 * whether the lead is free of an owner and of attributes, as one known only by events is.
 */
export async function openLead(
  client: Queryable,
  leadId: string,
): Promise<{ personId: number; isNew: boolean } | undefined> {
  const { rows: known } = await client.query(
    'select from identities where workspace_id = current_workspace() and kind = 1 and value = $1',
    [leadId],
  )
  const { rows } = await client.query<{ id: string | null }>(
    'select person_of(current_workspace(), 1::smallint, $1) as id',
    [leadId],
  )
  const id = rows[0]?.id ?? null
  return id === null ? undefined : { personId: Number(id), isNew: known.length === 0 }
}

export interface LeadChange {
  /** Merged into what is known; null removes an attribute. */
  readonly attributes?: Record<string, unknown>
  readonly segment?: string | null | undefined
  readonly stage?: string | null | undefined
  readonly ownerId?: number | null | undefined
  readonly snoozedUntil?: Date | null | undefined
  readonly hiddenAt?: Date | null | undefined
}

export async function changeLead(
  client: Queryable,
  personId: number,
  change: LeadChange,
): Promise<void> {
  const { attributes = {}, segment, stage, ownerId, snoozedUntil, hiddenAt } = change
  await client.query(
    `update persons set attributes = jsonb_strip_nulls(attributes || $2::jsonb),
       segment = case when $3 then $4 else segment end,
       stage = case when $5 then $6 else stage end,
       owner_id = case when $7 then $8::bigint else owner_id end,
       snoozed_until = case when $9 then $10::timestamptz else snoozed_until end,
       hidden_at = case when $11 then $12::timestamptz else hidden_at end, updated_at = now()
     where workspace_id = current_workspace() and person_id = $1`,
    [
      personId,
      JSON.stringify(attributes),
      segment !== undefined,
      segment ?? null,
      stage !== undefined,
      stage ?? null,
      ownerId !== undefined,
      ownerId ?? null,
      snoozedUntil !== undefined,
      snoozedUntil ?? null,
      hiddenAt !== undefined,
      hiddenAt ?? null,
    ],
  )
}

export type Contact = { kind: 'email' | 'phone'; value: string | null }
export type ContactResult = 'set' | 'erased' | { readonly heldBy: string | null }

/**
 * Makes an address a name of the person, in place of the one before; null only removes it.
 * `heldBy`: another lead has it (and keeps it). `erased`: its owner was erased at their request.
 */
export async function setContact(
  client: Queryable,
  personId: number,
  contact: Contact,
): Promise<ContactResult> {
  const kind = IDENTITY_KIND[contact.kind]
  const { value } = contact
  await client.query(
    `delete from identities where workspace_id = current_workspace() and kind = $1
     and person_id = $2 and value is distinct from $3`,
    [kind, personId, value],
  )
  if (value === null) return 'set'
  const suppressed = await client.query(
    `select from suppressions where workspace_id = current_workspace() and kind = $1
     and value_hash = identity_hash(current_workspace(), $1::smallint, $2)`,
    [kind, value],
  )
  if (suppressed.rowCount !== 0) return 'erased'
  await client.query(
    `insert into identities (workspace_id, kind, value, person_id)
     values (current_workspace(), $1, $2, $3) on conflict do nothing`,
    [kind, value, personId],
  )
  const { rows } = await client.query<{ person_id: string; lead_id: string | null }>(
    `select i.person_id, p.lead_id from identities i join persons p using (workspace_id, person_id)
     where i.workspace_id = current_workspace() and i.kind = $1 and i.value = $2`,
    [kind, value],
  )
  const holder = rows[0]
  return holder === undefined || Number(holder.person_id) === personId
    ? 'set'
    : { heldBy: holder.lead_id }
}

/** Leads above person number `after`, in that order; those merged into others are left out. */
export async function nextLeads(
  client: Queryable,
  after: number,
  limit: number,
): Promise<{ personId: number; segment: string | null }[]> {
  const { rows } = await client.query<{ person_id: string; segment: string | null }>(
    `select p.person_id, p.segment from persons p
     where p.workspace_id = current_workspace() and p.lead_id is not null and p.person_id > $1
       and not exists (select from person_links l where l.workspace_id = p.workspace_id
         and l.person_id = p.person_id and l.unlinked_position is null)
     order by p.person_id limit $2`,
    [after, limit],
  )
  return rows.map(({ person_id, segment }) => ({ personId: Number(person_id), segment }))
}
