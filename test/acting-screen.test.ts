/** Acting on leads in a real browser, at the width of a phone and of a desk. */
import { expect, test } from 'vitest'
import { HAS_PAGES, launch, look, open, signIn } from './support/browser.ts'
import { startHub } from './support/hub.ts'

test.skipIf(!HAS_PAGES)(
  'a call is logged, a lead hidden and both are undone with a tap',
  async () => {
    await using hub = await startHub()
    const as = await hub.login()
    const browser = await launch()
    const faults: string[] = []
    try {
      for (const width of [390, 1366]) {
        const body = { lead_id: `w${width}`, name: 'Wanda Field' }
        await hub.call('POST', '/v1/leads', { as, body })
        const page = await open(browser, width, faults)
        await signIn(page, `${hub.url}/leads`)
        await page.getByRole('button', { name: 'Log a call with Wanda Field' }).click()
        await page.getByRole('menuitem', { name: 'No answer' }).click()
        await page.getByText('Call with Wanda Field: No answer').waitFor()
        await look(page, `acting-leads-${width}`)
        const happened = await hub.call('GET', `/v1/leads/w${width}/timeline`, { as })
        expect(happened.body).toMatchObject({ items: [{ type: 'call_placed', undone_at: null }] })
        await page.getByRole('button', { name: 'Undo', exact: true }).click()
        await page.getByText('Undone: Call with Wanda Field').waitFor()
        const after = await hub.call('GET', `/v1/leads?q=w${width}`, { as })
        expect(after.body).toMatchObject({ items: [{ last_event: null }] })

        await page.getByRole('button', { name: 'More for Wanda Field' }).click()
        await page.getByRole('menuitem', { name: 'Hide' }).click()
        await page.getByText('Wanda Field is hidden', { exact: true }).waitFor()
        await page.getByRole('link', { name: 'Wanda Field' }).waitFor({ state: 'detached' })
        await page.getByRole('button', { name: 'Undo', exact: true }).click()
        await page.getByRole('link', { name: 'Wanda Field' }).click()
        await page.getByRole('group', { name: 'Actions' }).waitFor()
        await look(page, `acting-lead-${width}`)
        await page.keyboard.press('n')
        await page.getByRole('textbox', { name: 'Note' }).fill('Likes gardens')
        await look(page, `acting-note-${width}`)
        await page.getByRole('button', { name: 'Save note' }).click()
        await page.getByText('Note on Wanda Field').waitFor()
        await page.getByText('Note added').first().waitFor()
        await page.close()
        const noted = await hub.call('GET', `/v1/leads/w${width}/export`, { as })
        expect(JSON.stringify(noted.body)).toContain('Likes gardens')
        await hub.call('POST', `/v1/leads/w${width}/hide`, { as, body: {} })
      }
      expect(faults).toEqual([])
    } finally {
      await browser.close()
    }
  },
  120_000,
)

test.skipIf(!HAS_PAGES)(
  'what is known: quality of a lead, completeness of features, a hook that adds to it',
  async () => {
    await using hub = await startHub()
    const as = await hub.login()
    await hub.call('POST', '/v1/leads', { as, body: { lead_id: 'thin', name: 'Thea Field' } })
    const browser = await launch()
    const faults: string[] = []
    try {
      const page = await open(browser, 390, faults)
      await signIn(page, `${hub.url}/leads/thin`)
      const quality = page.getByRole('region', { name: 'Data quality' })
      await quality.getByText('data too thin').waitFor()
      await quality.getByText(/Add next: Behavior \(5 events\)/).waitFor()
      await look(page, 'quality-lead')
      await page.goto(`${hub.url}/models`)
      await page.getByText(/A feature is known for .* of leads on average/).waitFor()
      await page.getByRole('button', { name: /^Property/ }).click()
      await page
        .getByRole('row', { name: /^Homes looked at/ })
        .first()
        .waitFor()
      await look(page, 'coverage-models')
      await page.goto(`${hub.url}/integrations`)
      await page.getByLabel('Name of the hook').fill('Data provider')
      await page.getByLabel('HTTPS address').fill('https://data.example.com/leads')
      await page.getByRole('button', { name: 'Register hook' }).click()
      await page.getByText('Copy the key of its signature now').waitFor()
      await page.getByRole('table', { name: 'Enrichment hooks' }).getByText('0 answered').waitFor()
      await look(page, 'enrichment-integrations')
      expect(faults).toEqual([])
    } finally {
      await browser.close()
    }
  },
  120_000,
)
