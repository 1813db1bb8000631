/** Connecting GoHighLevel in a real browser, against the stand-in of its API. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { loadOperations, seedLocation, startFake } from '../src/integrations/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { systemClock } from '../src/platform/index.ts'
import { ADMIN, startHub } from './support/hub.ts'

const ROOT = join(import.meta.dirname, '..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
const isBuilt = existsSync(join(ROOT, 'dashboard/dist/index.html'))
const PICTURES = process.env['EH_PICTURES']
const JOURNEY_MS = 60_000
const TOKEN = 'pit-test-token'

test.skipIf(CHROMIUM === undefined || !isBuilt)(
  'a location is connected, imported, refused with what to do, and workflows get an address',
  async () => {
    const fake = await startFake({
      operations: await loadOperations(process.env['EH_SHARED'] ?? '../shared'),
      location: seedLocation({
        ...{ locationId: 'loc1', contacts: 20, messages: 120, users: 2 },
        ...{ until: Date.parse('2026-06-01T00:00:00Z'), random: seededRandom(5) },
      }),
      ...{ token: TOKEN, port: 0, clock: systemClock, faults: { burst: null, delay_ms: 60 } },
    })
    await using hub = await startHub({ GHL_BASE_URL: fake.url })
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
    const faults: string[] = []
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 800 } })
      page.setDefaultTimeout(JOURNEY_MS)
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (line) => {
        // A refused token is told by the browser as well.
        if (line.type() === 'error' && !line.text().includes('422')) faults.push(line.text())
      })
      const look = async (name: string): Promise<void> => {
        for (const [width, colorScheme] of [
          [390, 'light'],
          [390, 'dark'],
          [1366, 'light'],
        ] as const) {
          await page.setViewportSize({ width, height: 800 })
          await page.emulateMedia({ colorScheme })
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          expect(wide, `${name} scrolls sideways at ${width}`).toBeLessThanOrEqual(0)
          if (PICTURES === undefined) continue
          const path = join(PICTURES, `ghl-${name}-${width}-${colorScheme}.png`)
          await page.screenshot({ path, fullPage: true })
        }
      }
      await page.goto(`${hub.url}/integrations`)
      await page.getByLabel('E-mail').fill(ADMIN.email)
      await page.getByRole('textbox', { name: 'Password' }).fill(ADMIN.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('No location was imported yet').waitFor()
      await look('empty')
      await page.getByLabel('Location id').fill('loc1')
      const token = page.getByRole('textbox', { name: 'Private integration token' })
      await token.fill('pit-wrong-token')
      await page.getByRole('button', { name: 'Connect and import' }).click()
      await page.getByText('Make a new one under Settings').waitFor()
      await look('wrong-token')
      await token.fill(TOKEN)
      await page.getByRole('button', { name: 'Connect and import' }).click()
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('heading', { name: /^Paused/ }).waitFor()
      await look('paused')
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.getByRole('heading', { name: /^Imported/ }).waitFor()
      const made = page.getByRole('row', { name: 'Leads made' })
      expect(await made.innerText()).toMatch(/20/)
      await page.getByLabel('Name of the workflow').fill('New lead')
      await page.getByRole('button', { name: 'Make a secret address' }).click()
      const address = page.getByText(/\/api\/ghl\/webhook\/[\w-]{43}$/)
      const sent = await fetch(await address.innerText(), {
        method: 'POST',
        body: JSON.stringify({ contact_id: 'flow-1', full_name: 'Mia Park', customData: {} }),
      })
      expect(sent.status).toBe(200)
      await fetch(`${hub.url}/api/ghl/webhook`, { method: 'POST', body: '{}' })
      await page.reload()
      await page.getByText('Last received').waitFor()
      await page.getByText('X-GHL-Signature is missing').waitFor()
      await look('imported')
      await page.getByRole('button', { name: 'Revoke New lead' }).click()
      await page.getByRole('button', { name: 'Really revoke? New lead' }).click()
      await page.getByText('revoked').waitFor()
      expect(faults).toEqual([])
    } finally {
      await browser.close()
      await fake.close()
    }
  },
  2 * JOURNEY_MS,
)
