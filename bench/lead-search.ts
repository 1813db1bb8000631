/**
 * Finding leads: the whole product over HTTP with 100,000 leads of one workspace, searched by parts
 * of name, e-mail address, phone number and id. Writes docs/CLAIMS.md.
 *
 *     node bench/lead-search.ts [--leads 100000] [--searches 400]
 */
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { seededRandom } from '../src/math/index.ts'
import { freePort, openBeside, productFolder, serve, stop } from '../test/support/served.ts'
import { writeClaims } from './claims.ts'

const { values } = parseArgs({
  options: {
    leads: { type: 'string', default: '100000' },
    searches: { type: 'string', default: '400' },
  },
})
const LEADS = Number(values.leads)
const SEARCHES = Number(values.searches)
const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }
const FIRST = ['Ada', 'Zoe', 'Liam', 'Noah', 'Emma', 'Olivia', 'Mia', 'Lucas', 'Ben', 'Ivy']
const LAST = ['Stone', 'Rivers', 'Okafor', 'Nguyen', 'Garcia', 'Smith', 'Kowalski', 'Lindqvist']

const dataDir = productFolder('search')
const port = await freePort()
const served = await serve(dataDir, port, {
  EH_ADMIN_EMAIL: ADMIN.email,
  EH_ADMIN_PASSWORD: ADMIN.password,
})

/** Leads with made-up names, each with a number of its own in every one of them. */
async function fill(): Promise<void> {
  const database = await openBeside(dataDir)
  try {
    await database.owner.query(
      `insert into persons (workspace_id, person_id, lead_id, attributes)
       select (select workspace_id from workspaces where slug = 'main'), nextval('person_id_seq'),
         'lead-' || n, jsonb_build_object(
           'name', ($2::text[])[1 + n % $3] || ' ' || ($4::text[])[1 + n % $5] || to_hex(n),
           'email', lower(($2::text[])[1 + n % $3]) || '.' || n || '@mail' || n % 20 || '.example',
           'phone', '(' || 201 + n % 700 || ') 555-' || lpad((n % 10000)::text, 4, '0'))
       from generate_series(1, $1) n`,
      [LEADS, FIRST, FIRST.length, LAST, LAST.length],
    )
    await database.owner.query('analyze persons')
  } finally {
    await database.close()
  }
}

const random = seededRandom(7)
const pick = (): number => 1 + Math.floor(random.next() * LEADS)
const KINDS: Record<string, () => string> = {
  'a whole name': () => {
    const n = pick()
    return `${FIRST[n % FIRST.length]!} ${LAST[n % LAST.length]!}${n.toString(16)}`
  },
  'a family name that many share': () => LAST[pick() % LAST.length]!,
  'part of an e-mail address': () => `.${pick()}@mail`,
  'a phone number': () => {
    const n = pick()
    return `${201 + (n % 700)}-555-${String(n % 10_000).padStart(4, '0')}`
  },
  'a lead id': () => `lead-${pick()}`,
  'two letters': () => FIRST[pick() % FIRST.length]!.slice(0, 2),
  'what nobody is called': () => `zq${pick().toString(36)}xq`,
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!

try {
  await fill()
  const login = await fetch(`${served.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  })
  const { access_token } = (await login.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  const search = async (q: string, sort: string): Promise<number> => {
    const start = performance.now()
    const query = new URLSearchParams({ q, sort, limit: '50' }).toString()
    const response = await fetch(`${served.url}/v1/leads?${query}`, { headers })
    const { items } = (await response.json()) as { items: unknown[] }
    const took = performance.now() - start
    if (response.status !== 200 || (!q.startsWith('zq') && items.length === 0))
      throw new Error(`a search for "${q}" answered ${response.status} with ${items.length} leads`)
    return took
  }
  const rows: string[] = []
  for (const [kind, make] of Object.entries(KINDS)) {
    const times: number[] = []
    for (let i = 0; i < SEARCHES; i++)
      times.push(await search(make(), i % 2 === 0 ? 'newest' : 'score'))
    times.sort((a, b) => a - b)
    const show = (q: number): string => `${quantile(times, q).toFixed(1)} ms`
    rows.push(`| ${kind} | ${show(0.5)} | ${show(0.95)} | 100 ms |`)
    process.stdout.write(`${rows.at(-1)}\n`)
  }
  const table = [
    `## Finding a lead among ${LEADS}`,
    '',
    `Over HTTP, one search after the other, ${SEARCHES} of each kind, 50 leads a page.`,
    '',
    '| Searched | Median | 95th percentile | Target |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
  writeClaims('lead-search', table, {
    data: `${LEADS} made-up leads in one workspace, none with a score`,
    command: ['node bench/lead-search.ts', ...process.argv.slice(2)].join(' '),
  })
} finally {
  await stop(served)
  rmSync(dataDir, { recursive: true, force: true })
}
