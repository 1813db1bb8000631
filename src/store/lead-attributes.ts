/** Declared attributes and undated labels of imported leads. Inside withWorkspace. */
import type { DeclaredAttribute, Json } from '../core/index.ts'
import type { Queryable } from './connection.ts'

interface DeclarationRow {
  name: string
  label: string
  type: DeclaredAttribute['type']
  policy: DeclaredAttribute['policy']
  known_at: DeclaredAttribute['knownAt']
  suspicion: string | null
  confirmed: boolean
}

/** The workspace's attributes by name. */
export async function attributeDeclarations(client: Queryable): Promise<DeclaredAttribute[]> {
  const { rows } = await client.query<DeclarationRow>(
    `select name, label, type, policy, known_at, suspicion, confirmed
     from attribute_declarations where workspace_id = current_workspace() order by name`,
  )
  return rows.map(({ known_at, ...rest }) => ({ ...rest, knownAt: known_at }))
}

/** Inserts or replaces declarations; what a person confirmed before is not undone by a guess. */
export async function declareAttributes(
  client: Queryable,
  attributes: readonly DeclaredAttribute[],
): Promise<void> {
  const column = (pick: (attribute: DeclaredAttribute) => unknown) => attributes.map(pick)
  await client.query(
    `insert into attribute_declarations
       (workspace_id, name, label, type, policy, known_at, suspicion, confirmed)
     select current_workspace(), * from unnest($1::text[], $2::text[], $3::text[], $4::text[],
       $5::text[], $6::text[], $7::boolean[])
     on conflict (workspace_id, name) do update set label = excluded.label, type = excluded.type,
       policy = excluded.policy, known_at = excluded.known_at, suspicion = excluded.suspicion,
       confirmed = excluded.confirmed, updated_at = now()
     where excluded.confirmed or not attribute_declarations.confirmed`,
    [
      column((a) => a.name),
      column((a) => a.label),
      column((a) => a.type),
      column((a) => a.policy),
      column((a) => a.knownAt),
      column((a) => a.suspicion),
      column((a) => a.confirmed),
    ],
  )
}

export interface ImportedLead {
  readonly leadId: string
  readonly attributes: Readonly<Record<string, Json>>
  /** What became of it; null when that is not said. */
  readonly outcome: 'converted' | 'not_converted' | 'open' | null
}

export interface ImportCounts {
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  /** Identifiers of erased persons, who stay erased. */
  readonly erased: string[]
}

/** Makes or updates leads; the same leads again change nothing. At most some thousands a call. */
export async function importLeads(
  client: Queryable,
  leads: readonly ImportedLead[],
): Promise<ImportCounts> {
  const ids = leads.map(({ leadId }) => leadId)
  const before = await client.query<{ n: number }>(
    `select count(*)::int as n from identities
     where workspace_id = current_workspace() and kind = 1 and value = any($1)`,
    [ids],
  )
  const { rows } = await client.query<{ lead_id: string; person_id: string | null }>(
    `select lead_id, person_of(current_workspace(), 1::smallint, lead_id) as person_id
     from unnest($1::text[]) as lead_id order by lead_id`,
    [ids],
  )
  const personOf = new Map(rows.map((row) => [row.lead_id, row.person_id]))
  const known = leads.filter(({ leadId }) => personOf.get(leadId) !== null)
  const persons = known.map(({ leadId }) => personOf.get(leadId))
  const changed = await client.query<{ person_id: string }>(
    `with input as (
       select * from unnest($1::bigint[], $2::jsonb[], $3::text[])
         as t(person_id, attributes, outcome)
     ), opened as (
       delete from lead_labels l using input i where l.workspace_id = current_workspace()
         and l.person_id = i.person_id and i.outcome = 'open' returning l.person_id
     ), labelled as (
       insert into lead_labels (workspace_id, person_id, converted)
       select current_workspace(), person_id, outcome = 'converted' from input
       where outcome in ('converted', 'not_converted')
       on conflict (workspace_id, person_id) do update
         set converted = excluded.converted, recorded_at = now()
         where lead_labels.converted <> excluded.converted
       returning person_id
     ), changed as (
       update persons p
       set attributes = jsonb_strip_nulls(p.attributes || i.attributes), updated_at = now()
       from input i where p.workspace_id = current_workspace() and p.person_id = i.person_id
         and p.attributes is distinct from jsonb_strip_nulls(p.attributes || i.attributes)
       returning p.person_id)
     select person_id from changed union select person_id from labelled
     union select person_id from opened`,
    [
      persons,
      known.map(({ attributes }) => JSON.stringify(attributes)),
      known.map(({ outcome }) => outcome),
    ],
  )
  // Their scores are of other attributes, or there is none.
  const due = changed.rows.map(({ person_id }) => person_id)
  if (due.length > 0) await client.query('select queue_lead_scores($1)', [due])
  const created = known.length - before.rows[0]!.n
  const touched = changed.rows.length
  return {
    created,
    changed: Math.max(0, touched - created),
    unchanged: known.length - Math.max(touched, created),
    erased: leads.flatMap(({ leadId }) => (personOf.get(leadId) === null ? [leadId] : [])),
  }
}

export interface LabelledLead {
  readonly personId: number
  readonly leadId: string
  readonly segment: string | null
  readonly attributes: Readonly<Record<string, Json>>
  readonly converted: boolean
}

/** Leads with an undated label, by person, after `afterPersonId`. */
export async function readLabelledLeads(
  client: Queryable,
  afterPersonId: number,
  limit: number,
): Promise<LabelledLead[]> {
  const { rows } = await client.query<{
    person_id: string
    lead_id: string
    segment: string | null
    attributes: Record<string, Json>
    converted: boolean
  }>(
    `select l.person_id, p.lead_id, p.segment, p.attributes, l.converted
     from lead_labels l join persons p using (workspace_id, person_id)
     where l.workspace_id = current_workspace() and l.person_id > $1
     order by l.person_id limit $2`,
    [afterPersonId, limit],
  )
  return rows.map((row) => ({
    personId: Number(row.person_id),
    leadId: row.lead_id,
    segment: row.segment,
    attributes: row.attributes,
    converted: row.converted,
  }))
}
