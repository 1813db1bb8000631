/** Imports of files: what would happen, what is under way, what was done. */
import Type, { type Static } from 'typebox'
import { ATTRIBUTE_TYPES, KNOWN_AT, POLICY_CLASSES } from '../core/index.ts'

export const IMPORTABLE = ['leads', 'listings'] as const
export type Importable = (typeof IMPORTABLE)[number]

export const ImportQuery = Type.Object(
  {
    kind: Type.Enum(IMPORTABLE),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Answer mapping and suspicious columns; change nothing' }),
    ),
  },
  { additionalProperties: false },
)
export type ImportQuery = Static<typeof ImportQuery>

/** How a lead is called and reached; models never read it. Several names are joined. */
export const CONTACT_ROLES = ['name', 'email', 'phone'] as const

/** What a column of a file of leads is. */
export const ColumnMapping = Type.Union([
  Type.Object({ as: Type.Literal('lead_id') }, { additionalProperties: false }),
  Type.Object({ as: Type.Enum(CONTACT_ROLES) }, { additionalProperties: false }),
  Type.Object(
    {
      as: Type.Literal('converted'),
      positive: Type.String(),
      open: Type.Optional(
        Type.Array(Type.String(), {
          description: 'Values of leads that are still open; guessed where it is missing',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      as: Type.Literal('attribute'),
      label: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      type: Type.Enum(ATTRIBUTE_TYPES),
      known_at: Type.Enum(KNOWN_AT),
      policy: Type.Enum(POLICY_CLASSES),
      suspicion: Type.Optional(Type.String()),
      confirmed: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { as: Type.Literal('ignore'), reason: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
])
export const LeadMapping = Type.Object(
  { columns: Type.Record(Type.String(), ColumnMapping) },
  { additionalProperties: false },
)
export type ColumnMapping = Static<typeof ColumnMapping>
export type LeadMapping = Static<typeof LeadMapping>

/** What an import does, or would do; `mapping` may be edited and sent back with the file. */
export const ImportDocument = Type.Object(
  {
    kind: Type.Enum(IMPORTABLE),
    rows: Type.Integer(),
    rejected: Type.Integer(),
    labelled: Type.Optional(Type.Integer({ description: 'Leads whose outcome is known' })),
    converted: Type.Optional(Type.Integer({ description: 'Of these, how many converted' })),
    open: Type.Optional(
      Type.Integer({
        description: 'Leads still open: neither converted nor not, and not learned from',
      }),
    ),
    fault: Type.Optional(
      Type.String({
        description: 'Of a dry run: why nothing can be imported as mapped, and what to do',
      }),
    ),
    choices: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), {
        description: 'Of a dry run: the values of columns that have few',
      }),
    ),
    created: Type.Optional(Type.Integer()),
    changed: Type.Optional(Type.Integer()),
    unchanged: Type.Optional(Type.Integer()),
    listings: Type.Optional(Type.Integer()),
    mapping: Type.Unknown(),
    suspicious: Type.Optional(
      Type.Array(Type.Object({ column: Type.String(), reason: Type.String() }), {
        description: 'Columns that look as if they were known only after the outcome',
      }),
    ),
    left_out_of_models: Type.Optional(Type.Array(Type.String())),
    rejections: Type.Optional(
      Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() }), {
        description: 'The first 1,000, by line of the file',
      }),
    ),
  },
  { additionalProperties: true },
)
export type ImportDocument = Static<typeof ImportDocument>

export const ImportAccepted = Type.Object({
  import_id: Type.Integer(),
  plan: ImportDocument,
})
export type ImportAccepted = Static<typeof ImportAccepted>

export const ImportAnswer = Type.Object({
  import_id: Type.Integer(),
  kind: Type.String(),
  status: Type.Enum(['running', 'done', 'failed']),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  result: Type.Union([ImportDocument, Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  requested_by: Type.String(),
  requested_at: Type.String(),
})
export type ImportAnswer = Static<typeof ImportAnswer>

export const ImportsAnswer = Type.Object({
  items: Type.Array(ImportAnswer),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
export type ImportsAnswer = Static<typeof ImportsAnswer>
