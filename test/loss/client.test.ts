/**
 * The published client against a product that is killed and started again: every event it was
 * given is stored exactly once.
 */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EnterpriseHub, type ClientError, type Receipt } from '../../src/client/index.ts'
import { makeKey } from '../support/keys.ts'
import {
  freePort,
  openBeside,
  postmasterPid,
  productFolder,
  serve,
  stop,
} from '../support/served.ts'

test('batches arrive exactly once though server and database are killed between', async () => {
  const dataDir = productFolder('client')
  const port = await freePort()
  let served = await serve(dataDir, port)
  try {
    const setup = await openBeside(dataDir)
    const apiKey = await makeKey(setup, 'main', ['events:write'])
    await setup.close()
    const errors: ClientError[] = []
    const hub = new EnterpriseHub({
      url: served.url,
      apiKey,
      batchSize: 20,
      intervalMs: 20,
      backoffMs: 50,
      backoffMaxMs: 400,
      onError: (error) => errors.push(error),
    })
    const receipts: Promise<Receipt>[] = [
      hub.identify({ anonymousId: 'visitor', leadId: 'lead-0' }),
      hub.recordOutcome({ leadId: 'lead-0', outcomeType: 'churn' }),
    ]
    for (let n = 0; n < 600; n++) {
      const leadId = `lead-${n % 7}`
      receipts.push(
        n % 2 === 0 ? hub.pageVisit({ leadId }) : hub.propertyView({ leadId, propertyId: 'p' }),
      )
      await sleep(2)
      if (n === 150) process.kill(postmasterPid(dataDir), 'SIGKILL')
      if (n === 300) {
        process.kill(-served.child.pid!, 'SIGKILL')
        while (served.child.signalCode === null) await sleep(5)
      }
      if (n === 450) served = await serve(dataDir, port)
    }
    const settled = await Promise.all(receipts)
    await hub.close()
    expect(settled.filter(({ status }) => status !== 'stored')).toEqual([])
    expect(errors.filter(({ kind }) => kind !== 'retrying')).toEqual([])
    expect(hub.statistics()).toMatchObject({ stored: 602, rejected: 0 })
    expect(hub.statistics().retries).toBeGreaterThan(0)
    const database = await openBeside(dataDir)
    const { rows } = await database.owner.query<{ id: string; n: number }>(
      `select body->>'event_id' as id, count(*)::int as n from event_log
       where body->>'event_id' is not null group by 1`,
    )
    await database.close()
    // The identify is a link, not an event.
    const expected = settled.slice(1).map(({ eventId }) => eventId)
    expect(rows.filter(({ n }) => n !== 1)).toEqual([])
    expect(rows.map(({ id }) => id).sort()).toEqual(expected.sort())
  } finally {
    await stop(served)
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 120_000)
