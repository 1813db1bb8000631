/** A client of GET /ws for tests: collects frames, waits for those it is asked for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SOCKET_PROTOCOL, type SocketFrame } from '../../src/contract/index.ts'

export interface Watch extends Disposable {
  readonly frames: SocketFrame[]
  readonly send: (message: unknown) => void
  /** Resolves with the first frame that fits; fails after five seconds. */
  readonly until: (fits: (frame: SocketFrame) => boolean) => Promise<SocketFrame>
  /** Code and reason once closed. */
  readonly closed: Promise<{ code: number; reason: string }>
}

/** Connects as a browser would; resolves when open, fails when refused. */
export async function watch(url: string, token: string): Promise<Watch> {
  const address = `${url.replace('http', 'ws')}/ws`
  const socket = new WebSocket(address, [SOCKET_PROTOCOL, `bearer.${token}`])
  const frames: SocketFrame[] = []
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
  })
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(data as string) as SocketFrame)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('the socket was refused')))
  })
  return {
    frames,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async until(fits) {
      for (let i = 0; i < 5_000; i++) {
        const found = frames.find(fits)
        if (found !== undefined) return found
        await sleep(10)
      }
      throw new Error(`no such frame among ${JSON.stringify(frames.slice(-5))}`)
    },
    [Symbol.dispose]: () => socket.close(),
  }
}
