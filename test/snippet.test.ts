/** The website snippet in a real browser, on a website of another origin than the product's. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HAS_PAGES, launch } from './support/browser.ts'
import { startHub, type Hub } from './support/hub.ts'

const BUILT = join(import.meta.dirname, '../dashboard/dist/snippet.js')

interface Stored {
  readonly type: string
  readonly lead: string | null
  readonly body: {
    property_id?: string
    duration_seconds?: number
    properties?: Record<string, unknown>
    context?: Record<string, string>
  }
}

describe.skipIf(!HAS_PAGES)('the snippet', () => {
  let hub: Hub
  let site: Server
  let origin: string
  let key: string
  let browser: Browser

  /** A page of the website, which knows nothing of the product but one line. */
  const html = (attributes: string, inside: string): string =>
    `<!doctype html><title>Homes</title><body>
     <script>window.enterprisehub = window.enterprisehub || []
       window.faults = []
       addEventListener('enterprisehub-error', ({ detail }) => faults.push(String(detail)))
     </script>
     <script async src="${hub.url}/snippet.js" data-key="${key}" ${attributes}></script>${inside}`

  beforeAll(async () => {
    hub = await startHub()
    site = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
      const inside =
        pathname === '/home'
          ? `<main data-eh-property="home-1"><button data-eh-event="photos_viewed">Photos</button>
             <form id="ask" data-eh-event="inquiry_submitted" action="/thanks">
               <input name="text" value="a secret of mine"><input name="mail" data-eh-lead>
               <button type="submit">Ask</button></form></main>`
          : '<p>Welcome</p>'
      response.setHeader('content-type', 'text/html')
      response.end(html(searchParams.has('strict') ? 'data-consent="required"' : '', inside))
    })
    await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve))
    // By another name than the product's address: another site, not only another port.
    origin = `http://localhost:${(site.address() as { port: number }).port}`
    const as = await hub.login()
    const body = { kind: 'publishable', name: 'site', origins: [origin] }
    key = ((await hub.call('POST', '/v1/keys', { as, body })).body as { key: string }).key
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    await hub.close()
  })

  async function stored(): Promise<Stored[]> {
    const { rows } = await hub.database.owner.query<Stored>(
      `select t.name as type, p.lead_id as lead, e.body from event_log e
       join persons p using (workspace_id, person_id)
       join unnest($1::text[], $2::int[]) as t(name, code) on t.code = e.type
       order by e.event_time, e.position`,
      await types(),
    )
    return rows
  }

  async function types(): Promise<[string[], number[]]> {
    const { EVENT_TYPES, PUBLIC_EVENT_TYPES } = await import('../src/core/index.ts')
    const names = [...PUBLIC_EVENT_TYPES]
    return [names, names.map((name) => EVENT_TYPES[name].code)]
  }

  async function visit(path: string): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(origin + path)
    await page.waitForFunction(() => !Array.isArray((window as never)['enterprisehub']))
    return { context, page }
  }

  const until = async (count: number): Promise<Stored[]> => {
    await expect.poll(async () => (await stored()).length, { timeout: 10_000 }).toBe(count)
    return stored()
  }

  beforeEach(async () => {
    await hub.database.owner.query('delete from event_log')
  })

  test('is small, and served to every website for a while', async () => {
    expect(gzipSync(readFileSync(BUILT)).length).toBeLessThan(6_000)
    const { headers, status } = await hub.call('GET', '/snippet.js')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch(/javascript/)
    expect(headers.get('cache-control')).toBe('public, max-age=3600')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    const other = await hub.call('GET', '/health')
    expect(other.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })

  test('a visit: session, pages, the property with its time, a click, a form, the lead', async () => {
    const { context, page } = await visit('/start?utm_source=letter&utm_campaign=spring&me=private')
    await page.evaluate(() => history.pushState({}, '', '/about'))
    const first = await until(3)
    expect(first.map(({ type }) => type)).toEqual(['session_started', 'page_visit', 'page_visit'])
    expect(first.map(({ body }) => body.properties?.['path'])).toEqual([
      undefined,
      '/start',
      '/about',
    ])
    const [{ context: where }] = first.map(({ body }) => body) as [Stored['body']]
    expect(where).toMatchObject({ traffic_source: 'letter', campaign_id: 'spring' })
    await page.goto(`${origin}/home`)
    await page.getByRole('button', { name: 'Photos' }).click()
    await page.locator('[name=mail]').fill('lead-9')
    await page.waitForTimeout(1_100)
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.waitForURL(`${origin}/thanks*`)
    const all = await until(8)
    const byType = Map.groupBy(all, ({ type }) => type)
    expect(byType.get('photos_viewed')![0]!.body.property_id).toBe('home-1')
    const [view] = byType.get('property_view')!
    expect(view!.body.property_id).toBe('home-1')
    expect(view!.body.duration_seconds).toBeGreaterThanOrEqual(1.1)
    const [asked] = byType.get('inquiry_submitted')!
    expect(asked).toMatchObject({ lead: 'lead-9', body: { property_id: 'home-1' } })
    expect(asked!.body.properties).toEqual({ form: 'ask', path: '/home' })
    // One session; nothing of what was typed or stood in the address.
    expect(byType.get('session_started')).toHaveLength(1)
    expect(new Set(all.map(({ body }) => body.context?.['session_id'])).size).toBe(1)
    expect(JSON.stringify(all)).not.toMatch(/secret|private/)
    expect(await page.evaluate(() => (window as never)['faults'])).toEqual([])
    await context.close()
    // The anonymous visit counts as the lead's.
    const { rows } = await hub.database.owner.query('select from person_links')
    expect(rows).toHaveLength(1)
  })

  test('without consent nothing is stored or sent; withdrawn, what was kept is removed', async () => {
    const { context, page } = await visit('/home?strict')
    await page.getByRole('button', { name: 'Photos' }).click()
    await page.waitForTimeout(1_500)
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    expect(await stored()).toEqual([])
    const say = (given: boolean) =>
      page.evaluate((yes) => {
        const { consent } = (window as never)['enterprisehub'] as {
          consent: (given: boolean) => void
        }
        consent(yes)
      }, given)
    await say(true)
    expect((await until(2)).map(({ type }) => type)).toEqual(['session_started', 'page_visit'])
    await say(false)
    await page.getByRole('button', { name: 'Photos' }).click()
    await page.waitForTimeout(1_500)
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['eh_consent'])
    expect(await stored()).toHaveLength(2)
    await context.close()
  })

  test('events wait for the network, and are sent once', async () => {
    const { context, page } = await visit('/start')
    await until(2)
    await context.setOffline(true)
    await page.evaluate(() => {
      const calls = (window as never)['enterprisehub'] as { push: (call: unknown[]) => void }
      calls.push(['track', 'search_executed', { properties: { text: 'garden' } }])
    })
    await page.waitForTimeout(1_500)
    expect(await stored()).toHaveLength(2)
    await context.setOffline(false)
    expect((await until(3)).map(({ type }) => type)).toContain('search_executed')
    await context.close()
  })

  test('a key of another website is refused, and the page is told, not broken', async () => {
    const as = await hub.login()
    const body = { kind: 'publishable', name: 'other', origins: ['https://else.example.com'] }
    const made = await hub.call('POST', '/v1/keys', { as, body })
    const mine = key
    key = (made.body as { key: string }).key
    try {
      const { context, page } = await visit('/start')
      const faults = () => page.evaluate(() => (window as never)['faults'] as string[])
      await expect.poll(faults).toEqual(['events were refused (403)'])
      expect(await stored()).toEqual([])
      await context.close()
    } finally {
      key = mine
    }
  })
})
