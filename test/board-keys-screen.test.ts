/** Acting on the board by keys alone, and by tap; and who is off duty. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { WEEKDAYS } from '../src/core/index.ts'
import { HAS_PAGES, launch, open, signIn } from './support/browser.ts'
import { startHub, type Hub } from './support/hub.ts'

const DAY_MS = 86_400_000

describe.skipIf(!HAS_PAGES)('the board', () => {
  let hub: Hub
  let as: string
  let browser: Browser
  const faults: string[] = []
  const post = (path: string, body: unknown) => hub.call('POST', path, { as, body })
  beforeAll(async () => {
    hub = await startHub()
    as = await hub.login()
    for (const [id, name] of [
      ['dora', 'Dora Ellis'],
      ['mia', 'Mia Park'],
    ])
      await post('/v1/leads', { lead_id: id, name })
    const password = 'long enough for all'
    await post('/v1/users', { email: 'a@x.example', name: 'Ann Agent', role: 'agent', password })
    const ann = await hub.login('a@x.example', password)
    // Three days ahead: not now, in no time zone.
    const day = WEEKDAYS[(new Date(Date.now() + 3 * DAY_MS).getUTCDay() + 6) % 7]!
    const working_hours = { [day]: { from: '09:00', to: '17:00' } }
    await hub.call('PATCH', '/v1/me', { as: ann, body: { working_hours, time_zone: 'UTC' } })
    const me = await hub.call('GET', '/v1/me', { as: ann })
    const { user } = me.body as { user: { user_id: number } }
    const given = await post('/v1/leads/mia/assign', { user_id: user.user_id })
    expect(given.status).toBeLessThan(300)
    browser = await launch()
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await hub.close()
    expect(faults).toEqual([])
  })

  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let i = 0; i < 60; i++) {
      if ((await focused(page)) === name) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not reach "${name}"`)
  }
  const backAt = (page: Page, name: string) =>
    expect.poll(() => focused(page), { timeout: 10_000 }).toBe(name)

  test('by keys: a call, a note and a dialog left; the focus comes back to the row', async () => {
    const page = await open(browser, 1366, faults)
    await signIn(page, hub.url)
    await page.getByRole('list', { name: 'Leads to call next' }).waitFor()
    const call = 'Log a call with Dora Ellis'
    await tabTo(page, call)
    const enter = async (item: string): Promise<void> => {
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: item, exact: true }).waitFor()
      // The menu takes the focus once it has come in.
      const isAt = async () =>
        (await page.locator(':focus').getByText(item, { exact: true }).count()) === 1
      for (let i = 0; i < 40 && !(await isAt()); i++) {
        await page.keyboard.press('ArrowDown')
        await page.waitForTimeout(50)
      }
      await page.keyboard.press('Enter')
    }
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Reached' }).waitFor()
    await page.keyboard.press('Escape')
    await backAt(page, call)
    await enter('Left a voicemail')
    await page.getByText('Call with Dora Ellis: Left a voicemail').waitFor()
    await backAt(page, call)

    const more = 'More for Dora Ellis'
    await tabTo(page, more)
    for (const item of ['Note', 'Outcome', 'Score is wrong', 'Assign', 'Merge']) {
      await enter(item)
      await page.getByRole('dialog').waitFor()
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null))
        .toBe(true)
      // The first one closes a list of choices that has opened.
      for (let i = 0; i < 3 && (await page.getByRole('dialog').isVisible()); i++) {
        await page.keyboard.press('Escape')
        await page.waitForTimeout(500)
      }
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await backAt(page, more)
    }
    await enter('Note')
    // The field takes the focus once the dialog has come in.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.keyboard.type('Wants a garden')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('Note on Dora Ellis').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await backAt(page, more)
    const answer = await hub.call('GET', '/v1/leads/dora/timeline', { as })
    const { items } = answer.body as { items: { type: string }[] }
    const types = items.map(({ type }) => type)
    expect(types).toEqual(['note_added', expect.stringMatching(/^call_/)])
    await page.close()
  }, 120_000)

  test('a note that could not be saved is not lost: it is there to be saved again', async () => {
    const page = await open(browser, 1366, [])
    await signIn(page, hub.url)
    await page.getByRole('button', { name: 'More for Mia Park' }).click()
    await page.getByRole('menuitem', { name: 'Note', exact: true }).click()
    await page.getByRole('textbox', { name: 'Note' }).fill('Has two dogs')
    await page.route('**/notes', (route) => route.abort(), { times: 1 })
    const save = page.getByRole('button', { name: 'Save note' })
    await save.click()
    await page.getByText('Not done: Note on Mia Park').waitFor()
    expect(await page.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('Has two dogs')
    await save.click()
    await page.getByText('Note on Mia Park', { exact: true }).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.close()
  }, 120_000)

  test('whose agent is off duty is said, and left out when asked', async () => {
    const page = await open(browser, 390, faults)
    await signIn(page, hub.url)
    await page.getByText(/Ann Agent off duty until \w+day/).waitFor()
    await page.getByRole('switch', { name: 'Someone on duty' }).check()
    await page.getByRole('link', { name: 'Mia Park' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Dora Ellis' }).waitFor()
    expect(await page.getByText('Someone on duty (1 left out)').count()).toBe(1)
    await page.getByRole('button', { name: 'Log a call with Dora Ellis' }).click()
    await page.getByRole('menuitem', { name: 'Busy' }).click()
    await page.getByText('Call with Dora Ellis: Busy').waitFor()
    await page.close()
  }, 120_000)
})
