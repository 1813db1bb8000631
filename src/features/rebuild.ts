/** Folds a lead again from the log, from its base where retention deleted the entries before. */
import { AppError, withoutUndone, type LogEntry } from '../core/index.ts'
import {
  readDeclaredHistory,
  readLeadBase,
  readPerson,
  type Database,
  type StateKey,
} from '../store/index.ts'
import { decodeState } from './codec.ts'
import { asLearned, markDeclared, replayState } from './replay.ts'
import { foldOrder, type LeadState } from './state.ts'
import { advance, emptyTrack, type LeadTrack } from './track.ts'

type Client = Parameters<typeof readPerson>[0]

export interface Rebuilt {
  readonly track: LeadTrack
  /** Entries folded. */
  readonly entries: number
}

/**
 * The track of a lead as known at log position `position`; with `before` (milliseconds since the
 * epoch) only what happened earlier. A base of another version of the fold is of no use: the lead
 * then begins with what the log still holds.
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
  const state = base && decodeState(base.state)
  const track: LeadTrack = state ? { state, checkpoints: [] } : emptyTrack()
  const from = base && state ? base.until : -Infinity
  const entries = withoutUndone(known).filter(
    ({ eventTime }) => eventTime >= from && eventTime < before,
  )
  for (const entry of entries.sort(foldOrder)) advance(track, entry)
  return { track, entries: entries.length }
}

/**
 * The state of a lead as known at `time`, milliseconds since the epoch: what serving had then, late
 * and stitched entries left out that were learned afterwards.
 * @throws AppError `not-found` when retention deleted what was known then.
 */
export async function stateAsKnown(
  { app, withWorkspace }: Pick<Database, 'app' | 'withWorkspace'>,
  key: StateKey,
  time: number,
): Promise<LeadState> {
  const { workspaceId, personId } = key
  const isDeclared = await withWorkspace(workspaceId, readDeclaredHistory)
  const read = async (position: number): Promise<LogEntry[]> =>
    markDeclared(await readPerson(app, workspaceId, personId, position), isDeclared)
  const today = await read(Number.MAX_SAFE_INTEGER)
  const learned = asLearned(today).filter(({ at }) => at <= time)
  const last = learned.reduce((most, { entry }) => Math.max(most, entry.position), 0)
  const base = await readLeadBase(app, workspaceId, personId)
  if (base !== undefined) {
    if (base.until <= time) return (await rebuildTrack(app, key, last)).track.state
    const until = new Date(base.until).toISOString()
    throw new AppError('not-found', `events before ${until} are no longer kept: ask for later`)
  }
  // With those who belonged to the lead then and do not any more.
  return replayState([...today, ...(await read(last))], time, personId)
}
