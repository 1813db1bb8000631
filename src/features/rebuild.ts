/** Folds a lead again from the log, from its base where retention deleted the entries before. */
import { withoutUndone } from '../core/index.ts'
import { readLeadBase, readPerson, type StateKey } from '../store/index.ts'
import { decodeState } from './codec.ts'
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
