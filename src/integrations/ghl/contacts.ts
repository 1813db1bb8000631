/**
 * Contacts as leads. A contact is a lead that is there already when its e-mail address or phone
 * says so and nothing speaks against it; in doubt both are kept, since two people in one record are
 * worse than one person in two.
 */
import type { DeclaredAttribute, Json } from '../../core/index.ts'
import { policyOfColumn } from '../../core/index.ts'
import { toE164 } from '../../platform/index.ts'
import {
  findErased,
  findHolders,
  IDENTITY_KIND,
  importLeads,
  nameContacts,
  releaseWaiting,
  staleContacts,
  type Database,
  type Holder,
  type NamedIdentity,
  type SharedName,
} from '../../store/index.ts'
import type { GhlContact, GhlCustomField } from './records.ts'
import { instantOf } from './times.ts'

export interface ContactContext {
  readonly locationId: string
  readonly country: string
  readonly zone: string | undefined
  /** Names of attributes by custom field. */
  readonly fields: ReadonlyMap<string, string>
  /** Members of the workspace by GoHighLevel user. */
  readonly owners: ReadonlyMap<string, number>
}

/** A contact, and when what it says was true; its own date of change where that is not said. */
export interface ToldContact {
  readonly contact: GhlContact
  readonly toldAt?: Date
}

export interface StoredContacts {
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  /** Leads that were there before, found by address. */
  readonly matched: number
  readonly erased: number
  readonly shared: readonly SharedName[]
}

type Client = Parameters<Parameters<Database['withWorkspace']>[1]>[0]

const TEXT_MAX = 500
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
const clean = (text: string): string =>
  text.slice(0, TEXT_MAX).replaceAll('\u0000', '').toWellFormed().trim()

/** The search answers names in lower case only. */
function nameOf(contact: GhlContact): string | undefined {
  const { name, contactName, firstName, lastName, firstNameLowerCase, lastNameLowerCase } = contact
  const parts = [firstName, lastName].filter(Boolean).join(' ')
  const lower = [firstNameLowerCase, lastNameLowerCase]
    .flatMap((text) => (text ?? '').split(' '))
    .map(capital)
    .join(' ')
  const given = [name, contactName].find((text) => text != null && text !== text.toLowerCase())
  const found = clean(given ?? (parts === '' ? lower : parts))
  return found === '' ? undefined : found
}

interface Known {
  readonly contact: GhlContact
  readonly name: string | undefined
  readonly email: string | undefined
  readonly phone: string | undefined
}

function known(contact: GhlContact, country: string): Known {
  const email = clean(contact.email ?? '').toLowerCase()
  return {
    contact,
    name: nameOf(contact),
    email: /^[^\s@]+@[^\s@]+$/.test(email) && email.length <= 254 ? email : undefined,
    phone: toE164(contact.phone ?? '', contact.country ?? country),
  }
}

function attributesOf({ contact, name, email, phone }: Known, fields: ContactContext['fields']) {
  const attributes: Record<string, Json> = {}
  const put = (key: string, value: unknown): void => {
    if (typeof value === 'number' && Number.isFinite(value)) attributes[key] = value
    if (typeof value === 'string' && clean(value) !== '') attributes[key] = clean(value)
  }
  put('name', name)
  put('email', email)
  put('phone', phone ?? contact.phone)
  for (const key of ['source', 'type', 'city', 'state', 'country'] as const) put(key, contact[key])
  put('postal_code', contact.postalCode)
  if (contact.tags != null && contact.tags.length > 0)
    attributes['tags'] = contact.tags.slice(0, 100).map(clean)
  for (const { id, value } of contact.customFields ?? []) {
    const key = fields.get(id)
    if (key !== undefined) put(key, value)
  }
  return attributes
}

const keyOf = ({ kind, value }: NamedIdentity): string => `${kind}\u001f${value}`
const comparable = (name: string | null | undefined): string =>
  (name ?? '').toLowerCase().replace(/\s+/g, ' ').trim()

/** Whether the holder of an address may be this contact. */
function mayBe(holder: Holder | undefined, who: Known, taken: ReadonlySet<number>): boolean {
  if (holder === undefined || holder.contactId !== null || taken.has(holder.personId)) return false
  const [theirs, ours] = [comparable(holder.name), comparable(who.name)]
  return theirs === '' || ours === '' || theirs === ours
}

const namesOf = ({ contact, email, phone }: Known): NamedIdentity[] => [
  { kind: IDENTITY_KIND.external, value: contact.id },
  { kind: IDENTITY_KIND.lead, value: contact.id },
  ...(email === undefined ? [] : [{ kind: IDENTITY_KIND.email, value: email }]),
  ...(phone === undefined ? [] : [{ kind: IDENTITY_KIND.phone, value: phone }]),
]

interface Chosen {
  readonly leadId: string
  /** It was there, and is no contact of GoHighLevel yet. */
  readonly isMatch: boolean
  /** Somebody merged it into another contact, which says what is known of both. */
  readonly isMerged: boolean
}

function chooser(holders: readonly Holder[]): (who: Known) => Chosen {
  const byName = new Map(holders.map((holder) => [keyOf(holder), holder]))
  const taken = new Set<number>()
  return (who) => {
    const [external, lead, ...addresses] = namesOf(who).map((name) => byName.get(keyOf(name)))
    const own = external ?? lead
    const match = own ?? addresses.find((holder) => mayBe(holder, who, taken))
    const { id } = who.contact
    if (match === undefined) return { leadId: id, isMatch: false, isMerged: false }
    taken.add(match.personId)
    const { leadId, contactId } = match
    const isMerged = contactId !== null && contactId !== id
    return { leadId, isMatch: own === undefined, isMerged }
  }
}

/** Stores a page of contacts; the same again changes nothing, nor does what is out of date. */
export async function storeContacts(
  client: Client,
  contacts: readonly ToldContact[],
  context: ContactContext,
): Promise<StoredContacts> {
  const all = contacts.map(({ contact }) => known(contact, context.country))
  const told = contacts.map(({ contact, toldAt }) => {
    const changed = instantOf(contact.dateUpdated, context.zone)
    const at = toldAt ?? (changed === undefined ? undefined : new Date(changed))
    return { contactId: contact.id, at }
  })
  const toldAtOf = new Map(told.map(({ contactId, at }) => [contactId, at]))
  const stale = await staleContacts(client, told)
  const names = all.flatMap(namesOf)
  const gone = new Set((await findErased(client, names)).map(keyOf))
  const alive = all.filter((who) => !namesOf(who).some((name) => gone.has(keyOf(name))))
  const choose = chooser(await findHolders(client, names))
  const chosen = alive.map((who) => ({ who, ...choose(who) }))
  const counts = await importLeads(
    client,
    chosen
      .filter(({ isMerged, who }) => !isMerged && !stale.has(who.contact.id))
      .map(({ who, leadId }) => ({
        leadId,
        attributes: attributesOf(who, context.fields),
        outcome: null,
      })),
  )
  const shared = await nameContacts(
    client,
    context.locationId,
    chosen.map(({ who: { contact, email, phone }, leadId }) => {
      const at = instantOf(contact.dateAdded, context.zone)
      return {
        contactId: contact.id,
        leadId,
        email,
        phone,
        ownerId: context.owners.get(contact.assignedTo ?? ''),
        addedAt: at === undefined ? undefined : new Date(at),
        toldAt: toldAtOf.get(contact.id),
      }
    }),
  )
  await releaseWaiting(
    client,
    all.map(({ contact }) => contact.id),
  )
  return {
    created: counts.created,
    changed: counts.changed,
    unchanged: counts.unchanged + alive.filter(({ contact }) => stale.has(contact.id)).length,
    matched: chosen.filter(({ isMatch }) => isMatch).length,
    erased: all.length - alive.length,
    shared,
  }
}

const NUMERIC = /^(NUMERICAL|MONETORY|MONETARY|FLOAT)$/i
const CHOICE = /^(SINGLE_OPTIONS|RADIO|CHECKBOX|TEXT)$/i

/**
 * The attributes that contacts bring. A custom field may have been filled in at any time, also
 * after the outcome: it stays out of models until somebody confirms that it is known in time.
 */
export function declaredFields(fields: readonly GhlCustomField[]): {
  readonly names: ReadonlyMap<string, string>
  readonly declarations: readonly DeclaredAttribute[]
} {
  const names = new Map<string, string>()
  const declarations: DeclaredAttribute[] = (
    ['source', 'city', 'state', 'country', 'postal_code'] as const
  ).map((name) => ({
    name,
    label: capital(name.replace('_', ' ')),
    type: 'category',
    policy: policyOfColumn(name),
    knownAt: 'before_contact',
    suspicion: null,
    confirmed: false,
  }))
  for (const { id, name, fieldKey, dataType } of fields) {
    const isNumber = NUMERIC.test(dataType ?? '')
    const key = clean(fieldKey ?? name ?? '').replace(/^contact\./, '')
    if (key === '' || (!isNumber && !CHOICE.test(dataType ?? ''))) continue
    names.set(id, key)
    declarations.push({
      name: key,
      label: clean(name ?? key) || key,
      type: isNumber ? 'number' : 'category',
      policy: policyOfColumn(`${key} ${name ?? ''}`),
      knownAt: 'during',
      suspicion: 'GoHighLevel does not say when this field was filled in',
      confirmed: false,
    })
  }
  return { names, declarations }
}
