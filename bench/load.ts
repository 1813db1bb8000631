/**
 * A lean HTTP/1.1 load generator: keep-alive sockets, one request under way on each, requests made
 * by the caller. It leaves as much of the machine as possible to what is measured.
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  /** Bounds the run; at least one of both. */
  readonly seconds?: number
  readonly requests?: number
  /** The whole request as text, headers included; called once per request. */
  readonly request: (n: number) => string
  /** Status every answer must have. */
  readonly expect: number
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** `POST path` with a JSON body. */
export function post(path: string, key: string, body: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const HEAD_END = '\r\n\r\n'

/** Reads whole answers off a socket; calls back with status and body. */
function onAnswers(socket: Socket, answer: (status: number, body: string) => void): void {
  let rest = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    rest += chunk
    for (;;) {
      const end = rest.indexOf(HEAD_END)
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0)
      if (rest.length < end + 4 + length) return
      const body = rest.slice(end + 4, end + 4 + length)
      const status = Number(rest.slice(9, 12))
      rest = rest.slice(end + 4 + length)
      answer(status, body)
    }
  })
}

/** @throws Error at the first unexpected status. */
export async function drive(load: Load): Promise<LoadResult> {
  const { port, connections, seconds = 600, requests = Infinity, request, expect } = load
  const start = performance.now()
  const end = start + seconds * 1_000
  const latencies: number[] = []
  let sent = 0
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      let at = 0
      const next = (): void => {
        if (sent >= requests || performance.now() > end) {
          socket.end()
          resolve()
          return
        }
        at = performance.now()
        socket.write(request(sent++))
      }
      socket.on('connect', next)
      socket.on('error', reject)
      onAnswers(socket, (status, body) => {
        if (status !== expect) {
          socket.destroy()
          reject(new Error(`answered ${status}: ${body}`))
          return
        }
        latencies.push(performance.now() - at)
        next()
      })
    })
  await Promise.all(Array.from({ length: connections }, one))
  const elapsed = (performance.now() - start) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] ?? 0
  return { requests: latencies.length, seconds: elapsed, p50: at(0.5), p99: at(0.99) }
}

export interface SteadyLoad extends Omit<Load, 'requests'> {
  readonly seconds: number
  /** Requests sent each second, whether or not answers came. */
  readonly rate: number
}

/**
 * Sends at a steady rate, as the world does: a slow answer does not slow the next request. Latency
 * counts from when a request was due, so time spent waiting for a free connection is not left out.
 */
export async function steady(load: SteadyLoad): Promise<LoadResult> {
  const { port, connections, seconds, rate, request, expect } = load
  const latencies: number[] = []
  const waiting: { n: number; due: number }[] = []
  const idle: ((job: { n: number; due: number }) => void)[] = []
  const sockets: Socket[] = []
  let fault: Error | undefined
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', resolve)
      sockets.push(socket)
      socket.setNoDelay(true)
      socket.on('error', reject)
      let due = 0
      const send = (job: { n: number; due: number }): void => {
        due = job.due
        socket.write(request(job.n))
      }
      onAnswers(socket, (status, body) => {
        if (status !== expect) fault = new Error(`answered ${status}: ${body}`)
        latencies.push(performance.now() - due)
        const next = waiting.shift()
        if (next === undefined) idle.push(send)
        else send(next)
      })
      idle.push(send)
    })
  await Promise.all(Array.from({ length: connections }, open))
  const start = performance.now()
  const total = Math.round(rate * seconds)
  for (let n = 0; n < total;) {
    const upTo = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate))
    for (; n < upTo; n++) {
      const job = { n, due: start + (n / rate) * 1_000 }
      const send = idle.pop()
      if (send === undefined) waiting.push(job)
      else send(job)
    }
    if (fault !== undefined) throw fault
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  while (latencies.length < total) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const socket of sockets) socket.end()
  const elapsed = (performance.now() - start) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] ?? 0
  return { requests: total, seconds: elapsed, p50: at(0.5), p99: at(0.99) }
}
