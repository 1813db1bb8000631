/**
 * Who watches what: one ring of frames per workspace that somebody watched lately. Publishing to a
 * workspace that nobody watches costs nothing and keeps nothing.
 */
import type { Channel, SocketFrame } from '../../contract/index.ts'
import type { Clock } from '../../core/index.ts'
import { createRing, type Ring } from './ring.ts'
import { createWatcher, type Watcher, type Wire } from './watcher.ts'

/** Frames kept per workspace: ten seconds at 1,000 a second, for clients that come back. */
const FRAMES_MAX = 10_000
const BYTES_MAX = 8 * 1024 * 1024
/** How long frames are kept on after the last client left. */
const KEEP_MS = 600_000
/** Numbers of frames begin with the time, so that those of an earlier process are never met. */
const SEQ_PER_MS = 1_000

export interface Publication {
  readonly channel: Channel
  readonly type: SocketFrame['type']
  readonly data: SocketFrame['data']
  /** See RingFrame. */
  readonly key?: string
  readonly ownerId?: number | null
}

export interface LiveHub {
  readonly publish: (workspaceId: number, publication: Publication) => void
  /** A new watcher of a workspace; `leave` when its socket closed. */
  readonly join: (workspaceId: number, wire: Wire) => { watcher: Watcher; leave: () => void }
  /** Lets go of all frames kept for clients that come back: somebody in them was erased. */
  readonly forget: () => void
  readonly watchersOf: (workspaceId: number) => number
}

interface Feed {
  readonly ring: Ring
  readonly watchers: Set<Watcher>
  isDue: boolean
  emptySince: number
}

export interface LiveHubOptions {
  readonly clock: Clock
  /** Told which workspaces are watched whenever that changes. */
  readonly onWatched?: (workspaceIds: readonly number[]) => void
}

export function createLiveHub({ clock, onWatched }: LiveHubOptions): LiveHub {
  const feeds = new Map<number, Feed>()

  /** Lets go of feeds that nobody came back to. */
  function tidy(): void {
    let changed = false
    for (const [workspaceId, feed] of feeds) {
      if (feed.watchers.size > 0 || clock.monotonic() - feed.emptySince < KEEP_MS) continue
      feeds.delete(workspaceId)
      changed = true
    }
    if (changed) onWatched?.([...feeds.keys()])
  }

  function feedOf(workspaceId: number): Feed {
    let feed = feeds.get(workspaceId)
    if (feed === undefined) {
      const ring = createRing(clock.now() * SEQ_PER_MS, FRAMES_MAX, BYTES_MAX)
      feed = { ring, watchers: new Set(), isDue: false, emptySince: clock.monotonic() }
      feeds.set(workspaceId, feed)
      onWatched?.([...feeds.keys()])
    }
    return feed
  }

  /** Everything published in one turn leaves together. */
  function pumpSoon(feed: Feed): void {
    if (feed.isDue) return
    feed.isDue = true
    setImmediate(() => {
      feed.isDue = false
      for (const watcher of feed.watchers) watcher.pump()
    })
  }

  return {
    publish(workspaceId, { channel, type, data, key, ownerId }) {
      const feed = feeds.get(workspaceId)
      if (feed === undefined) return
      const seq = feed.ring.newest() + 1
      const at = new Date(clock.now()).toISOString()
      const text = Buffer.from(JSON.stringify({ type, seq, at, data }))
      feed.ring.push({ seq, channel, key, ownerId, text })
      pumpSoon(feed)
    },
    join(workspaceId, wire) {
      tidy()
      const feed = feedOf(workspaceId)
      const watcher = createWatcher({ wire, ring: feed.ring, now: () => clock.now() })
      feed.watchers.add(watcher)
      return {
        watcher,
        leave() {
          feed.watchers.delete(watcher)
          feed.emptySince = clock.monotonic()
        },
      }
    },
    forget() {
      for (const { ring, watchers } of feeds.values()) {
        for (const watcher of watchers) watcher.pump()
        ring.clear()
      }
    },
    watchersOf: (workspaceId) => feeds.get(workspaceId)?.watchers.size ?? 0,
  }
}
