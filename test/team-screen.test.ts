/** A team in real browsers: invited, joined, at work, disabled. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ADMIN, startHub } from './support/hub.ts'

const ROOT = join(import.meta.dirname, '..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
const isBuilt = existsSync(join(ROOT, 'dashboard/dist/index.html'))
const PICTURES = process.env['EH_PICTURES']
const PASSWORD = 'a password of some length'

/** What the product is expected to refuse here, which a browser writes to its console too. */
const REFUSED = /the server responded with a status of (401|410)/

interface Seat {
  readonly context: BrowserContext
  readonly page: Page
  readonly look: (name: string) => Promise<void>
}

async function seat(browser: Browser, width: number, faults: string[]): Promise<Seat> {
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error' && !REFUSED.test(line.text()))
      faults.push(`${line.text()} ${line.location().url}`)
  })
  const look = async (name: string): Promise<void> => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wide, `${name} scrolls sideways at ${width}`).toBeLessThanOrEqual(0)
    if (PICTURES === undefined) return
    await page.screenshot({
      path: join(PICTURES, `${name}-${width}.png`),
      fullPage: true,
      animations: 'disabled',
    })
  }
  return { context, page, look }
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test.skipIf(CHROMIUM === undefined || !isBuilt)(
  'invited, joined without seeing what is for administrators, disabled and out',
  async () => {
    await using hub = await startHub()
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
    const faults: string[] = []
    try {
      const boss = await seat(browser, 1366, faults)
      const agent = await seat(browser, 390, faults)
      await boss.page.goto(`${hub.url}/team`)
      await signIn(boss.page, ADMIN.email, ADMIN.password)
      await boss.page.getByText('Nobody is invited at the moment').waitFor()
      await boss.page.getByLabel('E-mail address').fill('ann@example.com')
      await boss.page.keyboard.press('Enter')
      const shown = boss.page.getByRole('status').locator('code')
      const link = await shown.innerText()
      expect(link).toMatch(/^http.*\/join#eh_in_/)
      await boss.page.getByRole('table', { name: 'Invitations' }).getByText('ann@').waitFor()
      await boss.look('team-invited')

      await agent.page.goto(link)
      await agent.page.getByLabel('Your name').fill('Ann Agent')
      await agent.page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
      await agent.look('join')
      await agent.page.getByRole('button', { name: 'Join Main' }).click()
      await agent.page.getByRole('heading', { name: 'Call next' }).waitFor()
      await agent.page.getByRole('button', { name: 'Navigation' }).click()
      const pages = agent.page.getByRole('navigation', { name: 'Pages' })
      await pages.getByRole('link', { name: 'Leads' }).waitFor()
      const names = await pages.getByRole('link').allInnerTexts()
      expect(names).toEqual(['Call next', 'Leads', 'Models', 'Workspaces', 'Status'])
      await agent.page.goto(`${hub.url}/team`)
      await agent.page.getByText('This page is for others').waitFor()
      await agent.page.getByRole('button', { name: 'Account' }).click()
      await agent.page.getByRole('menuitem', { name: 'Your profile' }).click()
      await agent.page.getByRole('checkbox', { name: 'Monday' }).check()
      await agent.page.getByRole('button', { name: 'Save profile' }).click()
      await agent.page.getByText('Your profile is saved').waitFor()
      await agent.look('profile')
      await agent.page.emulateMedia({ colorScheme: 'dark' })
      await agent.page.getByRole('button', { name: 'Navigation' }).click()
      await agent.page.getByRole('link', { name: 'Workspaces' }).click()
      await agent.page.getByText('you are here').waitFor()
      await agent.look('workspaces-dark')
      // The link is worth nothing to whoever finds it.
      const finder = await seat(browser, 390, faults)
      await finder.page.goto(link)
      await finder.page.getByText('This link was used already').waitFor()
      await finder.look('join-used')
      await finder.context.close()

      await boss.page.reload()
      await boss.page.getByRole('button', { name: 'Change Ann Agent' }).click()
      await boss.page.getByRole('button', { name: 'Make a link for a new password' }).click()
      await boss.page.getByText('It works once, for a day.').waitFor()
      await boss.look('member')
      await boss.page.getByRole('button', { name: 'Disable Ann Agent' }).click()
      await boss.page.getByRole('button', { name: 'Really disable? Ann Agent' }).click()
      await boss.page.getByRole('button', { name: 'Enable' }).waitFor()
      await boss.page.keyboard.press('Escape')

      // Any next step, without a reload.
      await agent.page.getByRole('button', { name: 'Navigation' }).click()
      await agent.page.getByRole('link', { name: 'Leads' }).click()
      await agent.page.getByRole('button', { name: 'Sign in' }).waitFor()
      await signIn(agent.page, 'ann@example.com', PASSWORD)
      await agent.page.getByText('E-mail or password is wrong').waitFor()

      await boss.page.getByRole('link', { name: 'Audit log' }).click()
      await boss.page.getByText('The chain of entries is intact.').waitFor()
      await boss.page.getByText('invitation.accepted').waitFor()
      await boss.look('audit')
      await boss.page.getByPlaceholder('Everything').click()
      await boss.page.getByRole('option', { name: 'Refused sign-ins' }).click()
      await boss.page.getByText('invitation.accepted').waitFor({ state: 'detached' })
      await boss.page.getByText('session.refused').waitFor()
      const saving = boss.page.waitForEvent('download')
      await boss.page.getByRole('button', { name: 'Save as CSV' }).click()
      expect((await saving).suggestedFilename()).toBe('audit.csv')
      await boss.page.setViewportSize({ width: 390, height: 800 })
      await boss.page.emulateMedia({ colorScheme: 'dark' })
      await boss.page.getByRole('button', { name: 'Navigation' }).waitFor()
      await boss.look('audit-dark')
      await boss.page.getByRole('button', { name: 'Navigation' }).click()
      await boss.page.getByRole('link', { name: 'Team' }).click()
      await boss.page.getByText('disabled').waitFor()
      await boss.look('team-dark')
      expect(faults).toEqual([])
    } finally {
      await browser.close()
    }
  },
  120_000,
)
