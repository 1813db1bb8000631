/**
 * The screens against the running product, as its own process, with a model really trained: leads
 * imported in the browser, learned from, scored, told of over the socket.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_PAGES, launch, look, open, settled, signIn } from './support/browser.ts'
import { ADMIN } from './support/hub.ts'
import { freePort, productFolder, serve, stop, type Served } from './support/served.ts'

const REAL = join(process.env['EH_SHARED'] ?? '../shared', 'data/xeducation-leads/leads.csv.gz')
/** So many of the real leads: a first model of them is learned in seconds. */
const LEADS = 800
const TRAINED_MS = 240_000

let served: Served
let dataDir: string
let port: number
let token: string
let browser: Browser
let page: Page
const faults: string[] = []

const start = (): Promise<Served> =>
  serve(dataDir, port, { EH_ADMIN_EMAIL: ADMIN.email, EH_ADMIN_PASSWORD: ADMIN.password })

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(served.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
  return (await response.json()) as T
}

const viewed = (leadId: string): Promise<unknown> =>
  call('POST', '/v1/events', { lead_id: leadId, type: 'property_view', property_id: 'home-1' })

describe.skipIf(!HAS_PAGES || !existsSync(REAL))('the screens, with a trained model', () => {
  beforeAll(async () => {
    dataDir = productFolder('screens')
    port = await freePort()
    served = await start()
    browser = await launch()
    page = await open(browser, 1366, faults)
    await signIn(page, served.url)
    const { access_token } = await call<{ access_token: string }>('POST', '/api/auth/login', ADMIN)
    token = access_token
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    if (served !== undefined) await stop(served)
    rmSync(dataDir, { recursive: true, force: true })
  }, 60_000)

  const rows = () => page.getByRole('list', { name: 'Leads to call next' }).getByRole('listitem')
  const order = (): Promise<(string | undefined)[]> =>
    rows().evaluateAll((items) => items.map((item) => (item as HTMLElement).dataset['lead']))

  const rowInFocus = () =>
    page.evaluate(
      () => document.activeElement?.closest<HTMLElement>('[data-lead]')?.dataset['lead'],
    )

  /** Opens the board and waits until it is live, with nothing pointed at. */
  async function toBoard(): Promise<void> {
    await page.mouse.move(1, 1)
    await page.goto(`${served.url}/call-next`)
    await settled(page)
    await page.getByText('live', { exact: true }).waitFor()
  }

  test('a file is looked at, corrected, tried, imported and learned from', async () => {
    const [header, ...lines] = gunzipSync(readFileSync(REAL)).toString('utf8').split('\n')
    const buffer = Buffer.from([header, ...lines.slice(0, LEADS), ',no id'].join('\n'))
    await page.goto(`${served.url}/imports`)
    await settled(page)
    const file = { name: 'leads.csv', mimeType: 'text/csv', buffer }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByText('certain leak').first().waitFor({ timeout: 60_000 })
    await look(page, 'import-plan')
    const known = page.getByRole('checkbox', { name: 'Tags was known before the outcome' })
    expect(await known.isChecked()).toBe(false)
    expect(await page.getByLabel('Fair-housing class of City').inputValue()).toBe('proxy')
    await page.getByLabel('What Newspaper is').selectOption('ignore')
    await page.getByRole('button', { name: 'Dry run with this mapping' }).click()
    await page.getByRole('button', { name: `Import ${LEADS} leads` }).click()
    await page.getByText(`${LEADS} leads made`).waitFor({ timeout: 60_000 })
    expect(await page.getByRole('table', { name: 'Rejected rows' }).textContent()).toContain(
      String(LEADS + 2),
    )
    const [kept] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download them' }).click(),
    ])
    const rejected = JSON.parse(readFileSync(await kept.path(), 'utf8')) as object
    expect(rejected).toMatchObject({ line: LEADS + 2, raw: ',no id' })
    await look(page, 'import-done')
    await page.getByRole('button', { name: 'Retrain' }).click()
    await page.getByText(/^Retraining: /).waitFor()
    await page.getByText('made version 1').waitFor({ timeout: TRAINED_MS })
  }, 400_000)

  test('the model page says what was measured, in numbers and as a curve', async () => {
    interface Versions {
      items: { training: { challenger: { roc_auc: number; calibration: unknown[] } } }[]
    }
    const { items } = await call<Versions>('GET', '/v1/ml/models')
    const { roc_auc: auc, calibration } = items[0]!.training.challenger
    expect(auc).toBeGreaterThan(0.8)
    await page.goto(`${served.url}/models`)
    await settled(page)
    const measures = page.getByRole('table', { name: 'Measures' })
    expect(await measures.getByRole('row', { name: 'AUC' }).textContent()).toContain(auc.toFixed(3))
    const section = page.getByRole('region', { name: 'Calibration' })
    const circles = section.getByRole('img', { name: 'Calibration curve' }).locator('circle')
    await circles.first().waitFor()
    expect(await circles.count()).toBe(calibration.length)
    await section.getByText('Table', { exact: true }).click()
    const table = page.getByRole('table', { name: 'Calibration' })
    expect(await table.getByRole('row').count()).toBe(calibration.length + 1)
    await page.getByText('version 1 became champion').waitFor()
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await look(page, `models-${scheme}`)
    }
  }, 60_000)

  test.each([390, 1366, 1920])(
    'scores with reasons, %i px, light and dark',
    async (width) => {
      await page.setViewportSize({ width, height: 900 })
      await toBoard()
      const first = rows().first()
      await first
        .getByText(/the odds|speaks/)
        .first()
        .waitFor({ timeout: 30_000 })
      await first.getByRole('img', { name: /Score \d+ of 100/ }).waitFor({ timeout: 30_000 })
      expect(await first.textContent()).toMatch(/× your average/)
      const schemes = width === 1366 ? (['light', 'dark'] as const) : (['light'] as const)
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme })
        await look(page, `board-${width}-${scheme}`)
      }
      await first.getByRole('link').click()
      await page
        .getByRole('region', { name: 'Score' })
        .getByText(/the odds|speaks/)
        .first()
        .waitFor()
      await settled(page)
      await page.getByRole('region', { name: 'How it went' }).waitFor()
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme })
        await look(page, `lead-${width}-${scheme}`)
      }
    },
    120_000,
  )

  test('a feature explains itself to keyboard and screen reader', async () => {
    await page.setViewportSize({ width: 390, height: 800 })
    await toBoard()
    const lead = (await order())[0]!
    for (let i = 0; i < 3; i++) await viewed(lead)
    await page.goto(`${served.url}/leads/${encodeURIComponent(lead)}`)
    await page.getByRole('tab', { name: 'Features' }).click()
    const name = page.getByRole('button', { name: 'Homes looked at', exact: true })
    await name.waitFor()
    const described = () =>
      name.evaluate((at) =>
        (at.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent)
          .join(' '),
      )
    // Before it is asked for: a screen reader reads it as it comes by.
    for (const text of ['total_property_views', '0 or more', 'Rests on ']) {
      expect(await described()).toContain(text)
    }
    await page.getByRole('tab', { name: 'Features' }).focus()
    for (let i = 0; i < 40 && !(await name.evaluate((at) => at === document.activeElement)); i++)
      await page.keyboard.press('Tab')
    const tooltip = page.getByRole('tooltip')
    await tooltip.getByText('0 or more').waitFor()
    const box = (await tooltip.boundingBox())!
    expect(box.x).toBeGreaterThanOrEqual(0)
    expect(box.x + box.width).toBeLessThanOrEqual(390)
    expect(await described()).toContain('total_property_views')
    await settled(page)
    await look(page, 'lead-feature-help-390')
  }, 60_000)

  test('an event is on the board a moment after it happened', async () => {
    await page.setViewportSize({ width: 1366, height: 800 })
    await toBoard()
    const types = ['Ran a search', 'Visited a page']
    const times: number[] = []
    for (let i = 0; i < 9; i++) {
      const lead = (await order())[2]!
      const label = types[i % 2]!
      const seen = page.evaluate(
        ([id, text]) =>
          new Promise<number>((resolve) => {
            const look = () => {
              const row = document.querySelector(`[data-lead="${id}"]`)
              if (row?.textContent.includes(text!) !== true) return
              watch.disconnect()
              resolve(Date.now())
            }
            const watch = new MutationObserver(look)
            watch.observe(document.body, { subtree: true, childList: true, characterData: true })
          }),
        [lead, label],
      )
      await sleep(300)
      const at = Date.now()
      const type = i % 2 === 0 ? 'search_executed' : 'page_visit'
      await call('POST', '/v1/events', { lead_id: lead, type })
      times.push((await seen) - at)
    }
    const [median] = times.toSorted((a, b) => a - b).slice(4)
    console.info(`event to page: median ${median} ms of ${times.join(', ')}`)
    // Alone on two cores it is below 200; other tests beside it may hold everything up.
    expect(median).toBeLessThan(1_000)
  }, 120_000)

  test('rows stay where they are under the pointer and under the focus', async () => {
    const first = async (count: number) => (await order()).slice(0, count)
    const notToBeCalled = async (lead: string | undefined) => {
      await call('PATCH', `/v1/leads/${lead}`, { do_not_call: true })
      await rows().first().getByText('asked not to be called').waitFor({ timeout: 30_000 })
    }
    await toBoard()
    await rows().nth(2).hover()
    await page.getByText('order held').waitFor()
    const pointed = await order()
    await notToBeCalled(pointed[0])
    expect(await first(pointed.length)).toEqual(pointed)
    await page.mouse.move(5, 5)
    await page.waitForFunction(
      (id) => document.querySelector<HTMLElement>('[data-lead]')?.dataset['lead'] !== id,
      pointed[0],
    )
    await rows().nth(1).getByRole('link').focus()
    await page.getByText('order held').waitFor()
    const focused = await order()
    await notToBeCalled(focused[0])
    expect(await first(focused.length)).toEqual(focused)
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab')
      expect(await first(focused.length)).toEqual(focused)
    }
  }, 90_000)

  test('with the keyboard: pages first, then the rows from top to bottom', async () => {
    await toBoard()
    let leads: (string | undefined)[] = []
    const stops: string[] = []
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab')
      if (leads.length === 0 && (await rowInFocus()) !== undefined) {
        // Until now scores could move rows.
        await page.getByText('order held').waitFor()
        leads = await order()
        expect(await rowInFocus()).toBe(leads[0])
      }
      const stop = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement
        if (at === document.body) return null
        const isSeen = getComputedStyle(at).outlineStyle !== 'none'
        const row = at.closest<HTMLElement>('[data-lead]')?.dataset['lead']
        const name = row ?? at.getAttribute('aria-label') ?? at.textContent
        return isSeen ? name : `${name} (unseen)`
      })
      if (stop !== null) stops.push(stop)
    }
    expect(stops.filter((stop) => stop.endsWith('(unseen)'))).toEqual([])
    expect(stops).toEqual(expect.arrayContaining(['Account', 'Call next', 'Models']))
    // A row has its name and its actions: several stops, one after the other.
    const inRows = stops.filter((stop) => leads.includes(stop))
    const reached = inRows.filter((stop, i) => stop !== inRows[i - 1])
    expect(reached.length).toBeGreaterThan(3)
    expect(reached).toEqual(leads.slice(0, reached.length))
  }, 60_000)

  test('after the server was away the board comes back by itself', async () => {
    await stop(served)
    await page.getByText('reconnecting').waitFor({ timeout: 30_000 })
    served = await start()
    const pulse = page.getByRole('status').filter({ hasText: 'live' })
    await pulse.waitFor({ timeout: 60_000 })
    const lead = (await order())[1]!
    await viewed(lead)
    await page.locator(`[data-lead="${lead}"]`).getByText('Viewed a property').waitFor()
    // Only what the time without a server brought.
    const others = faults.filter((text) => !/ERR_CONNECTION|WebSocket|status of 50\d/.test(text))
    expect(others).toEqual([])
  }, 120_000)
})
