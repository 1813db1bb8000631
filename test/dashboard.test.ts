/** The web page in a real browser against a whole product. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_PAGES, launch, look, open, settled, signIn } from './support/browser.ts'
import { startHub, type Hub } from './support/hub.ts'

let hub: Hub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())

test('an address of programs never answers with the page', async () => {
  const headers = { accept: 'text/html' }
  for (const path of ['/v1/nothing', '/api/nothing', '/assets/nothing.js']) {
    const reply = await hub.call('GET', path, { headers })
    expect(reply.status, path).toBe(404)
    expect(reply.headers.get('content-type'), path).toContain('problem+json')
  }
  const outside = await hub.call('GET', '/assets/..%2f..%2fpackage.json', { headers })
  expect(outside.status).toBe(400)
  expect((await hub.call('GET', '/leads')).status).toBe(404)
})

describe.skipIf(!HAS_PAGES)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  test('index.html is asked for again, its files never', async () => {
    const headers = { accept: 'text/html' }
    const page = await hub.call('GET', '/leads/some-lead', { headers })
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.body as string)![1]!
    const asset = await hub.call('GET', script)
    expect(asset.status).toBe(200)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  test.each([390, 1366, 1920])('an event appears on the page of its lead, %i px', async (width) => {
    const lead = `walker-${width}`
    const faults: string[] = []
    const page = await open(browser, width, faults)
    await page.goto(hub.url)
    await page.getByLabel('E-mail').waitFor()
    await look(page, `sign-in-${width}`)
    await signIn(page, hub.url)
    await page.getByRole('heading', { name: 'Call next' }).waitFor()
    await settled(page)

    const as = await hub.login()
    const event = { type: 'property_view', lead_id: lead, property_id: 'home-7' }
    const posted = await hub.call('POST', '/v1/events', { as, body: event })
    expect(posted.body).toMatchObject({ accepted: 1, rejected: [] })
    const row = page.getByRole('listitem').filter({ hasText: lead })
    await row.getByText('No score').waitFor()
    await hub.call('POST', '/v1/events', { as, body: { type: 'property_view', lead_id: lead } })
    await row.getByText('Viewed').waitFor()
    await look(page, `call-next-${width}`)
    await page.emulateMedia({ colorScheme: 'dark' })
    await look(page, `call-next-dark-${width}`)
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(`${hub.url}/leads`)
    await page.getByLabel('Search leads').fill(lead)
    await page.getByRole('link', { name: lead }).click()
    await page.getByText('property home-7').waitFor()
    await look(page, `lead-${width}`)
    await page.getByRole('tab', { name: 'Features' }).click()
    await page.getByText('known').first().waitFor()
    await look(page, `features-${width}`)

    // A reload signs in again through the cookie alone.
    await page.reload()
    await page.getByText('property home-7').waitFor()
    for (const address of ['leads', 'imports', 'models', 'keys', 'team', 'status']) {
      await page.goto(`${hub.url}/${address}`)
      await settled(page)
      await look(page, `${address}-${width}`)
    }
    expect(faults).toEqual([])
    await page.close()
  })

  test('who opens a lead while the search is still waiting stays on its page', async () => {
    const page = await open(browser, 1366, [])
    const as = await hub.login()
    await hub.call('POST', '/v1/leads', { as, body: { lead_id: 'ada', name: 'Ada Waters' } })
    await signIn(page, `${hub.url}/leads`)
    // The page of a lead comes slowly, as over a poor connection.
    let arrived = false
    await page.route(/\/assets\/lead-[^/]{8}\.js$/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 600))
      await route.continue()
      arrived = true
    })
    const link = page.getByRole('link', { name: 'Ada Waters' })
    await link.waitFor()
    await page.getByLabel('Search leads').fill('Ada')
    await link.click()
    await page.getByRole('heading', { name: 'Ada Waters' }).waitFor()
    expect(arrived).toBe(true)
    expect(new URL(page.url()).pathname).toBe('/leads/ada')
    await page.close()
  })
})
