/** Takes in what was delivered, in the background: at once when told, and what was left behind. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../core/index.ts'
import { createTrouble, type Logger } from '../../../platform/index.ts'
import {
  countAttempt,
  dueWorkspaces,
  forgetOldBodies,
  holdDue,
  settleDeliveries,
  type Database,
  type Delivery,
  type DeliveryEnd,
} from '../../../store/index.ts'
import type { OpenSink } from '../sink.ts'
import { applyDeliveries } from './apply.ts'

export interface IntakeOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly log: Logger
  readonly clock: Clock
  readonly openSink: OpenSink
  /** Something was appended to the log. */
  readonly onAppended: () => void
}

export interface Intake {
  /** Something was delivered: look now. */
  readonly hint: () => void
  /** Resolves once the batch under way is done. */
  readonly close: () => Promise<void>
}

const BATCH = 200
/** What another process stored, or left behind. */
const LOOK_MS = 2_000
/** Longest wait between two tries while the database is away. */
const AWAY_MS = 30_000
const FORGET_MS = 3_600_000
const ATTEMPTS = 5

/** One batch of a workspace; answers how many it held. */
async function takeBatch(options: IntakeOptions, workspaceId: number): Promise<number> {
  const { database, log, openSink, onAppended } = options
  const onFailed = async (delivery: Delivery, error: unknown): Promise<DeliveryEnd | undefined> => {
    const { deliveryId, type } = delivery
    // When the database is away this fails too, and all of it is tried again.
    const attempts = await database.withWorkspace(workspaceId, (c) => countAttempt(c, deliveryId))
    log.error({ err: error, deliveryId, type, attempts }, 'webhook: not taken in')
    return attempts < ATTEMPTS
      ? undefined
      : { state: 'quarantined', detail: 'could not be taken in: see the log of the server' }
  }
  return database.withWorkspace(workspaceId, async (client) => {
    const due = await holdDue(client, BATCH)
    if (due.length === 0) return 0
    const ends = await applyDeliveries({ database, workspaceId, openSink }, due, onFailed)
    await settleDeliveries(client, ends)
    onAppended()
    return ends.size
  })
}

export function startIntake(options: IntakeOptions): Intake {
  const { database, log, clock } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let wake = new AbortController()
  let forgotAt = -Infinity

  async function round(): Promise<void> {
    for (const workspaceId of await dueWorkspaces(database.app))
      while (!signal.aborted && (await takeBatch(options, workspaceId)) === BATCH) continue
    if (clock.monotonic() - forgotAt < FORGET_MS) return
    await forgetOldBodies(database.app)
    forgotAt = clock.monotonic()
  }
  const trouble = createTrouble(log, {
    begins: 'webhooks could not be taken in; it is tried again',
    ends: 'webhooks are taken in again',
    firstMs: LOOK_MS,
    longestMs: AWAY_MS,
  })
  async function run(): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = LOOK_MS
      const woken = wake.signal
      await round().then(trouble.passed, (error: unknown) => {
        if (!signal.aborted) pauseMs = trouble.failed(error)
      })
      const until = AbortSignal.any([signal, woken])
      await sleep(pauseMs, undefined, { signal: until }).catch(() => undefined)
      if (woken.aborted) wake = new AbortController()
    }
  }
  const running = run()
  return {
    hint: () => wake.abort(),
    close: async () => {
      stopping.abort()
      await running
    },
  }
}
