/**
 * Group commit: requests that wait at the same moment share one transaction, and so one flush to
 * disk. While a flight is under way the next one fills, so batches grow with load by themselves
 * and a lone request waits for nobody.
 *
 * Under load two flights overlap: one is prepared by this process while the other is in PostgreSQL.
 * Few rows wait for the flight under way instead, and if it was a quick one, a moment longer: two
 * half-empty flights cost twice as much.
 */
import { AppError, type Clock } from '../core/index.ts'
import type { AppendResult, LogRow } from '../store/index.ts'

export interface GroupCommitOptions {
  /** Appends rows in one durable transaction. */
  readonly append: (rows: readonly LogRow[]) => Promise<AppendResult[]>
  /** Called with the number of rows after each commit: a hint for readers of the log. */
  readonly onCommit: (rows: number) => void
  /** Most rows in one transaction (default 2,000). */
  readonly batchMax?: number
  /** Most rows waiting before new ones are turned away with `unavailable` (default 100,000). */
  readonly waitingMax?: number
  /** Transactions under way at the same time (default 2). */
  readonly flightsMax?: number
  /** Rows that must wait for a further flight to set off beside another (default 32). */
  readonly overlapRows?: number
  /** Fewer rows that waited for a flight set off so long after it did, at least (default 5 ms). */
  readonly paceMs?: number
  readonly clock: Pick<Clock, 'monotonic'>
}

export interface GroupCommit {
  /**
   * Resolves when the rows are durable.
   * @throws AppError `unavailable` when too many rows wait or the database cannot be reached.
   */
  submit: (rows: readonly LogRow[]) => Promise<AppendResult[]>
  /** Resolves when nothing waits any more. */
  drain: () => Promise<void>
  readonly waiting: () => number
}

interface Ticket {
  readonly rows: readonly LogRow[]
  readonly resolve: (results: AppendResult[]) => void
  readonly reject: (error: unknown) => void
}

/** How many tickets from the front fit into one transaction; at least one. */
function fitting(queue: readonly Ticket[], batchMax: number): number {
  let rows = 0
  let count = 0
  while (count < queue.length && (count === 0 || rows + queue[count]!.rows.length <= batchMax))
    rows += queue[count++]!.rows.length
  return count
}

function resolveAll(tickets: readonly Ticket[], results: readonly AppendResult[]): void {
  let from = 0
  for (const ticket of tickets) {
    ticket.resolve(results.slice(from, from + ticket.rows.length))
    from += ticket.rows.length
  }
}

/** Until when those who waited for a flight wait on; one at a time, over when one sets off. */
function createPause(over: () => void) {
  let timer: NodeJS.Timeout | undefined
  return {
    isOn: () => timer !== undefined,
    begin(ms: number): void {
      timer ??= setTimeout(() => {
        timer = undefined
        over()
      }, ms)
    },
    end(): void {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/** Calls of one turn of the event loop become one, after the requests that it still parses. */
function onceATurn(work: () => void): () => void {
  let isScheduled = false
  return () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      work()
    })
  }
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { append, onCommit, batchMax = 2_000, waitingMax = 100_000 } = options
  const { flightsMax = 2, overlapRows = 32, paceMs = 5, clock } = options
  const queue: Ticket[] = []
  let waitingRows = 0
  let flights = 0
  /** When those who waited for a flight may set off; who waited for none need not wait for this. */
  let notBefore = -Infinity
  const pause = createPause(() => launch())
  const mayFly = (): boolean =>
    waitingRows >= overlapRows ? flights < flightsMax : flights === 0 && !pause.isOn()
  let idle: (() => void)[] = []

  async function fly(tickets: Ticket[]): Promise<void> {
    const rows = tickets.length === 1 ? tickets[0]!.rows : tickets.flatMap((t) => t.rows)
    waitingRows -= rows.length
    notBefore = clock.monotonic() + paceMs
    pause.end()
    try {
      const results = await append(rows)
      onCommit(rows.length)
      resolveAll(tickets, results)
    } catch (error) {
      for (const ticket of tickets) ticket.reject(error)
    }
    flights--
    const early = notBefore - clock.monotonic()
    if (flights === 0 && queue.length > 0 && early > 0) pause.begin(early)
    launch()
  }

  function launch(): void {
    while (queue.length > 0 && mayFly()) {
      flights++
      const tickets = queue.splice(0, fitting(queue, batchMax))
      void fly(tickets)
    }
    if (flights === 0 && queue.length === 0) {
      for (const wake of idle) wake()
      idle = []
    }
  }

  const schedule = onceATurn(launch)

  return {
    submit(rows) {
      if (rows.length === 0) return Promise.resolve([])
      if (waitingRows + rows.length > waitingMax)
        return Promise.reject(new AppError('unavailable', `${waitingRows} events wait already`))
      waitingRows += rows.length
      return new Promise((resolve, reject) => {
        queue.push({ rows, resolve, reject })
        schedule()
      })
    },
    drain: () =>
      flights === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => idle.push(resolve)),
    waiting: () => waitingRows,
  }
}
