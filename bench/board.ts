/**
 * From event to screen: the whole product, default settings, a simulated market streaming into it
 * (`simulate --live`), the call-next list open in Chromium. Events are sent for leads on the list,
 * one at a time, and the time is taken from before the request until the row of the lead says what
 * happened. Writes docs/CLAIMS.md.
 *
 *     node bench/board.ts [--events 60] [--rate 20]
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { seededRandom } from '../src/math/index.ts'
import { HAS_PAGES, launch, open, settled, signIn } from '../test/support/browser.ts'
import { ADMIN } from '../test/support/hub.ts'
import { writeClaims } from './claims.ts'
import { startLiveProduct, type LiveProduct } from './live-product.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20' },
  },
})
const EVENTS = Number(values.events)
const RATE = Number(values.rate)
/** What an event is called on the list. */
const LABELS = { search_executed: 'Ran a search', page_visit: 'Visited a page' }
const MAIN = join(import.meta.dirname, '../src/cli/main.ts')
/** Long enough for a first page of scored leads. */
const WARM_UP_MS = 20_000

const random = seededRandom(11)

function stream({ url, key }: LiveProduct) {
  const market = ['--leads', '400', '--days', '60', '--stamp', 'now', '--rate', String(RATE)]
  const args = [MAIN, 'simulate', '--live', url, '--key', key, ...market]
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/**
 * Runs in the page: when (milliseconds since the epoch) the row of a lead says `label`; Infinity
 * when it still does not after five seconds, null when the row left the list before it did.
 */
const said = ([id, label]: readonly [string, string]): Promise<number | null> =>
  new Promise((resolve) => {
    const end = (at: number | null): void => {
      watch.disconnect()
      clearTimeout(late)
      resolve(at)
    }
    const late = setTimeout(() => end(Infinity), 5_000)
    const look = (): void => {
      const row = document.querySelector(`[data-lead="${id}"]`)
      if (row === null) end(null)
      else if (row.textContent.includes(label)) end(Date.now())
    }
    const watch = new MutationObserver(look)
    watch.observe(document.body, { subtree: true, childList: true, characterData: true })
  })

/** Milliseconds from sending an event until it is on the list; undefined: it could not be told. */
async function once(page: Page, { url, key }: LiveProduct): Promise<number | undefined> {
  const rows = await page
    .locator('[data-lead]')
    .evaluateAll((items) =>
      items.map((item) => [(item as HTMLElement).dataset['lead']!, item.textContent] as const),
    )
  const [leadId, text] = rows[random.int(Math.min(8, rows.length))]!
  const type = text.includes(LABELS.search_executed) ? 'page_visit' : 'search_executed'
  // A row that says both already could not show the difference.
  if (text.includes(LABELS[type])) return undefined
  const seen = page.evaluate(said, [leadId, LABELS[type]] as const)
  await sleep(100)
  const at = Date.now()
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ lead_id: leadId, type }),
  })
  if (response.status !== 202) throw new Error(`answered ${response.status}`)
  const shown = await seen
  return shown === null ? undefined : shown - at
}

if (!HAS_PAGES) throw new Error('needs Chromium and the built dashboard (npm run build)')
const product = await startLiveProduct({
  EH_ADMIN_EMAIL: ADMIN.email,
  EH_ADMIN_PASSWORD: ADMIN.password,
})
const market = stream(product)
const browser = await launch()
try {
  await sleep(WARM_UP_MS)
  const page = await open(browser, 1366, [])
  await signIn(page, product.url)
  await page.goto(`${product.url}/call-next`)
  await settled(page)
  await page.getByText('live', { exact: true }).waitFor()
  const times: number[] = []
  for (let tries = 0; times.length < EVENTS && tries < 3 * EVENTS; tries++) {
    const time = await once(page, product)
    if (time !== undefined) times.push(time)
    await sleep(100 + random.int(300))
  }
  if (times.length < EVENTS) throw new Error(`only ${times.length} events could be told apart`)
  times.sort((a, b) => a - b)
  const at = (share: number): string => `${times[Math.ceil(share * times.length) - 1]} ms`
  const table = [
    '## From event to screen',
    '',
    '| What | Measured | Target |',
    '|---|---|---|',
    `| Event to the row of its lead in the browser, p50 | ${at(0.5)} | 200 ms |`,
    `| the same, p95 | ${at(0.95)} | |`,
    `| slowest of those shown | ${Math.max(...times.filter(Number.isFinite))} ms | |`,
    `| overtaken by a later event of the lead, or not shown within 5 s | ` +
      `${times.filter((time) => time === Infinity).length} of ${EVENTS} | |`,
  ].join('\n')
  process.stdout.write(`${table}\n`)
  writeClaims('board', table, {
    data: `${EVENTS} events of leads on the list, ${RATE} events/s of a simulated market beside them`,
    command: ['node bench/board.ts', ...process.argv.slice(2)].join(' '),
  })
} finally {
  await browser.close()
  market.kill('SIGTERM')
  await product.close()
}
