/** One call of an enrichment hook: signed, bounded in time and size, never redirected. */
import { createHmac } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { publicLookup, refusalOfUrl } from './address.ts'

const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 65_536

export interface HookRequest {
  readonly url: string
  readonly secret: Uint8Array
  /** JSON. */
  readonly body: string
  /** Names the call; the same for its repetitions. */
  readonly callId: string
  /** Seconds since the epoch. */
  readonly sentAt: number
  readonly allowPrivate: boolean
  readonly timeoutMs?: number
}

export type HookAnswer =
  /** Undefined: nothing to say (204, or an empty body). */
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'problem'; readonly problem: string; readonly isPassing: boolean }

const problem = (text: string, isPassing: boolean): HookAnswer => ({
  kind: 'problem',
  problem: text,
  isPassing,
})

/** `t=<seconds>,v1=<HMAC-SHA256 of "seconds.body", hexadecimal>`. */
export function signatureOf(secret: Uint8Array, sentAt: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${sentAt}.${body}`).digest('hex')
  return `t=${sentAt},v1=${mac}`
}

function answerOf(status: number, text: string): HookAnswer {
  if (status === 408 || status === 429 || status >= 500) return problem(`answered ${status}`, true)
  if (status < 200 || status > 299) return problem(`answered ${status}`, false)
  if (text.trim() === '') return { kind: 'answer', body: undefined }
  try {
    return { kind: 'answer', body: JSON.parse(text) as unknown }
  } catch {
    return problem('answered something that is not JSON', false)
  }
}

/** Never throws: what goes wrong is said. */
export function callHook(call: HookRequest): Promise<HookAnswer> {
  const { url, secret, body, callId, sentAt, allowPrivate, timeoutMs = TIMEOUT_MS } = call
  const refusal = refusalOfUrl(url, allowPrivate)
  if (refusal !== null) return Promise.resolve(problem(`the address ${refusal}`, false))
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve) => {
    const request = send(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(allowPrivate ? {} : { lookup: publicLookup }),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-enterprisehub-call': callId,
        'x-enterprisehub-signature': signatureOf(secret, sentAt, body),
      },
    })
    const fail = (error: Error): void => {
      const isLate = error.name === 'AbortError' || error.name === 'TimeoutError'
      const said = isLate ? `no answer within ${timeoutMs / 1_000} s` : error.message
      resolve(problem(said || 'no connection', true))
    }
    request.on('error', fail)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', fail)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) {
          resolve(problem(`answered more than ${ANSWER_BYTES_MAX} bytes`, false))
          request.destroy()
        } else chunks.push(chunk)
      })
      response.on('end', () =>
        resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))),
      )
    })
    request.end(body)
  })
}
