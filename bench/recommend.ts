/**
 * Recommenders on the published LightGCN splits of LastFM and Gowalla: settings and blend weights
 * chosen on valid after training on train, then trained on train + valid and judged on test by full
 * ranking with known items masked. Writes the sections `recommend-...` of docs/CLAIMS.md.
 *
 *   node bench/recommend.ts [speed] [lastfm] [published] [gowalla]
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  evaluateRanking,
  foldIn,
  recommenderFromState,
  selectRecommender,
  trainIals,
  trainRecommender,
  type IalsOptions,
  type RankingQuality,
} from '../src/learners/index.ts'
import { sparseFromEntries, type SparseMatrix } from '../src/math/index.ts'
import { writeClaims } from './claims.ts'

const SHARED = process.env['EH_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')
const K = 20
const clock = { now: Date.now, monotonic: () => performance.now() }

/** What was published or measured elsewhere on the same split: recall@20 / ndcg@20. */
const REFERENCES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  lastfm: [
    ['iALS 64 factors (numpy)', '.2858 / .2817'],
    ['EASE (numpy)', '.2727 / .2763'],
  ],
  gowalla: [
    ['LightGCN, 3 layers (its README)', '.1824 / .1547'],
    ['GF-CF (its reference code)', '.1849 / .1518'],
    ['iALS 128 factors (numpy)', '.1644 / .1355'],
  ],
}
/** The settings that the numpy reference chose on valid, for a comparison like with like. */
const REFERENCE_IALS: Readonly<Record<string, Partial<IalsOptions>>> = {
  lastfm: { factors: 64, unobserved: 0.1, regularisation: 0.003, epochs: 16 },
  gowalla: { factors: 64, unobserved: 0.01, regularisation: 0.003, epochs: 5 },
}
const BUDGET_MS: Readonly<Record<string, number>> = { lastfm: 900_000, gowalla: 400_000 }

interface Split {
  readonly train: SparseMatrix
  readonly valid: SparseMatrix
  readonly full: SparseMatrix
  readonly test: SparseMatrix
}

/** One line a person: the person's number, then the numbers of the items. */
function readLists(name: string, part: string): [users: number[], items: number[]] {
  const file = join(SHARED, 'data', 'recsys', `${name}.${part}.txt.gz`)
  if (!existsSync(file))
    throw new Error(`${file} is missing: set EH_SHARED to the folder with the public data`)
  const users: number[] = []
  const items: number[] = []
  for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
    const [user, ...list] = line.trim().split(' ').map(Number)
    for (const item of list) {
      users.push(user!)
      items.push(item)
    }
  }
  return [users, items]
}

function readSplit(name: string): Split {
  const parts = ['train', 'valid', 'test'].map((part) => readLists(name, part))
  const largest = (at: 0 | 1): number =>
    parts.reduce((max, part) => part[at].reduce((a, b) => Math.max(a, b), max), 0)
  const [users, items] = [largest(0) + 1, largest(1) + 1]
  const matrix = (...which: number[]): SparseMatrix =>
    sparseFromEntries(
      users,
      items,
      which.flatMap((p) => parts[p]![0]),
      which.flatMap((p) => parts[p]![1]),
    )
  return { train: matrix(0), valid: matrix(1), full: matrix(0, 1), test: matrix(2) }
}

const decimals = (value: number, n = 4): string => value.toFixed(n)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

function row(name: string, quality: RankingQuality, settings: string): string {
  const cells = [quality.recall, quality.ndcg, quality.map, quality.coverage, quality.gini]
  const line = `| ${[name, ...cells.map((cell) => decimals(cell)), settings].join(' | ')} |`
  say(line)
  return line
}

function quality(name: string): string {
  const split = readSplit(name)
  const { full, test } = split
  const taken = `${full.rows} people x ${full.cols} items, ${full.indices.length} interactions`
  say(`${name}: ${taken}`)
  const selection = selectRecommender(
    full,
    {
      family: 'auto',
      k: K,
      budgetMs: BUDGET_MS[name]!,
      seed: 0,
      clock,
      split: { train: split.train, held: split.valid },
    },
    { progress: (fraction, note) => say(`  ${Math.round(100 * fraction)} % ${note ?? ''}`) },
  )
  const families = [...new Set(selection.trials.map(({ family }) => family))]
  const lines = families.map((family) => {
    const trials = selection.trials.filter((trial) => trial.family === family)
    const best = trials.reduce((a, b) => (b.quality > a.quality ? b : a))
    const state = trainRecommender(family, full, best.settings, 0)
    const judged = evaluateRanking(recommenderFromState(state), full, test, K)
    return row(family, judged, JSON.stringify(best.settings).replace(/["{}]/g, ''))
  })
  const same = REFERENCE_IALS[name]!
  const state = trainIals(full, same)
  const text = JSON.stringify(same).replace(/["{}]/g, '')
  const likewise = evaluateRanking(recommenderFromState(state), full, test, K)
  lines.push(row('als, settings of the numpy reference', likewise, text))
  const judged = evaluateRanking(recommenderFromState(selection.state), full, test, K)
  const weights = selection.parts.map(({ family, weight }) => `${family} x ${weight}`).join(', ')
  lines.push(row('**auto**', judged, weights))
  const references = REFERENCES[name]!.map(([model, figures]) => `${model} ${figures}`).join('; ')
  return [
    `## Recommenders on ${name}: ${taken}, ${test.indices.length} in test`,
    '',
    'Full ranking over all items, known items masked; settings and weights chosen on valid only.',
    '',
    '| model | recall@20 | ndcg@20 | map@20 | coverage | gini | settings chosen on valid |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `For comparison, recall@20 / ndcg@20: ${references}.`,
  ].join('\n')
}

/** Milliseconds of `times` runs of `work`: the median. */
function median(times: number, work: (n: number) => void): number {
  const taken = Array.from({ length: times }, (_, n) => {
    const from = performance.now()
    work(n)
    return performance.now() - from
  })
  return taken.sort((a, b) => a - b)[times >> 1]!
}

function speed(): string {
  const { full } = readSplit('gowalla')
  // Other work on the machine stretches the clock but not the processor time.
  const spent = (): number => process.cpuUsage().user / 1000
  const marks = [{ wall: performance.now(), processor: spent() }]
  const progress = (fraction: number): void => {
    if (Math.abs(fraction * 5 - Math.round(fraction * 5)) < 1e-9)
      marks.push({ wall: performance.now(), processor: spent() })
  }
  const options = { factors: 64, unobserved: 0.01, regularisation: 0.003, epochs: 5 }
  const state = trainIals(full, options, { progress })
  const seconds = (kind: 'wall' | 'processor'): string => {
    const epochs = marks.slice(1).map((mark, n) => mark[kind] - marks[n]![kind])
    return decimals(epochs.sort((a, b) => a - b)[2]! / 1000, 2)
  }
  const recommender = recommenderFromState(state)
  const out = new Float32Array(full.cols)
  const fold = median(2001, (n) => foldIn(state, full, n, n + 1))
  const all = median(2001, (n) => recommender.score(full, n, n + 1, out))
  return [
    '## Speed of iALS, 64 factors, Gowalla, one thread',
    '',
    `One iteration (all people, all items, exact), median of five: ${seconds('wall')} s by the clock,`,
    `${seconds('processor')} s of processor time (numpy reference: 2.7 s by the clock).`,
    `A new person folded in: ${decimals(fold, 3)} ms (median of 2,001), and with all`,
    `${full.cols} items scored: ${decimals(all, 2)} ms.`,
  ].join('\n')
}

/** GF-CF as its authors publish it for Gowalla: nothing is chosen by us. */
function published(): string {
  const { full, test } = readSplit('gowalla')
  const settings = { rank: 256, lowPass: 0.3, userExponent: 0.5, itemExponent: 0.5 }
  const state = trainRecommender('gfcf', full, settings, 0)
  const judged = evaluateRanking(recommenderFromState(state), full, test, K)
  return [
    '## GF-CF on Gowalla with the settings of its authors',
    '',
    'Full ranking over all items, known items masked; nothing tuned.',
    '',
    '| model | recall@20 | ndcg@20 | map@20 | coverage | gini | settings |',
    '|---|---|---|---|---|---|---|',
    row('gfcf', judged, JSON.stringify(settings).replace(/["{}]/g, '')),
    '',
    `For comparison: ${REFERENCES['gowalla']!.map((pair) => pair.join(' ')).join('; ')}.`,
  ].join('\n')
}

const SECTIONS: Readonly<Record<string, readonly [measure: () => string, data: string]>> = {
  speed: [speed, 'Gowalla (published LightGCN split), train + valid'],
  lastfm: [() => quality('lastfm'), 'LastFM (published LightGCN split)'],
  published: [published, 'Gowalla (published LightGCN split)'],
  gowalla: [() => quality('gowalla'), 'Gowalla (published LightGCN split)'],
}

const asked = process.argv.slice(2)
for (const name of asked.length > 0 ? asked : Object.keys(SECTIONS)) {
  const section = SECTIONS[name]
  if (section === undefined)
    throw new Error(`${name} is not one of ${Object.keys(SECTIONS).join(', ')}`)
  const [measure, data] = section
  const command = `node bench/recommend.ts ${name}`
  writeClaims(`recommend-${name}`, measure(), { data, command })
}
