/** One request to the server, and what its answer means for the items it carried. */
import type { Problem } from '../core/index.ts'

/** What became of one request. Indexes count the items sent. */
export type Verdict =
  | { readonly kind: 'taken'; readonly rejected: ReadonlyMap<number, Problem> }
  /** Trying again cannot help: the server refused the request as a whole. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** Trying again may help. `retryAfterMs` is what the server asked for, else 0. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number }

export interface Transport {
  readonly url: string
  readonly apiKey: string
  readonly fetch: typeof fetch
  readonly requestTimeoutMs: number
}

export interface Shipment {
  readonly path: string
  /** JSON text. */
  readonly body: string
  readonly count: number
  /** The request outlives the page (browsers; at most 64 KiB under way). */
  readonly keepalive: boolean
}

const failed = (reason: string, retryAfterMs = 0): Verdict => ({
  kind: 'failed',
  reason,
  retryAfterMs,
})

/** Milliseconds from a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return ms > 0 ? ms : 0
}

function problemOf(status: number, text: string): Problem {
  const unknown = { type: 'about:blank', title: `HTTP ${status}`, status }
  const remedy = 'Check that url is the address of an EnterpriseHub server.'
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.type === 'string' && typeof problem.detail === 'string') return problem
  } catch {
    // Not from us: a proxy's page, most likely.
  }
  return { ...unknown, detail: text.slice(0, 200), remedy }
}

interface TakenAnswer {
  readonly accepted?: number
  readonly duplicates?: number
  readonly rejected?: readonly { readonly index: number; readonly problem: Problem }[]
}

/** An acknowledgement counts only when it accounts for every event that was sent. */
function takenOf(text: string, count: number): Verdict {
  let answer: TakenAnswer
  try {
    answer = (JSON.parse(text) ?? {}) as TakenAnswer
  } catch {
    return failed('the answer is not JSON: is url the address of an EnterpriseHub server?')
  }
  const { accepted = NaN, duplicates = NaN, rejected = [] } = answer
  if (!(rejected instanceof Array) || accepted + duplicates + rejected.length !== count)
    return failed('the answer does not account for every event sent')
  return { kind: 'taken', rejected: new Map(rejected.map((r) => [r.index, r.problem])) }
}

const RETRIED_4XX = new Set([408, 429])

/** Sends one request. Never throws. */
export async function ship(transport: Transport, shipment: Shipment): Promise<Verdict> {
  const { path, body, count, keepalive } = shipment
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), transport.requestTimeoutMs)
  try {
    const response = await transport.fetch(transport.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${transport.apiKey}`,
        'content-type': 'application/json',
      },
      body,
      keepalive,
      // A redirected POST would become a GET and lose its events.
      redirect: 'manual',
      signal: abort.signal,
    })
    const { status } = response
    const text = await response.text()
    if (status === 202) return takenOf(text, count)
    if (status === 200 || status === 201) return oneTaken(text)
    if (status >= 500 || RETRIED_4XX.has(status)) {
      const wait = retryAfterMs(response.headers.get('retry-after'), Date.now())
      return failed(`HTTP ${status}: ${problemOf(status, text).detail}`, wait)
    }
    return { kind: 'refused', problem: problemOf(status, text) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failed(abort.signal.aborted ? `no answer in ${transport.requestTimeoutMs} ms` : reason)
  } finally {
    clearTimeout(timer)
  }
}

/** The answer of /v1/identify and /v1/outcomes, which carry one item. */
function oneTaken(text: string): Verdict {
  try {
    const answer = JSON.parse(text) as { success?: boolean; outcome_recorded?: boolean } | null
    if (answer?.success === true || answer?.outcome_recorded === true)
      return { kind: 'taken', rejected: new Map() }
  } catch {
    // Falls through: a page of some other server.
  }
  return failed('the answer is not that of an EnterpriseHub server: check url')
}
