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
  const closed = () => dialog().waitFor({ state: 'detached' })

  test('an outcome with its price, and undo', async () => {
    await page.keyboard.press('o')
    await dialog().getByRole('group', { name: 'What happened' }).waitFor()
    await look('dialog-outcome')
    await dialog().getByRole('button', { name: 'Closed' }).click()
    await dialog().getByLabel('Price').fill('412500')
    await look('dialog-price')
    await dialog().getByRole('button', { name: 'Save closing' }).click()
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
    await dialog().getByRole('button', { name: 'Lost' }).click()
    await dialog().getByRole('group', { name: 'Why' }).waitFor()
    await look('dialog-lost')
    await dialog().getByRole('button', { name: 'Stopped looking' }).click()
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

  /** Everything done to Dora since, the newest first; `undone` says what was taken back. */
  const acts = async () =>
    (await timeline()).items
      .filter(({ type }) => type !== 'entry_undone')
      .map(({ type, properties, undone_at }) => ({ type, properties, undone: undone_at !== null }))

  test('from the row of the board: each act by one key or few taps, and back', async () => {
    await post('/v1/leads/dora/snooze', { until: null })
    await page.goto(`${hub.url}/call-next`)
    const row = page.getByRole('listitem').filter({ hasText: 'Dora Ellis' })
    const name = row.getByRole('link', { name: 'Dora Ellis' })
    await name.waitFor()
    const isDesk = width > 1_000
    /** Opens what a row offers: by its key at a desk, by taps on a phone. */
    const start = async (key: string, item: string): Promise<void> => {
      if (isDesk) {
        await name.focus()
        await page.keyboard.press(key)
      } else if (key === 'c') {
        await page.getByRole('button', { name: 'Log a call with Dora Ellis' }).click()
      } else {
        await page.getByRole('button', { name: 'More for Dora Ellis' }).click()
        if (key !== 's') await page.getByRole('menuitem', { name: item, exact: true }).click()
      }
    }
    /** Presses a button of a dialog or an item of a menu, by keys at a desk. */
    const press = async (role: 'button' | 'menuitem', label: string): Promise<void> => {
      const target = page.getByRole(role, { name: label, exact: true }).last()
      await target.waitFor()
      if (!isDesk) return target.click()
      await target.focus()
      await page.keyboard.press('Enter')
    }
    const undone = async (said: string): Promise<void> => {
      await page.getByText(said, { exact: true }).waitFor()
      if (isDesk) await page.keyboard.press('u')
      else await page.getByRole('button', { name: 'Undo', exact: true }).last().click()
      await page.getByText(`Undone: ${said}`, { exact: true }).waitFor()
      await name.waitFor()
    }
    const is = async (type: string, properties: object = {}): Promise<void> => {
      expect((await acts())[0]).toMatchObject({ type, properties, undone: true })
    }
    await start('c', '')
    await look('row-call')
    await press('menuitem', 'Busy')
    await undone('Call with Dora Ellis: Busy')
    await is('call_placed', { result: 'busy' })

    await start('n', 'Note')
    await dialog().getByRole('textbox').fill('Wants a garden')
    await press('button', 'Save note')
    await undone('Note on Dora Ellis')
    await is('note_added', { text: 'Wants a garden' })

    for (const [label, type] of [
      ['Toured a home', 'tour_completed'],
      ['Scheduled a tour', 'tour_scheduled'],
      ['Signed a listing', 'listing_signed'],
    ] as const) {
      await start('o', 'Outcome')
      await press('button', label)
      await undone(`Dora Ellis: ${label.toLowerCase()}`)
      await is(type)
    }
    for (const [label, save, type] of [
      ['Made an offer', 'Save offer', 'offer_submitted'],
      ['Closed', 'Save closing', 'property_purchased'],
    ] as const) {
      await start('o', 'Outcome')
      await press('button', label)
      const price = dialog().getByLabel('Price')
      await expect
        .poll(() => price.evaluate((field) => field === document.activeElement))
        .toBe(true)
      await page.keyboard.type('380000')
      if (isDesk) await page.keyboard.press('Enter')
      else await press('button', save)
      await undone(`Dora Ellis: ${label.toLowerCase()}`)
      await is(type, { price: 380_000 })
    }
    await start('o', 'Outcome')
    await press('button', 'Lost')
    await press('button', 'Never answered')
    await undone('Dora Ellis: lost')
    await is('lost', { reason: 'Never answered' })

    await start('w', 'Score is wrong')
    await dialog().getByLabel('Because').fill('Knows the area')
    await press('button', 'Send')
    await undone('What you say of the score of Dora Ellis')
    await is('score_disputed', { because: 'Knows the area' })

    await start('a', 'Assign')
    await dialog().getByRole('combobox', { name: 'Give this lead to' }).click()
    await page.getByRole('option', { name: 'Ann Agent' }).click()
    await press('button', 'Assign')
    await undone('Dora Ellis is with Ann Agent')
    await is('lead_assigned')

    await start('s', '')
    await look('row-more')
    await press('menuitem', 'For three days')
    await undone('Dora Ellis is snoozed')
    await is('lead_snoozed')

    await start('h', 'Hide')
    await undone('Dora Ellis is hidden')
    await is('lead_hidden')

    await start('m', 'Merge')
    await dialog().getByRole('combobox').fill('Dorothea')
    await page.getByRole('option', { name: /Dorothea Ellis/ }).click()
    await press('button', 'Merge')
    await undone('twin counts as Dora Ellis')
    await page.getByRole('link', { name: 'Dorothea Ellis' }).waitFor()
  }, 240_000)

  test('the leads of a simulated market say where the own ones come from', async () => {
    await hub.database.owner.query(`update workspaces set simulated = true`)
    await page.evaluate(() => sessionStorage.clear())
    await page.goto(`${hub.url}/call-next`)
    await page.reload()
    const note = page.getByRole('note').filter({ hasText: 'These leads are simulated' })
    await note.waitFor()
    await look('board-simulated')
    await note.getByRole('link', { name: 'connect GoHighLevel' }).click()
    await page.getByText('Everybody in this workspace is made up').waitFor()
    await page.getByRole('button', { name: 'Make workspace' }).waitFor()
    await page.goto(`${hub.url}/call-next`)
    await note.getByRole('link', { name: 'import a file' }).click()
    await page.getByRole('button', { name: 'Make workspace' }).waitFor()
    await hub.database.owner.query(`update workspaces set simulated = false`)
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
