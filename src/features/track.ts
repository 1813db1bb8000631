/**
 * A lead's state with a few older copies of it, so that a late entry costs a refold from the copy
 * before it and not from the beginning. Entries come in the order in which they were appended:
 *
 *     if (!advance(track, entry)) {
 *       const after = rewind(track, entry)
 *       for (const known of entriesAfter(after)) advance(track, known) // the late one among them
 *     }
 */
import type { LogEntry } from '../core/index.ts'
import { decodeState, encodeState } from './codec.ts'
import { applyEntry, emptyState, needsRefold, type LeadState } from './state.ts'

/** A place in the order of the fold: everything at or before it is in the state. */
export interface FoldCursor {
  readonly eventTime: number
  readonly position: number
}

/** The state as it was after `entries` entries, exact, at a place in the order of the fold. */
export interface Checkpoint extends FoldCursor {
  readonly entries: number
  readonly bytes: Uint8Array
}

export interface LeadTrack {
  state: LeadState
  /** Oldest first; at most CHECKPOINTS. */
  checkpoints: Checkpoint[]
}

/** Entries between checkpoints: a refold of so many takes well under a millisecond. */
const EVERY = 64
/** Bounds the memory of a lead to this many states beside the present one. */
const CHECKPOINTS = 4

export function emptyTrack(): LeadTrack {
  return { state: emptyState(), checkpoints: [] }
}

/** Folds an entry that is in order; false, and nothing changed, when it is late. O(1). */
export function advance(track: LeadTrack, entry: LogEntry): boolean {
  const { state } = track
  if (needsRefold(state, entry)) return false
  applyEntry(state, entry)
  if (state.entries % EVERY === 0) checkpoint(track)
  return true
}

function checkpoint({ state, checkpoints }: LeadTrack): void {
  checkpoints.push({
    eventTime: state.cursorTime,
    position: state.cursorPosition,
    entries: state.entries,
    bytes: encodeState(state),
  })
  if (checkpoints.length > CHECKPOINTS) checkpoints.splice(mostCrowded(checkpoints), 1)
}

/**
 * Which checkpoint to give up: the one (never the newest) whose loss lengthens a refold least, in
 * proportion to how far back that refold reaches. Copies thin out towards the past.
 */
function mostCrowded(checkpoints: readonly Checkpoint[]): number {
  const now = checkpoints.at(-1)!.entries
  let crowded = 0
  let least = Infinity
  for (let i = 0; i < checkpoints.length - 1; i++) {
    const before = i === 0 ? 0 : checkpoints[i - 1]!.entries
    const loss = (checkpoints[i]!.entries - before) / (now - checkpoints[i]!.entries)
    if (loss < least) {
      least = loss
      crowded = i
    }
  }
  return crowded
}

/**
 * Takes the track back to the newest checkpoint before `late` and returns the place from which the
 * entries known so far must be folded again, in the order of the fold and with `late` among them;
 * null when that is the beginning. The cost of the late entry is the number of those entries.
 */
export function rewind(track: LeadTrack, late: FoldCursor): FoldCursor | null {
  const { checkpoints } = track
  while (checkpoints.length > 0 && !isBefore(checkpoints.at(-1), late)) checkpoints.pop()
  const found = checkpoints.at(-1)
  const state = found === undefined ? emptyState() : decodeState(found.bytes)
  if (state === null) {
    // Written by another version of the fold: start again rather than mix two definitions.
    checkpoints.length = 0
    track.state = emptyState()
    return null
  }
  track.state = state
  return found === undefined ? null : { eventTime: found.eventTime, position: found.position }
}

function isBefore(a: FoldCursor, b: FoldCursor): boolean {
  return a.eventTime < b.eventTime || (a.eventTime === b.eventTime && a.position < b.position)
}
