/**
 * Asks the hooks of workspaces about leads that are new or changed, in the background: capture only
 * leaves a row in a queue. An answer is stored as a change of the lead by the hook: an entry of the
 * log with its time, which people can undo.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import Value from 'typebox/value'
import { EnrichmentReply } from '../../contract/index.ts'
import { policyOfColumn, readLeadRecord, type Clock, type Json } from '../../core/index.ts'
import { createTrouble, unseal, type Logger } from '../../platform/index.ts'
import {
  appendEntry,
  attributeDeclarations,
  changeLead,
  claimEnrichment,
  dueEnrichment,
  findLeadOfPerson,
  holdLead,
  markEnriching,
  markFullEnrichment,
  settleEnrichment,
  type Database,
  type EnrichmentCall,
  type EnrichmentEnd,
  type Lead,
  type StateKey,
} from '../../store/index.ts'
import { callHook } from './call.ts'

const LOOK_MS = 1_000
/** Longest wait between two tries while the database is away. */
const AWAY_MS = 30_000
/** Calls of one workspace side by side. */
const AT_ONCE = 8
/** A call that nobody ended (a process died) is made again after so long. */
const LEASE_SECONDS = 60
const ATTEMPTS = 5
const FIRST_WAIT_SECONDS = 10

/** What the secret of a hook is sealed for. */
export const hookContext = (workspaceId: number): string => `enrichment-hook:${workspaceId}`

export interface EnrichmentOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly clock: Clock
  readonly log: Logger
  /** Opens the secrets of hooks. */
  readonly masterKey: Uint8Array
  readonly allowPrivate: boolean
  /** A lead's attributes changed. */
  readonly onChanged: (lead: StateKey) => void
}

export interface Enrichment {
  /** Resolves once the calls under way are done. */
  readonly close: () => Promise<void>
}

/** Seconds until the next try: 10, 40, 160, 640. */
const waitAfter = (attempts: number): number => FIRST_WAIT_SECONDS * 4 ** (attempts - 1)

type Attributes = Readonly<Record<string, Json>>
type Client = Parameters<typeof attributeDeclarations>[0]

/** What is wrong with an answer; null: nothing. */
async function refusalOf(client: Client, attributes: Attributes): Promise<string | null> {
  const declared = new Map((await attributeDeclarations(client)).map((one) => [one.name, one]))
  for (const [name, value] of Object.entries(attributes)) {
    const declaration = declared.get(name)
    if ((declaration?.policy ?? policyOfColumn(name)) === 'protected')
      return `answered "${name}", a protected trait, which is not taken`
    if (declaration?.type === 'number' && value !== null && typeof value !== 'number')
      return `answered "${name}", which is declared a number, with something else`
  }
  return null
}

async function store(
  { database }: EnrichmentOptions,
  workspaceId: number,
  call: EnrichmentCall,
  attributes: Attributes,
): Promise<{ end: EnrichmentEnd; isChanged: boolean }> {
  return database.withWorkspace(workspaceId, async (client) => {
    const refusal = await refusalOf(client, attributes)
    if (refusal !== null) return { end: { kind: 'failed', problem: refusal }, isChanged: false }
    const { personId, hookId } = call
    await holdLead(client, personId)
    const lead = await findLeadOfPerson(client, personId)
    const end = { kind: 'answered' } as const
    if (lead === undefined) return { end, isChanged: false }
    const changed = Object.entries(attributes).filter(
      ([name, value]) => value !== ((lead.attributes[name] ?? null) as Json),
    )
    if (changed.length > 0) {
      await markEnriching(client)
      const changes = Object.fromEntries(
        changed.map(([name, to]) => [
          `attributes.${name}`,
          { from: lead.attributes[name] ?? null, to },
        ]),
      )
      const properties = { changes, by: `hook:${hookId}` }
      await appendEntry(client, workspaceId, personId, 'lead_changed', properties)
      await changeLead(client, personId, { attributes: Object.fromEntries(changed) })
    }
    await settleEnrichment(client, call, end)
    return { end, isChanged: changed.length > 0 }
  })
}

/** What a call says of a lead. */
export function bodyOf({ leadId, attributes, segment, stage }: Lead, sentAt: number): string {
  const flat = { ...attributes, lead_id: leadId, segment, stage, schema_version: 1 }
  const lead = readLeadRecord(flat).record
  return JSON.stringify({ type: 'lead', sent_at: new Date(sentAt * 1_000).toISOString(), lead })
}

async function ask(
  options: EnrichmentOptions,
  workspaceId: number,
  call: EnrichmentCall,
): Promise<EnrichmentEnd | null> {
  const { database, clock, masterKey, allowPrivate, onChanged } = options
  const secret = unseal(masterKey, call.secret, hookContext(workspaceId))
  if (secret === undefined)
    return { kind: 'failed', problem: 'its secret cannot be opened: MODEL_ENCRYPTION_KEY changed' }
  const { personId, hookId } = call
  const lead = await database.withWorkspace(workspaceId, (c) => findLeadOfPerson(c, personId))
  if (lead === undefined) return { kind: 'answered' }
  const sentAt = Math.floor(clock.now() / 1_000)
  const body = bodyOf(lead, sentAt)
  const callId = `${hookId}-${personId}-${Date.parse(call.changedAt)}`
  const answer = await callHook({ url: call.url, secret, body, callId, sentAt, allowPrivate })
  if (answer.kind === 'problem') {
    const { problem, isPassing } = answer
    return isPassing && call.attempts < ATTEMPTS
      ? { kind: 'later', seconds: waitAfter(call.attempts), problem }
      : { kind: 'failed', problem }
  }
  if (answer.body === undefined) return { kind: 'answered' }
  if (!Value.Check(EnrichmentReply, answer.body))
    return { kind: 'failed', problem: 'answered something else than {"attributes": {...}}' }
  const { end, isChanged } = await store(options, workspaceId, call, answer.body.attributes)
  if (isChanged) onChanged({ workspaceId, personId })
  // Settled with what it stored.
  return end.kind === 'answered' ? null : end
}

/** Calls made; how many. */
async function enrich(options: EnrichmentOptions, workspaceId: number): Promise<number> {
  const { database, log } = options
  const calls = await database.withWorkspace(workspaceId, (client) =>
    claimEnrichment(client, AT_ONCE, LEASE_SECONDS),
  )
  await Promise.all(
    calls.map(async (call) => {
      const end = await ask(options, workspaceId, call)
      if (end === null) return
      if (end.kind !== 'answered')
        log.warn({ workspaceId, hook: call.hookId, ...end }, 'an enrichment hook failed')
      await database.withWorkspace(workspaceId, (client) => settleEnrichment(client, call, end))
    }),
  )
  return calls.length
}

/** Works until it is closed; several processes may do it at once. */
export function startEnrichment(options: EnrichmentOptions): Enrichment {
  const { database, log, clock } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const trouble = createTrouble(log, {
    begins: 'enrichment failed; it is tried again',
    ends: 'enrichment goes on',
    firstMs: LOOK_MS,
    longestMs: AWAY_MS,
  })
  const rounds = async (): Promise<void> => {
    let markedAt = -Infinity
    while (!signal.aborted) {
      let pauseMs = LOOK_MS
      try {
        if (clock.monotonic() - markedAt >= LOOK_MS) {
          await markFullEnrichment(database.app)
          markedAt = clock.monotonic()
        }
        const due = await dueEnrichment(database.app)
        const made = await Promise.all(due.map((workspaceId) => enrich(options, workspaceId)))
        trouble.passed()
        if (made.some((calls) => calls > 0)) continue
      } catch (error) {
        if (!signal.aborted) pauseMs = trouble.failed(error)
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = rounds()
  return {
    close: async () => {
      stopping.abort()
      await running
    },
  }
}
