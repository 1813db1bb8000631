/** Tells every process that somebody was erased, so that none keeps their names in memory. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../platform/index.ts'
import type { Endpoint, Queryable } from './connection.ts'

const CHANNEL = 'enterprisehub_erased'
/** A connection that was cut without a word is noticed within twice this time. */
const PROBE_MS = 5_000
const RETRY_MS = 1_000

/** Sent when the surrounding transaction commits; says nothing about whom it concerns. */
export async function announceErasure(client: Queryable): Promise<void> {
  await client.query(`notify ${CHANNEL}`)
}

export interface ErasureWatch {
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
 * Calls `onErased` after each erasure by any process of this database, within moments; and whenever
 * one may have been missed, because the connection was lost. Keeps one session of the database.
 */
export async function watchErasures(
  endpoint: Endpoint,
  log: Logger,
  onErased: () => void,
): Promise<ErasureWatch> {
  const stopping = new AbortController()
  const { signal } = stopping
  const listen = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...endpoint,
      application_name: 'enterprisehub erasures',
      connectionTimeoutMillis: PROBE_MS,
    })
    client.on('error', () => undefined)
    client.on('notification', onErased)
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    onErased()
    return client
  }
  const follow = async (first: pg.Client): Promise<void> => {
    let client: pg.Client | undefined = first
    while (!signal.aborted) {
      if (client !== undefined) {
        await untilLost(client, signal)
        onErased()
        // Not awaited: a connection that was cut never says goodbye.
        void client.end().catch(() => undefined)
        client = undefined
        continue
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      client = await listen().catch((error: unknown) => {
        log.debug({ err: error }, 'not told of erasures; trying again')
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
