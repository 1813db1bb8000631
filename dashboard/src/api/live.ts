/**
 * Frames of the product's WebSocket: one connection for the page, whatever its parts listen to.
 * After a drop it comes back and misses nothing.
 */
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import {
  SOCKET_PROTOCOL,
  SOCKET_TOKEN_PREFIX,
  type Channel,
  type SocketFrame,
} from '../../../src/contract/index.ts'
import { accessToken, renew, sessionKey } from './session.ts'

const WAIT_FIRST_MS = 500
const WAIT_MAX_MS = 15_000

type Receive = (frame: SocketFrame) => void
export type Connection = 'off' | 'connecting' | 'live' | 'lost'

/** Which channel a frame belongs to; the others are for everybody. */
const CHANNEL_OF: Partial<Record<SocketFrame['type'], Channel>> = {
  score: 'scores',
  event: 'events',
  model: 'models',
  job: 'jobs',
}

const receivers = new Map<Receive, Channel>()
let socket: WebSocket | undefined
let timer: ReturnType<typeof setTimeout> | undefined
let wait = WAIT_FIRST_MS
/** The last frame seen, of whom. */
let seen: number | undefined
let seenBy: string | undefined
let connection: Connection = 'off'
const watchers = new Set<() => void>()

function setConnection(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of watchers) watcher()
}

function subscribe(): void {
  if (socket?.readyState !== WebSocket.OPEN) return
  socket.send(JSON.stringify({ subscribe: [...new Set(receivers.values())], after_seq: seen }))
}

function receive(frame: SocketFrame): void {
  if (frame.type !== 'error') seen = frame.seq
  wait = WAIT_FIRST_MS
  if (frame.type === 'subscribed') setConnection('live')
  const channel = CHANNEL_OF[frame.type]
  for (const [receiver, own] of receivers)
    if (channel === undefined || channel === own) receiver(frame)
}

function open(): void {
  const token = accessToken()
  if (token === undefined || receivers.size === 0) return
  // Numbers of frames belong to a workspace.
  if (seenBy !== sessionKey()) seen = undefined
  seenBy = sessionKey()
  if (connection !== 'lost') setConnection('connecting')
  const made = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`, [
    SOCKET_PROTOCOL,
    SOCKET_TOKEN_PREFIX + token,
  ])
  socket = made
  // One that was let go while it was being opened closes once it is open: closing it earlier is
  // reported as an error.
  made.onopen = () => (socket === made ? subscribe() : made.close())
  made.onmessage = ({ data }) => {
    if (socket === made) receive(JSON.parse(data as string) as SocketFrame)
  }
  made.onclose = () => {
    if (socket !== made) return
    setConnection('lost')
    again()
  }
}

/** The token may have run out meanwhile; a server that is away is asked again later. */
function again(): void {
  clearTimeout(timer)
  timer = setTimeout(() => {
    renew().then((signedIn) => (signedIn ? open() : letGo()), again)
  }, wait)
  wait = Math.min(wait * 2, WAIT_MAX_MS)
}

function letGo(): void {
  clearTimeout(timer)
  const old = socket
  socket = undefined
  wait = WAIT_FIRST_MS
  if (old?.readyState === WebSocket.OPEN) old.close()
  setConnection('off')
}

/** @returns stop */
function follow(channel: Channel, receiver: Receive): () => void {
  const isOther = seenBy !== undefined && seenBy !== sessionKey()
  if (isOther) letGo()
  receivers.set(receiver, channel)
  if (socket === undefined) open()
  else subscribe()
  return () => {
    receivers.delete(receiver)
    // The next page may listen in a moment: only then it is known whether anybody does.
    setTimeout(() => receivers.size === 0 && letGo(), 0)
  }
}

/** Calls `receive` with every frame of `channel` while the component is shown. */
export function useLive(channel: Channel, receive: Receive): void {
  const latest = useEffectEvent(receive)
  useEffect(() => follow(channel, (frame) => latest(frame)), [channel])
}

/** Whether frames arrive now. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => connection,
  )
}
