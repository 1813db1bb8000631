/** A location of GoHighLevel, as the stand-in gives it over HTTP, into a real database. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { servedSink } from '../src/cli/import/served.ts'
import { backfill, createGhlClient, loadOperations } from '../src/integrations/index.ts'
import { seedLocation, startFake } from '../src/integrations/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { systemClock } from '../src/platform/index.ts'
import { erasePerson, IDENTITY_KIND, linkIdentities } from '../src/store/index.ts'
import { cli } from './support/cli.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { makeWorkspace } from './support/workspaces.ts'

const UNTIL = Date.parse('2026-06-01T00:00:00Z')
const LOCATION = 'loc1'
vi.setConfig({ testTimeout: 240_000 })
let operations: Awaited<ReturnType<typeof loadOperations>>
beforeAll(async () => {
  operations = await loadOperations(process.env['EH_SHARED'] ?? '../shared')
})

const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function setting(contacts = 45, faults: Parameters<typeof startFake>[0]['faults'] = {}) {
  const location = seedLocation({
    locationId: LOCATION,
    contacts,
    messages: contacts * 8,
    users: 3,
    until: UNTIL,
    random: seededRandom(11),
  })
  const fake = await startFake({
    operations,
    location,
    token: 'pit-test-token',
    port: 0,
    clock: systemClock,
    faults: { burst: null, ...faults },
  })
  const database = await freshDatabase()
  open.push(fake, { close: () => database.drop() })
  const workspaceId = await makeWorkspace(database, 'main')
  const switchFaults = (body: object) =>
    fetch(`${fake.url}/__fake`, { method: 'POST', body: JSON.stringify(body) })
  return { location, fake, database, workspaceId, switchFaults }
}
type Setting = Awaited<ReturnType<typeof setting>>

function run({ fake, database, workspaceId }: Setting, token = 'pit-test-token', history = false) {
  return backfill({
    database,
    workspaceId,
    client: createGhlClient({
      baseUrl: fake.url,
      token,
      rate: 1_000_000,
      timeoutMs: 1_000,
      clock: systemClock,
      random: seededRandom(1),
      // Faults pass sooner than at GoHighLevel.
      sleep: (ms) => sleep(ms / 100),
    }),
    locationId: LOCATION,
    clock: systemClock,
    history,
    sellerPipelines: [],
    openSink: servedSink(database),
    onProgress: () => undefined,
  })
}

/** All that is stored, so that two imports can be compared. */
async function stored(database: TestDatabase) {
  const { rows: entries } = await database.owner.query<{ entry: string }>(
    `select l.type || '|' || p.lead_id || '|' || l.event_time || '|' || l.body::text as entry
     from event_log l join persons p using (workspace_id, person_id) order by 1`,
  )
  const { rows: leads } = await database.owner.query<{ lead_id: string }>(
    'select lead_id, attributes, stage, created_at from persons order by lead_id',
  )
  return { entries: entries.map(({ entry }) => entry), leads }
}

const interactions = ({ location }: Setting) =>
  location.messages.filter(({ messageType }) => !messageType!.startsWith('TYPE_ACTIVITY'))

test('everything of a location arrives with its date, once', async () => {
  const here = await setting()
  const { location, database } = here
  const { counts, resumed } = await run(here)
  expect(resumed).toBe(false)
  expect(counts.refused).toEqual({})
  expect(counts.leads.created).toBe(45)
  const decided = location.opportunities.filter(({ status }) => status !== 'open')
  expect(counts.outcomes.won + counts.outcomes.lost).toBe(decided.length)
  expect(counts.notes).toBe(location.notes.size)
  const { rows } = await database.owner.query<{ type: number; n: number }>(
    'select type, count(*)::int as n from event_log group by type',
  )
  const count = (...types: number[]) =>
    rows.filter(({ type }) => types.includes(type)).reduce((sum, { n }) => sum + n, 0)
  expect(count(25, 28, 30, 31, 32, 33, 34, 35)).toBe(interactions(here).length)
  expect(count(42)).toBe(decided.filter(({ status }) => status === 'won').length)
  expect(count(65)).toBe(decided.filter(({ status }) => status !== 'won').length)
  expect(count(84)).toBe(location.notes.size)
  expect(count(18, 21)).toBe(location.appointments.length)
  const showed = location.appointments.filter((one) => one.appointmentStatus === 'showed')
  expect(count(19, 22)).toBe(showed.length)
  const message = interactions(here)[17]!
  const { rows: times } = await database.owner.query<{ event_time: Date }>(
    `select event_time from event_log where body->>'event_id' = $1`,
    [`ghl-message-${message.id}`],
  )
  expect(times.map(({ event_time }) => event_time.toISOString())).toEqual([message.dateAdded])
  expect(counts.owners_not_members).toEqual(['Agent 1', 'Agent 2', 'Agent 3'])

  const before = await stored(database)
  const again = await run(here)
  expect(again.counts.leads).toMatchObject({ created: 0, changed: 0, unchanged: 45, matched: 0 })
  expect(again.counts.events.new).toBe(0)
  expect(await stored(database)).toEqual(before)
})

test('refusals, failures and silence cost time, not records', async () => {
  const calm = await setting(30)
  await run(calm)
  const rough = await setting(30, { refuse_every: 5, fail_every: 7, hang_every: 47 })
  const { retries } = await run(rough)
  expect(retries).toBeGreaterThan(10)
  expect(await stored(rough.database)).toEqual(await stored(calm.database))
})

test('an expired token is told with what to do, and the next run goes on', async () => {
  const whole = await setting(40)
  const { requests: all } = await run(whole)
  const here = await setting(40)
  await here.switchFaults({ expire_after: all - 30 })
  await expect(run(here)).rejects.toThrow(/does not accept the token.*expired.*Make a new one/)
  await here.switchFaults({ expire_after: null })
  const { resumed, requests } = await run(here)
  expect(resumed).toBe(true)
  expect(await stored(here.database)).toEqual(await stored(whole.database))
  // What was stored was not read again: only settings, and the page that was cut off.
  expect(requests).toBeLessThan(all - 10)
  await expect(run(here, 'pit-wrong')).rejects.toThrow(/Invalid Private Integration token/)
})

test('a killed import goes on where it was', async () => {
  const whole = await setting(30)
  await run(whole)
  const here = await setting(30, { delay_ms: 40 })
  const words = ['ghl', 'backfill', '--location', LOCATION, '--base-url', here.fake.url]
  const environment = {
    DATABASE_URL: here.database.url,
    EH_UNSAFE_DATABASE: 'on',
    DATA_DIR: '/nonexistent',
    GHL_API_KEY: 'pit-test-token',
  }
  const killed = cli([...words, '--rate', '1000000', '--json'], environment, async (child) => {
    for (;;) {
      const { rows } = await here.database.owner.query<{ n: number }>(
        'select count(*)::int as n from event_log',
      )
      if (rows[0]!.n > 0) break
      await sleep(20)
    }
    child.kill('SIGKILL')
  })
  expect((await killed).status).toBe(null)
  await here.switchFaults({ delay_ms: 0 })
  const { status, out, err } = await cli([...words, '--rate', '1000000', '--json'], environment)
  expect([status, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toMatchObject({ resumed: true, counts: { refused: {} } })
  expect(await stored(here.database)).toEqual(await stored(whole.database))
  const { rows } = await here.database.owner.query(
    'select actor, action, subject, details from audit_log order by entry_no',
  )
  const entry = { actor: 'system', action: 'ghl_import.started' }
  const rest = { subject: `ghl-location:${LOCATION}`, details: { from: 'command line' } }
  expect(rows).toEqual([
    { ...entry, ...rest },
    { ...entry, ...rest },
  ])
})

test('history is declared when it is said to be', async () => {
  const here = await setting(20)
  await run(here)
  const declared = async () => {
    const { rows } = await here.database.owner.query<{ n: number }>(
      'select coalesce(sum(last_position - first_position + 1), 0)::int as n from declared_history',
    )
    return rows[0]!.n
  }
  expect(await declared()).toBe(0)
  await run(here, undefined, true)
  const { rows } = await here.database.owner.query('select from event_log')
  expect(await declared()).toBe(rows.length)
})

describe('who is who', () => {
  const contact = (id: string, name: string, email: string | null, phone: string | null) => ({
    id,
    name,
    email,
    phone,
    dateAdded: '2026-01-05T10:00:00Z',
  })

  test('shared addresses keep two people apart, and are told', async () => {
    const here = await setting(1)
    here.location.contacts.splice(0, 1)
    here.location.contacts.push(
      contact('a', 'Ann Lee', 'Home@Example.com', '+15125550101'),
      contact('b', 'Bob Lee', 'home@example.com', '(512) 555-0101'),
    )
    const { counts } = await run(here)
    expect(counts.leads.created).toBe(2)
    expect(counts.shared).toEqual({
      emails: 1,
      phones: 1,
      examples: [
        { lead_id: 'b', same_as: 'a' },
        { lead_id: 'b', same_as: 'a' },
      ],
    })
  })

  test('a lead that is there already is found by its address; another name is another', async () => {
    const here = await setting(1)
    const { database, workspaceId } = here
    const web = async (leadId: string, name: string, email: string) => {
      await linkIdentities(
        database.app,
        workspaceId,
        { kind: IDENTITY_KIND.anonymous, value: `visitor-${leadId}` },
        { kind: IDENTITY_KIND.lead, value: leadId },
        'identify',
      )
      await database.owner.query(
        `with p as (update persons set attributes = jsonb_build_object('name', $2::text)
           where lead_id = $1 returning workspace_id, person_id)
         insert into identities select workspace_id, 3, $3, person_id from p`,
        [leadId, name, email],
      )
    }
    await web('web-1', 'Ann Lee', 'ann@example.com')
    await web('web-2', 'Someone Else', 'bob@example.com')
    here.location.contacts.splice(0, 1)
    here.location.contacts.push(
      contact('a', 'ann  lee', 'ANN@example.com', null),
      contact('b', 'Bob Lee', 'bob@example.com', null),
      // The same lead cannot be two contacts.
      contact('c', 'Ann Lee', 'ann@example.com', null),
    )
    const { counts } = await run(here)
    expect(counts.leads).toMatchObject({ created: 2, matched: 1 })
    const { rows } = await database.owner.query<{ contact_id: string; lead_id: string }>(
      `select contact_id, lead_id from ghl_contacts join persons using (workspace_id, person_id)
       order by 1`,
    )
    expect(rows).toEqual([
      { contact_id: 'a', lead_id: 'web-1' },
      { contact_id: 'b', lead_id: 'b' },
      { contact_id: 'c', lead_id: 'c' },
    ])
    const again = await run(here)
    expect(again.counts.leads).toMatchObject({ created: 0, matched: 0 })
  })

  test('contacts that somebody merged stay one, and the import repeated changes nothing', async () => {
    const here = await setting(1)
    here.location.contacts.splice(0, 1)
    here.location.contacts.push(
      contact('a', 'Ann Lee', 'ann@example.com', null),
      contact('b', 'Anne Lee-Ito', 'anne@example.com', null),
    )
    await run(here)
    const lead = (value: string) => ({ kind: IDENTITY_KIND.lead, value })
    const { app } = here.database
    await linkIdentities(app, here.workspaceId, lead('b'), lead('a'), 'merge')
    const before = await stored(here.database)
    const { counts } = await run(here)
    expect(counts.leads).toMatchObject({ created: 0, changed: 0 })
    expect(await stored(here.database)).toEqual(before)
  })

  test('an erased contact stays erased', async () => {
    const here = await setting(10)
    await run(here)
    const { id } = here.location.contacts[3]!
    const { rows } = await here.database.owner.query<{ person_id: string }>(
      'select person_id from persons where lead_id = $1',
      [id],
    )
    await erasePerson(here.database.app, here.workspaceId, Number(rows[0]!.person_id))
    const { counts } = await run(here)
    expect(counts.leads).toMatchObject({ created: 0, erased: 1 })
    const { entries, leads } = await stored(here.database)
    expect(leads.map(({ lead_id }) => lead_id)).not.toContain(id)
    expect(entries.join()).not.toContain(id)
  })
})
