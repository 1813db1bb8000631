/**
 * Tells every process what none may keep in memory any longer: the names of somebody who was
 * erased, and who may do what, after somebody's access changed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../platform/index.ts'
import type { Endpoint, Queryable } from './connection.ts'

const CHANNEL = { erased: 'enterprisehub_erased', access: 'enterprisehub_access' } as const
export type Notice = keyof typeof CHANNEL
/** What is done when a notice comes, or may have been missed. */
export type Listeners = Readonly<Record<Notice, () => void>>

/** A connection that was cut without a word is noticed within twice this time. */
const PROBE_MS = 5_000
const RETRY_MS = 1_000

/** Sent when the surrounding transaction commits; says nothing about whom it concerns. */
export async function announce(client: Queryable, notice: Notice): Promise<void> {
  await client.query(`notify ${CHANNEL[notice]}`)
}

export interface NoticeWatch {
  readonly close: () => Promise<void>
}

/** Resolves when the connection ended or says nothing any more. */
async function untilLost(client: pg.Client, signal: AbortSignal): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    client.once('end', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  for (let alive = true; alive && !signal.aborted;) {
    const pause = sleep(PROBE_MS, true, { signal }).catch(() => false)
    alive = await Promise.race([lost.then(() => false), pause])
    if (!alive) return
    const answer = client.query('select 1').then(
      () => true,
      () => false,
    )
    alive = await Promise.race([answer, sleep(PROBE_MS, false, { signal }).catch(() => false)])
  }
}

/**
 * Calls a listener after each notice of any process of this database, within moments; and all of
 * them whenever one may have been missed, because the connection was lost. Keeps one session of the
 * database.
 */
export async function watchNotices(
  endpoint: Endpoint,
  log: Logger,
  listeners: Listeners,
): Promise<NoticeWatch> {
  const stopping = new AbortController()
  const { signal } = stopping
  const tellAll = (): void => {
    listeners.erased()
    listeners.access()
  }
  const listen = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...endpoint,
      application_name: 'enterprisehub notices',
      connectionTimeoutMillis: PROBE_MS,
    })
    client.on('error', () => undefined)
    client.on('notification', ({ channel }) => {
      if (channel === CHANNEL.erased) listeners.erased()
      else listeners.access()
    })
    await client.connect()
    for (const channel of Object.values(CHANNEL)) await client.query(`listen ${channel}`)
    tellAll()
    return client
  }
  const follow = async (first: pg.Client): Promise<void> => {
    let client: pg.Client | undefined = first
    while (!signal.aborted) {
      if (client !== undefined) {
        await untilLost(client, signal)
        tellAll()
        // Not awaited: a connection that was cut never says goodbye.
        void client.end().catch(() => undefined)
        client = undefined
        continue
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      client = await listen().catch((error: unknown) => {
        log.debug({ err: error }, 'not told of notices; trying again')
        return undefined
      })
    }
  }
  const following = follow(await listen())
  return {
    close: async () => {
      stopping.abort()
      await following
    },
  }
}
