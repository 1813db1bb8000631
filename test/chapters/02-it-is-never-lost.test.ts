/** Chapter 2. What was acknowledged is kept, once, whatever happens to the machine. */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { workspace } from '../support/product.ts'
import { freePort, productFolder, serve, stop } from '../support/served.ts'

test('sent again after a lost answer, an event counts once', async () => {
  const hub = await workspace('chapter-2')
  const event = { event_id: 'e-1', lead_id: 'bob', type: 'page_visit' }
  expect((await hub.post('/v1/events', event)).body).toMatchObject({ accepted: 1, duplicates: 0 })
  expect((await hub.post('/v1/events', event)).body).toMatchObject({ accepted: 0, duplicates: 1 })
  const other = await hub.post('/v1/events', { ...event, type: 'property_view' })
  expect(other).toMatchObject({ status: 409 })
  expect(other.body.type).toContain('event-id-conflict')
  expect((await hub.get('/v1/leads/bob/timeline')).body.items).toHaveLength(1)
})

test('killed right after the 202, the product still has it', async () => {
  const admin = { email: 'owner@example.com', password: 'correct horse battery' }
  const dataDir = productFolder('chapter-2')
  const port = await freePort()
  const environment = { EH_ADMIN_EMAIL: admin.email, EH_ADMIN_PASSWORD: admin.password }
  const login = async (url: string): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify(admin),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    return { ...headers, authorization: `Bearer ${access_token}` }
  }
  let served = await serve(dataDir, port, environment)
  try {
    const body = JSON.stringify({ lead_id: 'eve', type: 'inquiry_submitted' })
    const headers = await login(served.url)
    const told = await fetch(`${served.url}/v1/events`, { method: 'POST', headers, body })
    process.kill(-served.child.pid!, 'SIGKILL')
    expect(told.status).toBe(202)
    while (served.child.signalCode === null) await sleep(5)
    served = await serve(dataDir, port, environment)
    const timeline = await fetch(`${served.url}/v1/leads/eve/timeline`, {
      headers: await login(served.url),
    })
    expect(await timeline.json()).toMatchObject({ items: [{ type: 'inquiry_submitted' }] })
  } finally {
    await stop(served)
    rmSync(dataDir, { recursive: true, force: true })
  }
})
