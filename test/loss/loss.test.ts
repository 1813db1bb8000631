/**
 * Nothing acknowledged is ever lost: events stream in while, at random moments, the server, the
 * postmaster, or all of it is killed. Afterwards every acknowledged event is stored exactly once
 * and the states equal those rebuilt from the log.
 */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { encodeState, foldEntries } from '../../src/features/index.ts'
import { seededRandom } from '../../src/math/index.ts'
import { loadStates, readPerson, type Database } from '../../src/store/index.ts'
import { makeKey } from '../support/keys.ts'
import {
  freePort,
  openBeside,
  postmasterPid,
  productFolder,
  serve,
  stop,
  type Served,
} from '../support/served.ts'

const KILLS = 10
const STREAMS = 8
const SEED = 20_260_301

interface Sender {
  running: boolean
  readonly acknowledged: Set<string>
}

/** Sends one event after the other, each again under the same event_id until acknowledged. */
async function stream(sender: Sender, index: number, url: string, key: string): Promise<void> {
  for (let n = 0; sender.running; n++) {
    const size = n % 10 === 0 ? 50 : 1
    const events = Array.from({ length: size }, (_, i) => ({
      event_id: `s${index}-${n}-${i}`,
      lead_id: `lead-${(index * 7 + n * 3 + i) % 40}`,
      type: ['page_visit', 'property_view', 'search_executed'][(n + i) % 3],
      timestamp: new Date(Date.now() - ((n * 37 + i * 11) % 5_000) * 1_000).toISOString(),
    }))
    const body = JSON.stringify(size === 1 ? events[0] : { events })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    for (let tries = 0; tries < 2_000; tries++) {
      const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers, body }).catch(
        () => undefined,
      )
      const text = await answer?.text().catch(() => undefined)
      if (answer?.status === 202 && text !== undefined) {
        for (const { event_id } of events) sender.acknowledged.add(event_id)
        break
      }
      if (!sender.running) return
      if (answer !== undefined && answer.status < 500 && answer.status !== 429)
        throw new Error(`${answer.status}: ${text}`)
      await sleep(20)
    }
  }
}

async function killSomething(served: Served, dataDir: string, choice: number): Promise<boolean> {
  const { exitCode } = served.child
  if (exitCode !== null) throw new Error(`serve ended by itself (${exitCode}):\n${served.output()}`)
  if (choice !== 1) process.kill(-served.child.pid!, 'SIGKILL')
  if (choice !== 0) process.kill(postmasterPid(dataDir), 'SIGKILL')
  if (choice === 1) return false
  while (served.child.exitCode === null && served.child.signalCode === null) await sleep(5)
  return true
}

async function expectRebuilt(database: Database): Promise<number> {
  const answer = await database.owner.query<{ workspace_id: number; person_id: string }>(
    'select workspace_id, person_id from lead_states',
  )
  const keys = answer.rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
  }))
  for (const stored of await loadStates(database.app, keys)) {
    const { workspaceId, personId } = stored
    const entries = await readPerson(database.app, workspaceId, personId, Number.MAX_SAFE_INTEGER)
    expect(entries.at(-1)?.position).toBe(stored.position)
    expect(Buffer.from(stored.state).equals(encodeState(foldEntries(entries)))).toBe(true)
  }
  return keys.length
}

/** Waits until the running server has folded all that it appended. */
async function folded(url: string): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    const text = await (await fetch(`${url}/metrics`)).text()
    const read = (name: string): number =>
      Number(new RegExp(`^enterprisehub_${name}_position (\\d+)`, 'm').exec(text)?.[1])
    if (read('folded') >= read('appended') && read('appended') > 0) return
    await sleep(50)
  }
  throw new Error('the backlog was not folded within 10 s')
}

test('ten kills at random moments lose nothing and store nothing twice', async () => {
  const random = seededRandom(SEED)
  const dataDir = productFolder('loss')
  const port = await freePort()
  let served = await serve(dataDir, port)
  let database: Database | undefined
  try {
    const setup = await openBeside(dataDir)
    const key = await makeKey(setup, 'main', ['events:write'])
    await setup.close()
    const sender: Sender = { running: true, acknowledged: new Set() }
    const streams = Promise.all(
      Array.from({ length: STREAMS }, (_, i) => stream(sender, i, served.url, key)),
    )
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(300 + random.int(700))
      const gone = await killSomething(served, dataDir, kill % 3)
      await sleep(random.int(200))
      if (gone) served = await serve(dataDir, port)
    }
    await sleep(1_000)
    sender.running = false
    await streams
    await folded(served.url)
    await stop(served)
    database = await openBeside(dataDir)
    const stored = await database.owner.query<{ id: string; n: number }>(
      `select body->>'event_id' as id, count(*)::int as n from event_log group by 1`,
    )
    const counts = new Map(stored.rows.map((row) => [row.id, row.n]))
    const lost = [...sender.acknowledged].filter((id) => !counts.has(id))
    const doubled = stored.rows.filter((row) => row.n !== 1)
    expect(sender.acknowledged.size).toBeGreaterThan(500)
    expect(lost).toEqual([])
    expect(doubled).toEqual([])
    expect(await expectRebuilt(database)).toBe(40)
  } finally {
    await stop(served)
    await database?.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 240_000)
