/**
 * Rebuilding every state from the log: the whole product finds 2,000,000 events that nobody folded
 * and folds, scores and writes until it is through. Writes docs/CLAIMS.md.
 *
 *     node bench/rebuild.ts [--events 2000000] [--leads 20000]
 */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EVENT_TYPES } from '../src/core/index.ts'
import type { Database } from '../src/store/index.ts'
import { makeWorkspace } from '../test/support/workspaces.ts'
import { freePort, openBeside, productFolder, serve, stop } from '../test/support/served.ts'
import { writeClaims } from './claims.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    leads: { type: 'string', default: '20000' },
  },
})
const EVENTS = Number(values.events)
const LEADS = Number(values.leads)
const TYPES = ['page_visit', 'property_view', 'search_executed', 'photos_viewed'] as const

const dataDir = productFolder('rebuild')
const port = await freePort()

async function foldedPosition(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/^enterprisehub_folded_position (\d+)/m.exec(text)?.[1] ?? NaN)
}

/** Events of all leads in turn, a minute apart, as the log holds them. */
async function fill({ owner }: Database, workspaceId: number): Promise<number> {
  await owner.query(
    `insert into persons (workspace_id, person_id, lead_id)
     select $1, nextval('person_id_seq'), 'lead-' || n from generate_series(1, $2) n`,
    [workspaceId, LEADS],
  )
  await owner.query(
    `insert into event_log
       (workspace_id, position, xid, person_id, type, event_time, received_at, body)
     select $1, nextval('event_position_seq'), pg_current_xact_id(), p.first + hashint4(n) % $3,
       ($4::smallint[])[1 + abs(hashint4(n + 7)) % 4], now() - ($2 - n) * interval '1 second', now(),
       jsonb_build_object('property_id', 'home-' || abs(hashint4(n + 1)) % 5000,
         'duration_seconds', abs(hashint4(n + 2)) % 300,
         'context', jsonb_build_object('session_id', 's-' || n / 8, 'device_type', 'mobile'))
     from generate_series(1, $2) n,
       (select min(person_id) + $3 as first from persons where workspace_id = $1) p`,
    [workspaceId, EVENTS, LEADS / 2, TYPES.map((type) => EVENT_TYPES[type].code)],
  )
  const { rows } = await owner.query<{ last: string }>(
    'select max(position) as last from event_log where workspace_id = $1',
    [workspaceId],
  )
  return Number(rows[0]!.last)
}

/** The last position of a log that nobody folded, as after a change of what a feature means. */
async function prepare(): Promise<number> {
  const database = await openBeside(dataDir)
  try {
    return await fill(database, await makeWorkspace(database, 'main'))
  } finally {
    await database.close()
  }
}

const last = await prepare()
const start = performance.now()
const served = await serve(dataDir, port)
try {
  while (!((await foldedPosition()) >= last)) await sleep(100)
  const seconds = (performance.now() - start) / 1_000
  const table = [
    '## Rebuilding all states',
    '',
    '| What | Measured | Target |',
    '|---|---|---|',
    `| ${EVENTS} events folded anew, start of the product included | ` +
      `${seconds.toFixed(1)} s | 120 s |`,
    `| events/s, one folding thread | ${Math.round(EVENTS / seconds)} | |`,
  ].join('\n')
  process.stdout.write(`${table}\n`)
  writeClaims('rebuild', table, {
    data: `${EVENTS} made-up events of ${LEADS} leads, in turn`,
    command: ['node bench/rebuild.ts', ...process.argv.slice(2)].join(' '),
  })
} finally {
  await stop(served)
  rmSync(dataDir, { recursive: true, force: true })
}
