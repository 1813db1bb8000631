/**
 * One socket that watches a workspace: a place in the ring and a subscription. When the socket
 * takes no more, sending waits and goes on from the same place; what was outdone meanwhile is left
 * out, and a place that fell out of the ring becomes a `reset`.
 */
import type { Channel, SocketFrame } from '../../contract/index.ts'
import type { Ring } from './ring.ts'

/** What a socket must be able to do; `ws` can. */
export interface Wire {
  readonly bufferedAmount: number
  /** Text, or its UTF-8 bytes; `sent` is called when it left this process. */
  readonly send: (text: string | Uint8Array, sent: () => void) => void
}

/** Bytes that may wait in a socket before sending pauses. */
const BUFFERED_MAX = 256 * 1024

export interface Watcher {
  /** Sends what is new, as far as the socket takes it. */
  readonly pump: () => void
  /** Replaces the subscription; with `after` everything since that frame follows. */
  readonly subscribe: (channels: readonly Channel[], after: number | undefined) => void
  readonly tell: (detail: string) => void
  /** Which owners' leads it may see; null: all. */
  readonly setOwners: (owners: ReadonlySet<number> | null) => void
}

export interface WatcherOptions {
  readonly wire: Wire
  readonly ring: Ring
  readonly now: () => number
}

export function createWatcher({ wire, ring, now }: WatcherOptions): Watcher {
  let channels: ReadonlySet<Channel> = new Set()
  // Until told otherwise an agent sees nobody's leads.
  let owners: ReadonlySet<number> | null = new Set()
  let place = ring.newest()
  let isSlow = false

  const sent = (): void => {
    if (isSlow && wire.bufferedAmount < BUFFERED_MAX / 2) pump()
  }
  const send = (frame: Pick<SocketFrame, 'type' | 'data'>, seq: number): void => {
    const at = new Date(now()).toISOString()
    wire.send(JSON.stringify({ type: frame.type, seq, at, data: frame.data }), sent)
  }
  const reset = (reason: string): void => {
    place = ring.newest()
    send({ type: 'reset', data: { reason } }, place)
  }

  function pump(): void {
    if (place < ring.oldest() - 1) reset('this client was too slow: read the lists anew')
    const end = ring.newest()
    const wasSlow = isSlow
    isSlow = false
    while (place < end) {
      if (wire.bufferedAmount > BUFFERED_MAX) {
        isSlow = true
        return
      }
      const frame = ring.at(++place)!
      if (!channels.has(frame.channel)) continue
      const { ownerId } = frame
      if (owners !== null && ownerId !== undefined && !(ownerId !== null && owners.has(ownerId)))
        continue
      if (wasSlow && ring.isOutdone(frame)) continue
      wire.send(frame.text, sent)
    }
  }

  return {
    pump,
    subscribe(wanted, after) {
      channels = new Set(wanted)
      const isKnown = after !== undefined && after >= ring.oldest() - 1 && after <= ring.newest()
      if (isKnown) place = after
      else if (after === undefined) place = ring.newest()
      send({ type: 'subscribed', data: { channels: [...channels] } }, place)
      if (after !== undefined && !isKnown) reset('what followed that frame is no longer kept')
      pump()
    },
    tell: (detail) => send({ type: 'error', data: { detail } }, place),
    setOwners(next) {
      owners = next
    },
  }
}
