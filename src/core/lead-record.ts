/**
 * The unified lead intelligence schema: one declaration of what a lead's record is, its versions,
 * and how records of earlier versions are read.
 */
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { AppError } from './errors.ts'
import { Identifier } from './event-input.ts'
import type { Json } from './log-entry.ts'

/** Written by this release; records of every version since 1 are read. */
export const LEAD_RECORD_VERSION = 2

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Line = (most: number) =>
  Type.String({ minLength: 1, maxLength: most, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })

const Contact = {
  name: Line(500),
  email: Type.String({
    maxLength: 254,
    pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$',
  }),
  // Seven to fifteen digits (ITU-T E.164), however they are written.
  phone: Type.String({ maxLength: 40, pattern: '^\\+?(?:[ ().\\/-]*[0-9]){7,15}[ ().\\/-]*$' }),
}
const Standing = { segment: Line(64), stage: Line(64) }

export const LeadRecord = Type.Object(
  {
    schema_version: Type.Literal(LEAD_RECORD_VERSION),
    lead_id: Identifier,
    contact: Type.Object(
      {
        name: Nullable(Contact.name),
        email: Nullable(Contact.email),
        phone: Nullable(Contact.phone),
      },
      { additionalProperties: false },
    ),
    segment: Nullable(Standing.segment),
    stage: Nullable(Standing.stage),
    attributes: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Everything else that is known, by name',
    }),
  },
  { additionalProperties: false, description: 'A lead; null: not known' },
)
export type LeadRecord = Static<typeof LeadRecord>

/** Version 1, without `schema_version` or with 1: one flat object, unknown keys are attributes. */
const RecordV1 = Type.Object({ lead_id: Identifier }, { additionalProperties: true })

/** What could not be taken over, and why. */
export interface RecordFault {
  readonly field: string
  readonly problem: string
}

export interface ReadRecord {
  readonly record: LeadRecord
  /** The version it was written in. */
  readonly version: number
  /** Values that are not what their field takes; they are not in the record. */
  readonly faults: readonly RecordFault[]
}

const FIELDS = { ...Contact, ...Standing }
type Field = keyof typeof FIELDS

const EXPECTED: Readonly<Record<Field, string>> = {
  name: 'a text of one line',
  email: 'an e-mail address',
  phone: 'a telephone number of 7 to 15 digits',
  segment: 'a text of at most 64 characters',
  stage: 'a text of at most 64 characters',
}

function migrateV1(flat: Readonly<Record<string, unknown>>): Omit<ReadRecord, 'version'> {
  const { lead_id, schema_version: _, attributes: inner, ...rest } = flat
  const faults: RecordFault[] = []
  const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  const others: [string, unknown][] = isObject ? Object.entries(inner) : []
  if (!isObject && inner !== undefined && inner !== null)
    faults.push({ field: 'attributes', problem: 'is not an object' })
  const taken: Partial<Record<Field, string>> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (value === null || value === '') continue
    if (!Object.hasOwn(FIELDS, key)) {
      others.push([key, value])
      continue
    }
    const field = key as Field
    const text = typeof value === 'number' ? String(value) : value
    if (Value.Check(FIELDS[field], text)) taken[field] = text
    else faults.push({ field, problem: `is not ${EXPECTED[field]}` })
  }
  const { name = null, email = null, phone = null, segment = null, stage = null } = taken
  const contact = { name, email, phone }
  const attributes = Object.fromEntries(others)
  const record = { lead_id: lead_id as string, contact, segment, stage, attributes }
  return { record: { schema_version: LEAD_RECORD_VERSION, ...record }, faults }
}

/** By version: how its records become those of this release. Pure. */
const READERS: Readonly<
  Record<number, { schema: Type.TSchema; read: (value: never) => Omit<ReadRecord, 'version'> }>
> = {
  1: { schema: RecordV1, read: migrateV1 },
  2: { schema: LeadRecord, read: (record: LeadRecord) => ({ record, faults: [] }) },
}

/**
 * A record of any version as one of this release.
 * @throws AppError `invalid-request` for what is no record, or of a version not known yet.
 */
export function readLeadRecord(value: unknown): ReadRecord {
  const version = (value as { schema_version?: unknown } | null)?.schema_version ?? 1
  const reader =
    typeof version === 'number' && Object.hasOwn(READERS, version) ? READERS[version] : undefined
  if (typeof version !== 'number' || reader === undefined)
    throw new AppError(
      'invalid-request',
      `schema_version must be from 1 to ${LEAD_RECORD_VERSION}: this release reads no others`,
    )
  if (!Value.Check(reader.schema, value)) {
    const faults = [...Value.Errors(reader.schema, value)].slice(0, 8)
    throw new AppError(
      'invalid-request',
      `this is no lead record of version ${version}`,
      faults.map(({ instancePath, message }) => ({ path: instancePath || '/', message })),
    )
  }
  return { ...reader.read(value as never), version }
}

/** A record in the flat form of version 1, without what is not known. */
export function flatRecord({
  lead_id,
  contact,
  segment,
  stage,
  attributes,
}: LeadRecord): { lead_id: string } & Record<string, Json> {
  const known = Object.entries({ ...contact, segment, stage }).filter(([, value]) => value !== null)
  return { ...(attributes as Record<string, Json>), ...Object.fromEntries(known), lead_id }
}
