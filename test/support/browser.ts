/** A real Chromium for tests of pages, and what a page must keep to whatever it shows. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { ADMIN } from './hub.ts'

const ROOT = join(import.meta.dirname, '../..')
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const CHROMIUM = PATHS.find((path) => existsSync(path))
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Pictures of what tests look at are kept in this folder, when it is named. */
const PICTURES = process.env['EH_PICTURES']

/** Whether there is a browser, and the pages are built. */
export const HAS_PAGES =
  CHROMIUM !== undefined && existsSync(join(ROOT, 'dashboard/dist/index.html'))

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, args: FLAGS })

/** A page of its own session; what it complains of is added to `faults`. */
export async function open(browser: Browser, width: number, faults: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 } })
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') faults.push(line.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  return page
}

/** Signs the first administrator in. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(ADMIN.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor({ state: 'attached' })
}

/** Waits until the page shows what it has to show. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
}

/** Nothing scrolls sideways, everything has a name, headings do not skip, small text is readable. */
export async function look(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) })
  // Colors fade from one scheme to the other: what counts is where they arrive.
  await page.evaluate(atRest)
  expect(await page.evaluate(faultsOfPage), name).toEqual([])
}

/** Runs in the page: until nothing that ends by itself moves or fades any more. */
async function atRest(): Promise<void> {
  const isFinite = (one: Animation) => one.effect?.getComputedTiming().endTime !== Infinity
  for (;;) {
    // Two frames: what was just set has begun to fade by then.
    for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
    const moving = document.getAnimations().filter(isFinite)
    if (moving.length === 0) return
    await Promise.allSettled(moving.map((one) => one.finished))
  }
}

/** Runs in the page: everything inside itself. */
function faultsOfPage(): string[] {
  const faults: string[] = []
  const excess = document.documentElement.scrollWidth - innerWidth
  if (excess > 0) faults.push(`scrolls sideways by ${excess} px`)
  const isSeen = (element: Element): boolean => {
    const box = element.getBoundingClientRect()
    return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility === 'visible'
  }
  const isHidden = (element: Element): boolean => element.closest('[aria-hidden=true]') !== null
  const saidOf = (element: Element): string => element.outerHTML.slice(0, 120)
  const nameOf = (element: Element): string => {
    const by = element.getAttribute('aria-labelledby')?.split(' ') ?? []
    const labels = (element as HTMLInputElement).labels ?? []
    return [
      element.getAttribute('aria-label'),
      ...by.map((id) => document.getElementById(id)?.textContent),
      ...[...labels].map((label) => label.textContent),
      element.matches('input, select, textarea') ? '' : element.textContent,
    ].join('')
  }
  const controls =
    'a, button, input:not([type=hidden]), select, textarea, table, [role=img], [role=progressbar]'
  for (const element of document.querySelectorAll(controls))
    if (isSeen(element) && !isHidden(element) && nameOf(element).trim() === '')
      faults.push(`no name: ${saidOf(element)}`)
  const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) =>
    Number(h.tagName[1]),
  )
  if (levels.filter((level) => level === 1).length !== 1) faults.push('not one first heading')
  levels.forEach((level, i) => {
    if (i > 0 && level > levels[i - 1]! + 1) faults.push(`heading ${level} after ${levels[i - 1]}`)
  })
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  if (new Set(ids).size < ids.length) faults.push('two elements have the same id')

  type Color = [number, number, number, number]
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
  const colorOf = (text: string): Color => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = text
    canvas.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = (top: Color, below: Color): Color => {
    const mix = (i: 0 | 1 | 2) => top[i] * top[3] + below[i] * (1 - top[3])
    return [mix(0), mix(1), mix(2), 1]
  }
  const behind = (element: Element | null): Color => {
    if (element === null) return [255, 255, 255, 1]
    const own = colorOf(getComputedStyle(element).backgroundColor)
    return own[3] === 1 ? own : over(own, behind(element.parentElement))
  }
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = ([r, g, b]: Color): number => {
    const linear = [r, g, b].map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!
  }
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '',
    )
    const isDisabled = element.closest('[disabled], [data-disabled], [data-loading]') !== null
    if (!hasText || isDisabled || element.closest('svg') !== null || !isSeen(element)) continue
    const ground = behind(element)
    const color = over(colorOf(getComputedStyle(element).color), ground)
    const [light, dark] = [luminance(ground), luminance(color)].sort((a, b) => b - a)
    const ratio = (light! + 0.05) / (dark! + 0.05)
    if (ratio < 4.5)
      faults.push(`contrast ${ratio.toFixed(2)}: ${element.textContent.slice(0, 40)}`)
  }
  return [...new Set(faults)]
}
