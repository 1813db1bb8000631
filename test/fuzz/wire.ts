/**
 * HTTP/1.1 by hand: bytes out, answers in. No client library sends what a broken or hostile caller
 * sends.
 */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** How a conversation ended. */
export interface Heard {
  readonly answers: readonly Answer[]
  /** The server closed the connection, or it broke. */
  readonly closed: boolean
  /** Nothing complete came in time. */
  readonly late: boolean
}

const HEAD_END = '\r\n\r\n'
const PATIENCE_MS = 15_000

interface Sized {
  readonly body: string
  readonly next: number
}

function chunkedBody(text: string, from: number): Sized | undefined {
  let body = ''
  for (let at = from; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (text.length < end + 2) return undefined
    if (size === 0) return { body, next: end + 2 }
    body += text.slice(lineEnd + 2, end)
    at = end + 2
  }
}

/** The first whole answer of `text` (latin1), or undefined when more must come. */
function parseAnswer(
  text: string,
  method: string,
  closed: boolean,
): { answer: Answer; next: number } | undefined {
  const headEnd = text.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const status = Number(first.slice(9, 12))
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const from = headEnd + HEAD_END.length
  const done = (body: string, next: number) => ({ answer: { status, headers, body }, next })
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return done('', from)
  if (headers.get('transfer-encoding') === 'chunked') {
    const sized = chunkedBody(text, from)
    return sized && done(sized.body, sized.next)
  }
  const length = headers.get('content-length')
  if (length === undefined) return closed ? done(text.slice(from), text.length) : undefined
  const next = from + Number(length)
  return text.length < next ? undefined : done(text.slice(from, next), next)
}

/** One connection; conversations follow each other on it while the server keeps it open. */
export class Line {
  readonly #port: number
  #socket: Socket | undefined
  #text = ''
  #closed = true
  #wake: () => void = () => undefined

  constructor(port: number) {
    this.#port = port
  }

  #open(): Socket {
    const socket = connect(this.#port, '127.0.0.1').setEncoding('latin1').setNoDelay(true)
    this.#socket = socket
    this.#text = ''
    this.#closed = false
    socket.on('data', (chunk: string) => {
      if (this.#socket !== socket) return
      this.#text += chunk
      this.#wake()
    })
    const ended = (): void => {
      if (this.#socket !== socket) return
      this.#closed = true
      this.#wake()
    }
    socket.on('end', ended).on('close', ended)
    // What broke is seen as a closed connection.
    socket.on('error', ended)
    return socket
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Sends the parts with pauses between and hears one answer for each of `methods`. */
  async converse(
    parts: readonly Buffer[],
    methods: readonly string[],
    options: { pauseMs?: number; hangUp?: boolean } = {},
  ): Promise<Heard> {
    const isReused = !this.#closed && this.#socket !== undefined
    const heard = await this.#once(parts, methods, options)
    // The server may have closed a line at rest just then (RFC 9112, 9.3.1): once more on a new one.
    const isUnheard = heard.closed && heard.answers.length === 0 && options.hangUp !== true
    return isReused && isUnheard ? this.#once(parts, methods, options) : heard
  }

  async #once(
    parts: readonly Buffer[],
    methods: readonly string[],
    { pauseMs = 0, hangUp = false }: { pauseMs?: number; hangUp?: boolean },
  ): Promise<Heard> {
    const socket = this.#closed || this.#socket === undefined ? this.#open() : this.#socket
    for (const [index, part] of parts.entries()) {
      if (index > 0 && pauseMs > 0) await this.#change(pauseMs)
      if (!this.#closed) socket.write(part)
    }
    if (hangUp) {
      await this.#change(2)
      this.close()
      return { answers: [], closed: true, late: false }
    }
    const answers: Answer[] = []
    let left = PATIENCE_MS
    while (answers.length < methods.length) {
      const found = parseAnswer(this.#text, methods[answers.length]!, this.#closed)
      if (found !== undefined) {
        this.#text = this.#text.slice(found.next)
        // 100 Continue is no answer yet.
        if (found.answer.status !== 100) answers.push(found.answer)
        continue
      }
      if (this.#closed) break
      if (left <= 0) {
        this.close()
        return { answers, closed: false, late: true }
      }
      await this.#change(1_000)
      left -= 1_000
    }
    const last = answers.at(-1)
    if (last?.status === 101 || last?.headers.get('connection') === 'close') this.close()
    return { answers, closed: this.#closed, late: false }
  }

  close(): void {
    this.#closed = true
    this.#socket?.destroy()
    this.#socket = undefined
    this.#wake()
  }
}
