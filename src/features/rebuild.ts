/** Folds a lead again from the log, from its base where retention deleted the entries before. */
import { setImmediate } from 'node:timers/promises'
import { withoutUndone, type LogEntry } from '../core/index.ts'
import {
  readDeclaredHistory,
  readLeadBase,
  readLeadBases,
  readPerson,
  readPersons,
  type Database,
  type LeadBase,
  type StateKey,
} from '../store/index.ts'
import { readStored } from './damage.ts'
import { foldWatched, type Known } from './evidence.ts'
import { asLearned, markDeclared, replayEntries } from './replay.ts'
import { foldOrder } from './state.ts'
import { advance, emptyTrack, type LeadTrack } from './track.ts'

type Client = Parameters<typeof readPerson>[0]

export interface Rebuilt {
  readonly track: LeadTrack
  /** Entries folded. */
  readonly entries: number
}

/**
 * The track of a lead as known at log position `position`; with `before` (milliseconds since the
 * epoch) only what happened earlier. A base of another version of the fold, or a damaged one, is
 * of no use: the lead then begins with what the log still holds.
 */
export async function rebuildTrack(
  client: Client,
  { workspaceId, personId }: StateKey,
  position: number,
  before = Infinity,
): Promise<Rebuilt> {
  // The base second: one that is newer than the entries holds all that are older than it.
  const known = await readPerson(client, workspaceId, personId, position)
  const base = await readLeadBase(client, workspaceId, personId)
  const state = base && readStored(base.state, { workspaceId, personId }, 'base')
  const track: LeadTrack = state ? { state, checkpoints: [] } : emptyTrack()
  const from = base && state ? base.until : -Infinity
  const entries = withoutUndone(known).filter(
    ({ eventTime }) => eventTime >= from && eventTime < before,
  )
  for (const entry of entries.sort(foldOrder)) advance(track, entry)
  return { track, entries: entries.length }
}

/** What is known of a lead; null: retention deleted what was known then. */
export type KnownThen = Known | null

/** The entries of each lead, with its base; the base second (see rebuildTrack). */
async function readLeads(
  client: Client,
  workspaceId: number,
  personIds: readonly number[],
  positions: readonly number[] | number,
): Promise<(personId: number) => { entries: LogEntry[]; base: LeadBase | undefined }> {
  const entries = await readPersons(client, workspaceId, personIds, positions)
  const bases = await readLeadBases(client, workspaceId, personIds)
  return (personId) => ({ entries: entries.get(personId) ?? [], base: bases.get(personId) })
}

function fromBase(entries: readonly LogEntry[], base: LeadBase | undefined, lead: StateKey): Known {
  const state = base && readStored(base.state, lead, 'base')
  const from = base && state ? base.until : -Infinity
  const own = withoutUndone(entries).filter(({ eventTime }) => eventTime >= from)
  return foldWatched(own.sort(foldOrder), state ?? undefined)
}

/**
 * What is known of leads now, with everything that was acknowledged. Two queries for all of them;
 * of those without entries the empty state.
 */
export async function readKnown(
  client: Client,
  workspaceId: number,
  personIds: readonly number[],
): Promise<Map<number, Known>> {
  const of = await readLeads(client, workspaceId, personIds, Number.MAX_SAFE_INTEGER)
  const known = new Map<number, Known>()
  for (const personId of personIds) {
    const { entries, base } = of(personId)
    known.set(personId, fromBase(entries, base, { workspaceId, personId }))
    // Other requests get their turn between two leads.
    await setImmediate()
  }
  return known
}

/**
 * What was known of leads at `time`, milliseconds since the epoch: what serving had then, late and
 * stitched entries left out that were learned afterwards. Four queries for all of them.
 */
export async function readKnownThen(
  { app, withWorkspace }: Pick<Database, 'app' | 'withWorkspace'>,
  workspaceId: number,
  personIds: readonly number[],
  time: number,
): Promise<Map<number, KnownThen>> {
  const isDeclared = await withWorkspace(workspaceId, readDeclaredHistory)
  const today = await readLeads(app, workspaceId, personIds, Number.MAX_SAFE_INTEGER)
  const marked = personIds.map((personId) => markDeclared(today(personId).entries, isDeclared))
  const last = marked.map((entries) =>
    asLearned(entries)
      .filter(({ at }) => at <= time)
      .reduce((most, { entry }) => Math.max(most, entry.position), 0),
  )
  // With those who belonged to the lead then and do not any more.
  const then = await readPersons(app, workspaceId, personIds, last)
  const known = new Map<number, KnownThen>()
  for (const [i, personId] of personIds.entries()) {
    const { base } = today(personId)
    const past = then.get(personId) ?? []
    if (base === undefined) {
      const entries = [...marked[i]!, ...markDeclared(past, isDeclared)]
      known.set(personId, foldWatched(replayEntries(entries, time, personId)))
    } else
      known.set(
        personId,
        base.until <= time ? fromBase(past, base, { workspaceId, personId }) : null,
      )
    await setImmediate()
  }
  return known
}
