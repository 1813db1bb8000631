/** How much memory a running server really holds: its heaps after collecting what is garbage. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Served } from '../support/served.ts'

/** Megabytes. */
export interface Held {
  /** What is reachable in the JavaScript heaps of the main thread and all workers. */
  readonly heapMb: number
  /** Resident memory of the process. */
  readonly residentMb: number
}

export interface MemoryProbe extends Disposable {
  readonly read: () => Promise<Held>
}

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly result?: { readonly usedSize?: number }
  readonly params?: { readonly sessionId: string; readonly message?: string }
}

/** Node's flag that `probeMemory` needs; it listens on loopback only. */
export const PROBED = '--inspect=127.0.0.1:0'

/** Speaks the inspector's protocol: each call is answered under its number. */
async function connect(address: string) {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${address}`)))
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  const workers = new Set<string>()
  let calls = 0
  /** Numbers of the calls that a worker has not answered. */
  const asked = new Map<number, string>()
  /** A worker that ended holds nothing any more. */
  const abandon = (worker: string): void => {
    workers.delete(worker)
    for (const [id, whom] of asked) if (whom === worker) settle({ id, result: { usedSize: 0 } })
  }
  const settle = (reply: Reply): void => {
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id ?? -1)
    asked.delete(reply.id ?? -1)
  }
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(data as string) as Reply
    const { method, params } = reply
    if (method === 'NodeWorker.attachedToWorker') workers.add(params!.sessionId)
    else if (method === 'NodeWorker.detachedFromWorker') abandon(params!.sessionId)
    else if (method === 'NodeWorker.receivedMessageFromWorker')
      settle(JSON.parse(params!.message!) as Reply)
    else settle(reply)
  })
  const send = (method: string, params: object = {}, worker?: string): Promise<Reply> =>
    new Promise((resolve) => {
      const id = ++calls
      waiting.set(id, resolve)
      const message = JSON.stringify({ id, method, params })
      if (worker === undefined) socket.send(message)
      else if (!workers.has(worker)) settle({ id, result: { usedSize: 0 } })
      else {
        asked.set(id, worker)
        socket.send(
          JSON.stringify({
            id: ++calls,
            method: 'NodeWorker.sendMessageToWorker',
            params: { sessionId: worker, message },
          }),
        )
      }
    })
  await send('NodeWorker.enable', { waitForDebuggerOnStart: false })
  return { send, workers, close: () => socket.close() }
}

/** A probe of a server that was started with PROBED. */
export async function probeMemory(served: Served): Promise<MemoryProbe> {
  const address = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(served.output())?.[0]
  if (address === undefined) throw new Error(`the server was not started with ${PROBED}`)
  const { send, workers, close } = await connect(address)
  return {
    async read() {
      let heap = 0
      for (const thread of [undefined, ...workers]) {
        // Finalizers free what a second collection then finds.
        for (let i = 0; i < 2; i++) await send('HeapProfiler.collectGarbage', {}, thread)
        heap += (await send('Runtime.getHeapUsage', {}, thread)).result?.usedSize ?? NaN
      }
      await sleep(500)
      const status = readFileSync(`/proc/${served.child.pid}/status`, 'utf8')
      const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1_024
      return { heapMb: Math.round(heap / 2 ** 20), residentMb: Math.round(resident) }
    },
    [Symbol.dispose]: close,
  }
}

/** Until then what is loaded late and the bounded caches are still coming in. */
const WARM_SHARE = 0.3
/** More than this is a leak: bounded caches that go on filling grow less. */
const HEAP_GROWTH_MB = 30
const RESIDENT_GROWTH_MB = 120

/** What grew beyond its bound between the warm-up and the end, in words. */
export function growth(held: readonly Held[]): string[] {
  const warm = held[Math.floor(held.length * WARM_SHARE)]
  const end = held.at(-1)
  if (warm === undefined || end === undefined) return []
  const grown = (what: keyof Held, bound: number): string[] =>
    end[what] - warm[what] <= bound
      ? []
      : [`${what} grew from ${warm[what]} to ${end[what]} MB; at most ${bound} MB are expected`]
  return [...grown('heapMb', HEAP_GROWTH_MB), ...grown('residentMb', RESIDENT_GROWTH_MB)]
}
