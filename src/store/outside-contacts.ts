/** Contacts of GoHighLevel and the leads they are. Every function: inside withWorkspace. */
import type { Queryable } from './connection.ts'
import { IDENTITY_KIND, type IdentityKind } from './event-log.ts'

export interface NamedIdentity {
  readonly kind: IdentityKind
  readonly value: string
}

export interface Holder extends NamedIdentity {
  readonly personId: number
  readonly leadId: string
  readonly name: string | null
  /** The contact that this lead is already; null when it is none. */
  readonly contactId: string | null
}

const kinds = (of: readonly NamedIdentity[]): number[] => of.map(({ kind }) => kind)
const values = (of: readonly NamedIdentity[]): string[] => of.map(({ value }) => value)

/** Who holds which of these names now (after merges); only leads. */
export async function findHolders(
  client: Queryable,
  names: readonly NamedIdentity[],
): Promise<Holder[]> {
  const { rows } = await client.query<{
    kind: IdentityKind
    value: string
    person_id: string
    lead_id: string
    name: string | null
    contact_id: string | null
  }>(
    `select k.kind, k.value, p.person_id, p.lead_id, p.attributes->>'name' as name,
       (select g.contact_id from ghl_contacts g where g.workspace_id = p.workspace_id
          and g.person_id = p.person_id limit 1) as contact_id
     from unnest($1::smallint[], $2::text[]) as k(kind, value)
     join identities i on i.workspace_id = current_workspace() and i.kind = k.kind
       and i.value = k.value
     join persons p on p.workspace_id = i.workspace_id
       and p.person_id = canonical_person(i.workspace_id, i.person_id)
     where p.lead_id is not null`,
    [kinds(names), values(names)],
  )
  return rows.map((row) => ({
    kind: row.kind,
    value: row.value,
    personId: Number(row.person_id),
    leadId: row.lead_id,
    name: row.name,
    contactId: row.contact_id,
  }))
}

/** Those of the names whose owner was erased at their request. */
export async function findErased(
  client: Queryable,
  names: readonly NamedIdentity[],
): Promise<NamedIdentity[]> {
  const { rows } = await client.query<NamedIdentity>(
    `select k.kind, k.value from unnest($1::smallint[], $2::text[]) as k(kind, value)
     where exists (select from suppressions s where s.workspace_id = current_workspace()
       and s.kind = k.kind
       and s.value_hash = identity_hash(current_workspace(), k.kind, k.value))`,
    [kinds(names), values(names)],
  )
  return rows
}

interface Addressed {
  /** In lower case. */
  readonly email: string | undefined
  /** E.164. */
  readonly phone: string | undefined
}

export interface OutsideContact extends Addressed {
  readonly contactId: string
  readonly leadId: string
  readonly ownerId: number | undefined
  readonly addedAt: Date | undefined
  /** When what is said of it was true, as far as that is known. */
  readonly toldAt: Date | undefined
}

export interface SharedName extends NamedIdentity {
  readonly leadId: string
  readonly heldBy: string
}

/**
 * Notes which lead each contact is, and makes its addresses names of the lead. An address that
 * another lead holds stays there and is answered. An owner is set where there is none.
 */
export async function nameContacts(
  client: Queryable,
  locationId: string,
  contacts: readonly OutsideContact[],
): Promise<SharedName[]> {
  await client.query(
    `with input as (
       select distinct on (t.contact_id) p.person_id, t.contact_id, t.owner_id, t.added_at,
         t.told_at
       from unnest($1::text[], $2::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
         as t(contact_id, lead_id, owner_id, added_at, told_at)
       join persons p on p.workspace_id = current_workspace() and p.lead_id = t.lead_id
     ), noted as (
       insert into ghl_contacts (workspace_id, contact_id, location_id, person_id, told_at)
       select current_workspace(), contact_id, $3, person_id, told_at from input
       on conflict (workspace_id, contact_id) do update set told_at = excluded.told_at
         where excluded.told_at > ghl_contacts.told_at or ghl_contacts.told_at is null
     ), named as (
       insert into identities (workspace_id, kind, value, person_id)
       select current_workspace(), ${IDENTITY_KIND.external}, contact_id, person_id from input
       on conflict do nothing
     )
     update persons p set owner_id = coalesce(p.owner_id, i.owner_id),
       created_at = least(p.created_at, i.added_at)
     from input i where p.workspace_id = current_workspace() and p.person_id = i.person_id
       and (p.owner_id is null and i.owner_id is not null or p.created_at > i.added_at)`,
    [
      contacts.map(({ contactId }) => contactId),
      contacts.map(({ leadId }) => leadId),
      locationId,
      contacts.map(({ ownerId }) => ownerId ?? null),
      contacts.map(({ addedAt }) => addedAt ?? null),
      contacts.map(({ toldAt }) => toldAt ?? null),
    ],
  )
  return nameLeads(client, contacts)
}

/** The names in e-mail addresses and phones. */
export const addressesOf = ({ email, phone }: Addressed): NamedIdentity[] => [
  ...(email === undefined ? [] : [{ kind: IDENTITY_KIND.email, value: email }]),
  ...(phone === undefined ? [] : [{ kind: IDENTITY_KIND.phone, value: phone }]),
]

/** Makes addresses names of their leads; what another lead holds stays there, and is answered. */
export async function nameLeads(
  client: Queryable,
  leads: readonly (Addressed & { readonly leadId: string })[],
): Promise<SharedName[]> {
  const names = leads.flatMap((lead) =>
    addressesOf(lead).map((name) => ({ ...name, leadId: lead.leadId })),
  )
  if (names.length === 0) return []
  const columns = [kinds(names), values(names), names.map(({ leadId }) => leadId)]
  await client.query(
    `insert into identities (workspace_id, kind, value, person_id)
     select current_workspace(), t.kind, t.value, p.person_id
     from unnest($1::smallint[], $2::text[], $3::text[]) as t(kind, value, lead_id)
     join persons p on p.workspace_id = current_workspace() and p.lead_id = t.lead_id
     on conflict do nothing`,
    columns,
  )
  const { rows } = await client.query<{
    kind: IdentityKind
    value: string
    lead_id: string
    held_by: string
  }>(
    `select t.kind, t.value, t.lead_id, p.lead_id as held_by
     from unnest($1::smallint[], $2::text[], $3::text[]) as t(kind, value, lead_id)
     join identities i on i.workspace_id = current_workspace() and i.kind = t.kind
       and i.value = t.value
     join persons p on p.workspace_id = i.workspace_id
       and p.person_id = canonical_person(i.workspace_id, i.person_id)
     where p.lead_id <> t.lead_id`,
    columns,
  )
  return rows.map(({ kind, value, lead_id, held_by }) => ({
    kind,
    value,
    leadId: lead_id,
    heldBy: held_by,
  }))
}

/** The lead that each contact is; contacts that were not imported are left out. */
export async function leadsOfContacts(
  client: Queryable,
  contactIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ contact_id: string; lead_id: string }>(
    `select g.contact_id, p.lead_id from ghl_contacts g
     join persons p on p.workspace_id = g.workspace_id and p.person_id = g.person_id
     where g.workspace_id = current_workspace() and g.contact_id = any($1)`,
    [contactIds],
  )
  return new Map(rows.map(({ contact_id, lead_id }) => [contact_id, lead_id]))
}

/** Contacts of a location after `after`, in the order of their ids. */
export async function nextContacts(
  client: Queryable,
  locationId: string,
  after: string,
  limit: number,
): Promise<{ contactId: string; leadId: string }[]> {
  const { rows } = await client.query<{ contact_id: string; lead_id: string }>(
    `select g.contact_id, p.lead_id from ghl_contacts g
     join persons p on p.workspace_id = g.workspace_id and p.person_id = g.person_id
     where g.workspace_id = current_workspace() and g.location_id = $1 and g.contact_id > $2
     order by g.contact_id limit $3`,
    [locationId, after, limit],
  )
  return rows.map(({ contact_id, lead_id }) => ({ contactId: contact_id, leadId: lead_id }))
}

export interface ReachedStage {
  readonly contactId: string
  readonly stage: string
  /** When it was reached, or said to be. */
  readonly at: Date
}

/** Sets where leads stand in the funnel of the outside system, unless something later is known. */
export async function setStages(client: Queryable, stages: readonly ReachedStage[]): Promise<void> {
  await client.query(
    `with told as (
       update ghl_contacts g set stage_told_at = t.at
       from (select distinct on (contact_id) *
         from unnest($1::text[], $2::text[], $3::timestamptz[])
           with ordinality as t(contact_id, stage, at, no)
         order by contact_id, at desc, no desc) t
       where g.workspace_id = current_workspace() and g.contact_id = t.contact_id
         and (g.stage_told_at is null or g.stage_told_at <= t.at)
       returning g.person_id, t.stage, t.at
     ), latest as (select distinct on (person_id) * from told order by person_id, at desc)
     update persons p set stage = t.stage, updated_at = now()
     from latest t where p.workspace_id = current_workspace() and p.person_id = t.person_id
       and p.stage is distinct from t.stage`,
    [
      stages.map(({ contactId }) => contactId),
      stages.map(({ stage }) => stage),
      stages.map(({ at }) => at),
    ],
  )
}

export interface ToldContact {
  readonly contactId: string
  /** When what is said of it was true; undefined: unknown, which counts as now. */
  readonly at: Date | undefined
}

/** The contacts of which something later is known. */
export async function staleContacts(
  client: Queryable,
  told: readonly ToldContact[],
): Promise<Set<string>> {
  const columns = [told.map(({ contactId }) => contactId), told.map(({ at }) => at ?? null)]
  const { rows } = await client.query<{ contact_id: string }>(
    `select g.contact_id from unnest($1::text[], $2::timestamptz[]) as t(contact_id, at)
     join ghl_contacts g on g.workspace_id = current_workspace() and g.contact_id = t.contact_id
     where g.told_at > t.at`,
    columns,
  )
  return new Set(rows.map(({ contact_id }) => contact_id))
}
