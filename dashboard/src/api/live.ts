/** Frames of the product's WebSocket; after a drop it comes back and misses nothing. */
import { useEffect, useEffectEvent } from 'react'
import {
  SOCKET_PROTOCOL,
  SOCKET_TOKEN_PREFIX,
  type Channel,
  type SocketFrame,
} from '../../../src/contract/index.ts'
import { accessToken, renew } from './session.ts'

const WAIT_FIRST_MS = 500
const WAIT_MAX_MS = 15_000

/** @returns stop */
function follow(channels: readonly Channel[], receive: (frame: SocketFrame) => void): () => void {
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  let wait = WAIT_FIRST_MS
  let seen: number | undefined
  const open = () => {
    const token = accessToken()
    if (stopped || token === undefined) return
    const made = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`, [
      SOCKET_PROTOCOL,
      SOCKET_TOKEN_PREFIX + token,
    ])
    socket = made
    made.onopen = () => {
      if (stopped) made.close()
      else made.send(JSON.stringify({ subscribe: channels, after_seq: seen }))
    }
    made.onmessage = ({ data }) => {
      if (stopped) return
      const frame = JSON.parse(data as string) as SocketFrame
      if (frame.type !== 'error') seen = frame.seq
      wait = WAIT_FIRST_MS
      receive(frame)
    }
    made.onclose = () => {
      if (stopped) return
      timer = setTimeout(again, wait)
      wait = Math.min(wait * 2, WAIT_MAX_MS)
    }
  }
  // The token may have run out meanwhile; a server that is away is asked again later.
  const again = () => {
    renew().then(open, () => {
      if (!stopped) timer = setTimeout(again, wait)
      wait = Math.min(wait * 2, WAIT_MAX_MS)
    })
  }
  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    // One still being opened closes once it is open: closing it earlier is reported as an error.
    if (socket?.readyState === WebSocket.OPEN) socket.close()
  }
}

/** Calls `receive` with every frame of `channel` while the component is shown. */
export function useLive(channel: Channel, receive: (frame: SocketFrame) => void): void {
  const latest = useEffectEvent(receive)
  useEffect(() => follow([channel], (frame) => latest(frame)), [channel])
}
