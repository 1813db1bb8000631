import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { adwinFromState, createAdwin } from './adwin.ts'
import {
  createDdm,
  createEddm,
  createPageHinkley,
  ddmFromState,
  eddmFromState,
  pageHinkleyFromState,
} from './control-charts.ts'
import type { DriftDetector } from './detector.ts'
import { createKswin, kswinFromState } from './kswin.ts'

const shared = process.env['EH_SHARED'] ?? '../shared'
const golden = `${shared}/design/yardsticks/golden`

/** Rows at which the detector alarms on 0/1 errors with rate `before`, then `after` from `at` on. */
function alarms<S>(
  detector: DriftDetector<S>,
  seed: number,
  [rows, at]: [number, number],
  [before, after]: [number, number],
): number[] {
  const random = seededRandom(seed)
  const found: number[] = []
  for (let row = 0; row < rows; row++) {
    const error = random.next() < (row < at ? before : after) ? 1 : 0
    if (detector.update(error) === 'drift') found.push(row)
  }
  return found
}

test.skipIf(!existsSync(golden)).each([
  ['adwin_paper_clock1', { clock: 1, windowMin: 0, sideMin: 1 }],
  ['adwin_clock32', { clock: 32, windowMin: 0, sideMin: 1 }],
  ['adwin_moa_like_clock32_min10_sub5', {}],
])('ADWIN alarms in exactly the recorded rows: %s', (variant, options) => {
  const streams = JSON.parse(readFileSync(`${golden}/streams.json`, 'utf8')) as Record<
    string,
    Record<string, { rows: number[]; final_width: number }>
  >
  for (const name of ['drift-elec2', 'drift-sea']) {
    const errors = readFileSync(`${golden}/${name}.gnb_errors.txt`, 'utf8').replace(/\s/g, '')
    const detector = createAdwin(options)
    const rows: number[] = []
    for (let i = 0; i < errors.length; i++)
      if (detector.update(Number(errors[i])) === 'drift') rows.push(i)
    expect(rows).toEqual(streams[name]![variant]!.rows)
    expect(detector.width).toBe(streams[name]![variant]!.final_width)
  }
})

test('ADWIN keeps the mean and variance of its window', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 8 }),
      (values, buckets) => {
        const detector = createAdwin({ buckets, clock: 7 })
        for (const value of values) detector.update(value)
        const window = values.slice(values.length - detector.width)
        const mean = window.reduce((a, b) => a + b, 0) / window.length
        const variance = window.reduce((a, b) => a + (b - mean) ** 2, 0) / window.length
        expect(detector.mean).toBeCloseTo(mean, 8)
        expect(Math.abs(detector.variance - variance)).toBeLessThan(1e-7 * (1 + variance))
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

const DETECTORS: [
  string,
  () => DriftDetector<unknown>,
  (state: never) => DriftDetector<unknown>,
][] = [
  ['ADWIN', createAdwin, adwinFromState],
  ['Page-Hinkley', createPageHinkley, pageHinkleyFromState],
  ['DDM', createDdm, ddmFromState],
  ['EDDM', createEddm, eddmFromState],
  ['KSWIN', createKswin, kswinFromState],
]

describe.each(DETECTORS)('%s', (name, create, fromState) => {
  test('finds a sharp change soon', () => {
    const found = alarms(create(), 1, [6000, 3000], [0.1, 0.5])
    const after = found.filter((row) => row >= 3000)
    expect(after[0]).toBeLessThan(3400)
  })

  test('continues from its state as if never stopped', () => {
    const random = seededRandom(2)
    const whole = create()
    let resumed = create()
    for (let row = 0; row < 3000; row++) {
      const error = random.next() < (row < 1500 ? 0.1 : 0.4) ? 1 : 0
      if (row % 250 === 7)
        resumed = fromState(JSON.parse(JSON.stringify(resumed.toState())) as never)
      expect(resumed.update(error)).toBe(whole.update(error))
    }
    expect(resumed.toState()).toEqual(whole.toState())
  })

  test('refuses what is not a number', () => {
    expect(() => create().update(NaN)).toThrow(RangeError)
  })
})

test.each([
  ['ADWIN', createAdwin],
  ['ADWIN tested each row', () => createAdwin({ clock: 1, windowMin: 0, sideMin: 1 })],
  ['Page-Hinkley', createPageHinkley],
])('%s: five runs of 10,000 stationary rows without an alarm', (_, create) => {
  for (let seed = 1; seed <= 5; seed++)
    expect(alarms(create() as DriftDetector<unknown>, seed, [10_000, 0], [0.15, 0.15])).toEqual([])
})

test('KSWIN sees a change of shape that leaves the mean alone', () => {
  const random = seededRandom(6)
  const detector = createKswin()
  const found: number[] = []
  for (let row = 0; row < 2000; row++)
    if (detector.update(random.normal() * (row < 1000 ? 1 : 4)) === 'drift') found.push(row)
  expect(found.some((row) => row >= 1000 && row < 1150)).toBe(true)
})

test('options out of range are refused', () => {
  expect(() => createAdwin({ delta: 0 })).toThrow(/delta/)
  expect(() => createAdwin({ clock: 0 })).toThrow(/clock/)
  expect(() => createKswin({ windowSize: 50 })).toThrow(/windowSize/)
  expect(() => createDdm().update(0.5)).toThrow(/0 or 1/)
})
