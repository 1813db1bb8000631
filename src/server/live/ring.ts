/**
 * The newest frames of a workspace, bounded by number and by bytes, shared by all who watch: a
 * client is a place in it, so a slow one costs no memory.
 */
import type { Channel } from '../../contract/index.ts'

export interface RingFrame {
  readonly seq: number
  readonly channel: Channel
  /** Later frames with the same key make this one superfluous; undefined: none do. */
  readonly key: string | undefined
  /** Whose lead it is about; null: nobody's; undefined: about no lead. */
  readonly ownerId: number | null | undefined
  /** JSON in UTF-8: bytes outside the heap, as thousands of frames live for seconds. */
  readonly text: Uint8Array
}

export interface Ring {
  readonly push: (frame: RingFrame) => void
  /** Lets go of all frames. */
  readonly clear: () => void
  /** The frame with this number; undefined when it is gone or not there yet. */
  readonly at: (seq: number) => RingFrame | undefined
  /** Numbers of the oldest and newest frame; oldest = newest + 1 when there are none. */
  readonly oldest: () => number
  readonly newest: () => number
  /** True when a later frame has the same key. */
  readonly isOutdone: (frame: RingFrame) => boolean
}

/** `start`: the number before the first frame's. Frames are numbered without gaps. */
export function createRing(start: number, framesMax: number, bytesMax: number): Ring {
  // A place for each: a map that loses its oldest keeps all it ever held until a full collection.
  const frames: (RingFrame | undefined)[] = Array.from({ length: framesMax }, () => undefined)
  const latest = new Map<string, number>()
  let oldest = start + 1
  let newest = start
  let bytes = 0
  const drop = (): void => {
    const frame = frames[oldest % framesMax]!
    frames[oldest++ % framesMax] = undefined
    bytes -= frame.text.length
    if (frame.key !== undefined && latest.get(frame.key) === frame.seq) latest.delete(frame.key)
  }
  return {
    push(frame) {
      if (frame.seq !== newest + 1) throw new Error(`frame ${frame.seq} after ${newest}`)
      if (newest - oldest + 1 === framesMax) drop()
      newest = frame.seq
      frames[newest % framesMax] = frame
      bytes += frame.text.length
      if (frame.key !== undefined) latest.set(frame.key, frame.seq)
      while (bytes > bytesMax && oldest < newest) drop()
    },
    clear() {
      while (oldest <= newest) drop()
    },
    at: (seq) => (seq < oldest || seq > newest ? undefined : frames[seq % framesMax]),
    oldest: () => oldest,
    newest: () => newest,
    isOutdone: ({ key, seq }) => key !== undefined && latest.get(key) !== seq,
  }
}
