/**
 * Taking back what people did with a lead. An undo is an entry, too: it says that another was wrong
 * from here on, and the lead's row becomes what the entries that hold say.
 */
import type { FastifyInstance } from 'fastify'
import { LeadParams, UndoAnswer, UndoBody } from '../../contract/index.ts'
import { AppError, EVENT_TIME_LIMITS, EVENT_TYPES, isUndoable } from '../../core/index.ts'
import type { EventType, Json } from '../../core/index.ts'
import {
  appendAudit,
  appendEntry,
  changeLead,
  circleOf,
  deleteFeedback,
  findLead,
  holdLead,
  readEntries,
  type EntryName,
  type Lead,
  type RecordedEntry,
} from '../../store/index.ts'
import { actorOf, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { writeLead, type Writer } from './lead-changes.ts'
import { MAY_CHANGE, viewerOf } from './leads.ts'

const DAY_MS = 86_400_000
/** Whoever gave a lead away no longer sees it, but may have slipped. */
const SLIP_MS = 10 * 60_000

/** One field of the lead's row, before and after an entry. */
interface Change {
  readonly field: string
  readonly from: Json
  readonly to: Json
}

/** Entries that change the lead's row: the properties that say to what, and from what. */
const CHANGES: Partial<Record<EventType, readonly [field: string, to: string, from: string]>> = {
  lead_assigned: ['owner_id', 'owner_id', 'from_owner_id'],
  lead_snoozed: ['snoozed_until', 'until', 'from_until'],
  lead_hidden: ['hidden_at', 'hidden_at', 'from_hidden_at'],
}

function changesOf({ type, properties }: RecordedEntry): Change[] {
  const named = CHANGES[type]
  if (named !== undefined) {
    const [field, to, from] = named
    return [{ field, to: properties[to] ?? null, from: properties[from] ?? null }]
  }
  if (type !== 'lead_changed') return []
  const changes = (properties['changes'] ?? {}) as Record<string, { from: Json; to: Json }>
  return Object.entries(changes).map(([field, { from, to }]) => ({ field, from, to }))
}

const ATTRIBUTE = 'attributes.'

function presentValue(lead: Lead, field: string): Json {
  if (field.startsWith(ATTRIBUTE))
    return (lead.attributes[field.slice(ATTRIBUTE.length)] ?? null) as Json
  const row: Record<string, Json> = {
    owner_id: lead.ownerId,
    snoozed_until: lead.snoozedUntil?.toISOString() ?? null,
    hidden_at: lead.hiddenAt?.toISOString() ?? null,
    segment: lead.segment,
    stage: lead.stage,
  }
  return row[field] ?? null
}

/**
 * The fields that fall back when `target` is taken back, and to what: the value of the last entry
 * that holds, or what stood there before the first. A field that something later set stays.
 */
export function fallBack(
  target: RecordedEntry,
  history: readonly RecordedEntry[],
  present: (field: string) => Json,
): Map<string, Json> {
  const values = new Map<string, Json>()
  for (const { field, to } of changesOf(target)) {
    const all = history.flatMap((entry) =>
      changesOf(entry)
        .filter((change) => change.field === field)
        .map((change) => ({ ...change, entry })),
    )
    const holds = all.filter(({ entry }) => !entry.isUndone && entry.position !== target.position)
    const last = holds.at(-1)
    const isOverridden = last !== undefined && last.entry.position > target.position
    // An import or another system may have set it since.
    if (isOverridden || JSON.stringify(present(field)) !== JSON.stringify(to)) continue
    values.set(field, last === undefined ? all[0]!.from : last.to)
  }
  return values
}

async function restore(client: Writer, personId: number, values: Map<string, Json>): Promise<void> {
  if (values.size === 0) return
  const attributes: Record<string, unknown> = {}
  const body: { segment?: string | null; stage?: string | null } = {}
  const time = (value: Json): Date | null => (typeof value === 'string' ? new Date(value) : null)
  for (const [field, value] of values) {
    if (field.startsWith(ATTRIBUTE)) attributes[field.slice(ATTRIBUTE.length)] = value
    if (field === 'segment' || field === 'stage') body[field] = value as string | null
    if (field === 'owner_id')
      await changeLead(client, personId, { ownerId: value as number | null })
    if (field === 'snoozed_until') await changeLead(client, personId, { snoozedUntil: time(value) })
    if (field === 'hidden_at') await changeLead(client, personId, { hiddenAt: time(value) })
  }
  await writeLead(client, personId, { ...body, attributes })
}

interface Place {
  readonly name: EntryName
  /** Milliseconds since the epoch. */
  readonly now: number
}

async function findTarget(
  client: Writer,
  principal: Principal,
  leadId: string,
  { name, now }: Place,
): Promise<{ lead: Lead; target: RecordedEntry }> {
  const notFound = new AppError('not-found', 'there is no such lead')
  const lead = await findLead(client, null, leadId)
  if (lead === undefined) throw notFound
  const isVisible = (await findLead(client, viewerOf(principal), leadId)) !== undefined
  const circle = await circleOf(client, lead.personId)
  const [target] = await readEntries(client, circle, name)
  const isSlip =
    target?.type === 'lead_assigned' &&
    target.properties['by'] === actorOf(principal) &&
    now - target.eventTime.getTime() < SLIP_MS
  if (!isVisible && !isSlip) throw notFound
  if (target === undefined) throw new AppError('not-found', 'the lead has no such entry')
  return { lead, target }
}

/** @throws AppError `conflict` for what cannot be taken back, or was already. */
function checkUndoable({ type, isUndone, eventTime }: RecordedEntry, now: number): void {
  if (type === 'leads_merged')
    throw new AppError('conflict', 'undo a merge with POST /v1/leads/:id/unmerge')
  if (!isUndoable(type))
    throw new AppError('conflict', `"${EVENT_TYPES[type].label}" is nothing that people report`)
  if (isUndone) throw new AppError('conflict', 'it was taken back already')
  // Beyond, retention may have folded it into what it keeps of a lead.
  if (now - eventTime.getTime() > EVENT_TIME_LIMITS.backDays * DAY_MS)
    throw new AppError('conflict', `it is more than ${EVENT_TIME_LIMITS.backDays} days old`)
}

async function undo(
  client: Writer,
  principal: Principal,
  leadId: string,
  place: Place,
): Promise<{ answer: UndoAnswer; personId: number }> {
  const found = await findTarget(client, principal, leadId, place)
  await holdLead(client, found.lead.personId)
  const { lead, target } = await findTarget(client, principal, leadId, place)
  checkUndoable(target, place.now)
  const { personId, type } = target
  const history = await readEntries(client, [personId], { types: [type] })
  const { workspaceId } = principal
  const actor = actorOf(principal)
  const about = { target_position: target.position, target_type: type }
  const undone = { ...about, by: actor }
  const position = await appendEntry(client, workspaceId, personId, 'entry_undone', undone)
  // What was done to a lead that counts as another one by now says nothing of that one's row.
  if (personId === lead.personId)
    await restore(
      client,
      personId,
      fallBack(target, history, (field) => presentValue(lead, field)),
    )
  if (type === 'score_disputed') await deleteFeedback(client, target.position)
  const subject = `person:${personId}`
  await appendAudit(client, workspaceId, { actor, action: 'lead.undone', subject, details: about })
  return { answer: { position, undone: { position: target.position, type } }, personId }
}

export function leadUndoRoute(app: FastifyInstance, { database, clock, rescore }: Services): void {
  app.post<{ Params: LeadParams; Body: UndoBody }>(
    '/v1/leads/:id/undo',
    {
      schema: {
        tags: ['leads'],
        summary: 'Take back a call, note, outcome, assignment, change, snooze, hiding or feedback',
        params: LeadParams,
        body: UndoBody,
        response: { 200: UndoAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      const place = { name: body, now: clock.now() }
      const { answer, personId } = await database.withWorkspace(workspaceId, (client) =>
        undo(client, principal, params.id, place),
      )
      rescore({ workspaceId, personId })
      return answer
    },
  )
}
