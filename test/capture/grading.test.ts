/** Opens and clicks get their grade as entries of the log, once each, whoever reads it again. */
import { expect, test } from 'vitest'
import { encodeState, foldEntries, readKnownThen } from '../../src/features/index.ts'
import { systemClock } from '../../src/platform/index.ts'
import { declareHistory, loadStates, readLog, readPerson } from '../../src/store/index.ts'
import { createGrading } from '../../src/worker/grading.ts'
import { startHub, type Hub } from '../support/hub.ts'

const SENT = Date.now() - 3_600_000

function event(id: string, seconds: number, type: string, properties: object = {}) {
  const timestamp = new Date(SENT + seconds * 1_000).toISOString()
  return { event_id: id, lead_id: 'l1', type, timestamp, properties }
}

async function gradesOf(hub: Hub): Promise<{ target: string; grade: string; by: number }[]> {
  const { rows } = await hub.database.owner.query<{ target: string; grade: string; by: number }>(
    `select t.body->>'event_id' as target, g.body->'properties'->>'grade' as grade,
       (g.body->'properties'->>'decided_by')::int as by
     from event_log g join event_log t
       on t.position = (g.body->'properties'->>'target_position')::bigint
     where g.type = 80 order by g.position`,
  )
  return rows
}

test('a scan is graded machine, a click with a visit human; read again, nothing is added', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const send = async (...events: object[]) => {
    const reply = await hub.call('POST', '/v1/events', { as, body: { events } })
    expect(reply.body).toMatchObject({ accepted: events.length })
    await hub.folded()
  }
  const email = { email_id: 'm1' }
  const scan = { ...email, client: 'scanner', network: 'data_centre' }
  await send(
    event('sent', 0, 'email_sent', email),
    event('scan', 2, 'email_open', scan),
    ...[0, 1, 2].map((link) => event(`scan${link}`, 3, 'email_click', { ...scan, link })),
  )
  const atFirst = new Map((await gradesOf(hub)).map(({ target, grade }) => [target, grade]))
  expect(atFirst.get('scan')).toBe('machine')
  expect(atFirst.get('scan2')).toBe('machine')
  await send(event('click', 1_800, 'email_click', { ...email, client: 'phone', link: 1 }))
  // The visit names no e-mail: it counts because a click was just before it.
  await send(event('visit', 1_805, 'page_visit'))
  const before = await gradesOf(hub)
  const final = new Map(before.map(({ target, grade }) => [target, grade]))
  expect(final.get('click')).toBe('human')
  const timeline = await hub.call('GET', '/v1/leads/l1/timeline', { as })
  const items = timeline.body as { items: { event_id?: string; grade: string | null }[] }
  expect(items.items.filter(({ grade }) => grade === 'human')).toHaveLength(1)

  // Workers that read the whole log again, at the same moment: nothing is added.
  const { database } = hub
  const { entries } = await readLog(database.app, 0, 10_000)
  const again = (): Promise<void> =>
    createGrading(database, systemClock).grade(
      entries,
      () => true,
      (_, personId) => personId,
      () => undefined,
    )
  await Promise.all([again(), again()])
  expect(await gradesOf(hub)).toEqual(before)

  // What a worker that was cut off had not appended, the next one does, once.
  await database.owner.query('delete from event_log where type = 80')
  await Promise.all([again(), again()])
  const pairs = (grades: typeof before) =>
    grades.map(({ target, grade, by }) => [target, grade, by])
  expect(pairs(await gradesOf(hub))).toEqual(pairs(before))
})

test('what /interactions/email-engagement records is graded by campaign and time', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const context = { campaign_id: 'spring' }
  const sent = { ...event('sent', 0, 'email_sent'), context }
  await hub.call('POST', '/v1/events', { as, body: sent })
  const engage = async (event_id: string, action: string, campaign_id: string, seconds: number) => {
    const timestamp = new Date(SENT + seconds * 1_000).toISOString()
    const body = { event_id, lead_id: 'l1', campaign_id, action, timestamp }
    const { status } = await hub.call('POST', '/interactions/email-engagement', { as, body })
    expect(status).toBe(200)
    await hub.folded()
  }
  await engage('open', 'open', 'spring', 1_800)
  await engage('stray', 'open', 'never sent', 2_000)
  const grades = await gradesOf(hub)
  expect(grades.map(({ target, grade }) => [target, grade])).toEqual([['open', 'human']])
})

test('the state folded live equals the one replayed, grades and all', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const email = { email_id: 'm1', client: 'phone', link: 1 }
  const events = [
    event('sent', 0, 'email_sent', { email_id: 'm1' }),
    event('click', 1_800, 'email_click', email),
    event('visit', 1_805, 'page_visit'),
  ]
  await hub.call('POST', '/v1/events', { as, body: { events } })
  const { database } = hub
  const latest = async () => {
    const { rows } = await database.owner.query<{ workspace_id: number; person_id: string }>(
      `select workspace_id, person_id from lead_states s where position =
         (select max(position) from event_log e where e.person_id = s.person_id and type = 80)`,
    )
    return rows[0]
  }
  const graded = async () => {
    await hub.folded()
    return latest()
  }
  await expect.poll(graded, { timeout: 30_000 }).toBeDefined()
  const row = (await latest())!
  const key = { workspaceId: row.workspace_id, personId: Number(row.person_id) }
  const [stored] = await loadStates(database.app, [key])
  const entries = await readPerson(database.app, key.workspaceId, key.personId, 2 ** 52)
  expect(entries.map(({ type }) => type)).toContain('engagement_graded')
  expect(Buffer.from(stored!.state).equals(encodeState(foldEntries(entries)))).toBe(true)
})

test('history declared as such is graded as of then, and known as graded from then on', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const DAY_S = 86_400
  const past = (id: string, seconds: number, type: string, properties: object = {}) =>
    event(id, seconds - 100 * DAY_S, type, properties)
  const events = [
    past('sent', 0, 'email_sent', { email_id: 'm1' }),
    past('open', 1_800, 'email_open', { email_id: 'm1', client: 'phone' }),
    past('view', 50 * DAY_S, 'property_view'),
  ]
  await hub.call('POST', '/v1/events', { as, body: { events } })
  const { database } = hub
  await expect.poll(async () => (await gradesOf(hub)).length, { timeout: 30_000 }).toBe(1)
  await hub.folded()
  const { rows } = await database.owner.query<{ workspace_id: number; person_id: string }>(
    'select workspace_id, person_id from event_log limit 1',
  )
  const key = { workspaceId: rows[0]!.workspace_id, personId: Number(rows[0]!.person_id) }
  const entries = await readPerson(database.app, key.workspaceId, key.personId, 2 ** 52)
  const [grade] = entries.filter(({ type }) => type === 'engagement_graded')
  const openedAt = SENT + (1_800 - 100 * DAY_S) * 1_000
  expect(grade!.eventTime).toBe(openedAt)

  const { workspaceId, personId } = key
  const stateAsKnown = async (time: number) =>
    (await readKnownThen(database, workspaceId, [personId], time)).get(personId)!.state
  const soonAfter = (): Promise<number> =>
    stateAsKnown(openedAt + DAY_S * 1_000).then(({ entries: known }) => known)
  expect(await soonAfter()).toBe(0)
  const told = entries.filter(({ type }) => type !== 'engagement_graded')
  const positions = told.map(({ position }) => position)
  await database.withWorkspace(key.workspaceId, (client) => declareHistory(client, positions))
  expect(await soonAfter()).toBe(3)
  // What is served now is what the replay says, to the last bit.
  const served = async (): Promise<Buffer> => {
    const [stored] = await loadStates(database.app, [key])
    return Buffer.from(stored?.state ?? [])
  }
  const today = encodeState(await stateAsKnown(Date.now()))
  await expect.poll(served, { timeout: 30_000 }).toEqual(Buffer.from(today))
})
