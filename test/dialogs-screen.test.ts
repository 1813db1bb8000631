/** Every dialog of a lead in a real browser, at the width of a phone and of a desk, by keys too. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, startHub, type Hub } from './support/hub.ts'

const ROOT = join(import.meta.dirname, '..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
const isBuilt = existsSync(join(ROOT, 'dashboard/dist/index.html'))
const PICTURES = process.env['EH_PICTURES']

describe.skipIf(CHROMIUM === undefined || !isBuilt).each([390, 1366])('at %i px', (width) => {
  let hub: Hub
  let as: string
  let browser: Browser
  let page: Page
  const faults: string[] = []
  const post = (path: string, body: unknown) => hub.call('POST', path, { as, body })
  const timeline = async () =>
    (await hub.call('GET', '/v1/leads/dora/timeline', { as })).body as {
      items: { type: string; properties: Record<string, unknown>; undone_at: string | null }[]
    }
  const newest = async () => (await timeline()).items[0]!

  beforeAll(async () => {
    hub = await startHub()
    as = await hub.login()
    await post('/v1/leads', { lead_id: 'dora', name: 'Dora Ellis', stage: 'warm' })
    await post('/v1/leads', { lead_id: 'twin', name: 'Dorothea Ellis' })
    const password = 'long enough for all'
    await post('/v1/users', { email: 'a@x.example', name: 'Ann Agent', role: 'agent', password })
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width, height: 800 } })
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (line) => {
      if (line.type() === 'error') faults.push(line.text())
    })
    await page.goto(`${hub.url}/leads/dora`)
    await page.getByLabel('E-mail').fill(ADMIN.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(ADMIN.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('group', { name: 'Actions' }).waitFor()
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await hub.close()
    expect(faults).toEqual([])
  })

  async function look(name: string): Promise<void> {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wide, `${name} scrolls sideways`).toBeLessThanOrEqual(0)
    if (PICTURES !== undefined)
      await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`) })
  }
  const dialog = () => page.getByRole('dialog')
  const choose = async (label: string, option: string): Promise<void> => {
    await dialog().getByRole('combobox', { name: label }).click()
    await page.getByRole('option', { name: option, exact: true }).click()
  }
  const closed = () => dialog().waitFor({ state: 'detached' })

  test('an outcome with its price, and undo', async () => {
    await page.keyboard.press('o')
    await choose('What happened', 'Closed')
    await dialog().getByLabel('Price').fill('412500')
    await look('dialog-outcome')
    await dialog().getByRole('button', { name: 'Save outcome' }).click()
    await page.getByText('Dora Ellis: closed').waitFor()
    expect(await newest()).toMatchObject({
      type: 'property_purchased',
      properties: { price: 412_500 },
    })
    await page.getByText('Not on the call list').waitFor()
    await look('lead-closed')
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.getByText('Undone: Dora Ellis: closed').waitFor()
    expect((await newest()).undone_at).not.toBeNull()
    await page.getByText('Not on the call list').waitFor({ state: 'detached' })
  })

  test('lost takes a reason', async () => {
    await page.keyboard.press('o')
    await choose('What happened', 'Lost')
    const save = dialog().getByRole('button', { name: 'Save outcome' })
    expect(await save.isDisabled()).toBe(true)
    await choose('Why', 'Stopped looking')
    await save.click()
    await page.getByText('Dora Ellis: lost').waitFor()
    expect(await newest()).toMatchObject({
      type: 'lost',
      properties: { reason: 'Stopped looking' },
    })
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click()
    await page.getByText('Undone: Dora Ellis: lost').waitFor()
  })

  test('this score is wrong, because; by keys alone', async () => {
    await page.keyboard.press('w')
    const because = dialog().getByLabel('Because')
    await because.waitFor()
    expect(await because.evaluate((field) => field === document.activeElement)).toBe(true)
    await page.keyboard.type('Is a neighbour')
    await look('dialog-score')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('What you say of the score of Dora Ellis').waitFor()
    expect((await newest()).properties).toMatchObject({
      verdict: 'too_high',
      because: 'Is a neighbour',
    })
    await page.keyboard.press('w')
    await because.waitFor()
    await page.keyboard.press('Escape')
    await closed()
  })

  test('assigned, snoozed and merged, and apart again', async () => {
    await page.keyboard.press('a')
    await dialog().getByRole('combobox', { name: 'Give this lead to' }).click()
    await look('dialog-assign')
    await page.getByRole('option', { name: 'Ann Agent' }).click()
    await dialog().getByRole('button', { name: 'Assign' }).click()
    await page.getByText('Dora Ellis is with Ann Agent').waitFor()
    expect((await newest()).type).toBe('lead_assigned')

    await page.keyboard.press('s')
    await page.getByRole('menuitem', { name: 'For a week' }).click()
    await page.getByText('Dora Ellis is snoozed').waitFor()
    await page.getByText(/snoozed until/).waitFor()
    await look('lead-snoozed')

    await page
      .getByRole('button', { name: /More|Merge/ })
      .first()
      .click()
    const item = page.getByRole('menuitem', { name: 'Merge' })
    if (await item.isVisible()) await item.click()
    await dialog().getByRole('combobox').fill('Dorothea')
    await page.getByRole('option', { name: /Dorothea Ellis/ }).click()
    await look('dialog-merge')
    await dialog().getByRole('button', { name: 'Merge' }).click()
    await page.getByText('twin counts as Dora Ellis').waitFor()
    const found = async () =>
      (await hub.call('GET', '/v1/leads?q=dorothea', { as })).body as unknown
    expect(await found()).toMatchObject({ items: [{ lead_id: 'dora' }] })
    const toast = page.getByRole('alert').filter({ hasText: 'twin counts as' })
    await toast.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undone: twin counts as Dora Ellis').waitFor()
    expect(await found()).toMatchObject({ items: [{ lead_id: 'twin' }] })
  })

  test('a filter by stage is kept and deleted', async () => {
    await page.goto(`${hub.url}/leads?show=all`)
    await page.getByRole('combobox', { name: 'Stage' }).click()
    await page.getByRole('option', { name: 'warm' }).click()
    await page.getByRole('link', { name: 'Dorothea Ellis' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Dora Ellis' }).waitFor()
    await page.getByRole('button', { name: 'Filters' }).click()
    await page.getByRole('textbox', { name: 'Name of the filter' }).fill('Warm ones')
    await look('filters')
    await page.getByRole('button', { name: 'Save' }).click()
    const kept = page.getByRole('menuitem', { name: 'Warm ones' })
    await kept.waitFor()
    await page.keyboard.press('Escape')
    await page.goto(`${hub.url}/leads?show=all`)
    await page.getByRole('link', { name: 'Dorothea Ellis' }).waitFor()
    await page.getByRole('button', { name: 'Filters' }).click()
    await kept.click()
    await page.getByRole('link', { name: 'Dorothea Ellis' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Filters' }).click()
    await page.getByRole('button', { name: 'Delete the filter Warm ones' }).click()
    await kept.waitFor({ state: 'detached' })
  })
})
