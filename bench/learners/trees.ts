/** Speed of boosting, forest, prediction and explanation, beside scikit-learn and XGBoost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  rocAuc,
  takeRows,
  trainForest,
  trainGbdt,
  trainGbdtTogether,
  type Frame,
  type GbdtModel,
} from '../../src/learners/index.ts'
import type { Parallel } from '../../src/core/index.ts'
import { seededRandom } from '../../src/math/index.ts'
import { startThreads } from '../../src/platform/index.ts'
import { startReference, type Reference, type ReferenceRun } from './reference-trees.ts'

const COLUMNS = 57
const TRAIN = 200_000
const TEST = 20_000
const FOREST = { rows: 20_000, trees: 300, depth: 12 }
const BOOSTING = { trees: 200, maxDepth: 6, maxLeaves: 64, learningRate: 0.1, maxBins: 255 }

interface Spent {
  readonly wall: number
  readonly cpu: number
}

interface Table {
  readonly frame: Frame
  readonly labels: Float64Array
  /** float32 features row after row, then labels, as the references read them. */
  readonly raw: Float32Array
}

/** Normal columns; the log-odds hold main effects, products, a wave and a switch. */
function makeTable(rows: number): Table {
  const random = seededRandom(7)
  const raw = new Float32Array(rows * COLUMNS + rows)
  const labels = new Float64Array(rows)
  for (let r = 0; r < rows; r++) {
    const at = r * COLUMNS
    for (let f = 0; f < COLUMNS; f++) raw[at + f] = random.normal()
    const v = (f: number): number => raw[at + f]!
    const wave = Math.sin(3 * v(3)) + (v(4) > 0 ? v(5) : -v(6)) * 0.7
    const logit = v(0) + v(1) * v(2) + wave + 0.5 * v(7) * v(8)
    labels[r] = random.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0
  }
  raw.set(labels, rows * COLUMNS)
  const columns = Array.from({ length: COLUMNS }, (_, f) => ({
    kind: 'numeric' as const,
    name: `x${String(f).padStart(2, '0')}`,
    values: Float64Array.from({ length: rows }, (_, r) => raw[r * COLUMNS + f]!),
  }))
  return { frame: { rows, columns }, labels, raw }
}

async function timed<T>(work: () => T | Promise<T>): Promise<{ value: T } & Spent> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const value = await work()
  const wall = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { value, wall, cpu: (user + system) / 1e6 }
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1]!

/** Least and median milliseconds of `work` over `times` calls. */
function repeat(work: () => void, times: number): { least: number; median: number } {
  const spent: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    work()
    spent.push(performance.now() - start)
  }
  return { least: Math.min(...spent), median: median(spent) }
}

interface Boosted {
  readonly ours: Spent[]
  readonly two: Spent[]
  readonly hgb: ReferenceRun[]
  readonly xgb: ReferenceRun[]
  readonly model: GbdtModel
  readonly auc: number
  readonly memory: number
}

/**
 * Compiles the code and loads it in the other thread on a small part of the table: what a process
 * pays once is no part of a training's time or memory.
 */
async function warmUp({ frame, labels }: Table, threads: Parallel): Promise<void> {
  const index = Int32Array.from({ length: 20_000 }, (_, i) => i)
  const [small, own] = [takeRows(frame, index), labels.subarray(0, index.length)]
  await threads.run('parseNumber', '1')
  trainGbdt(small, own, { ...BOOSTING, trees: 40 })
  await trainGbdtTogether(threads, small, own, { ...BOOSTING, trees: 40 })
}

async function compareBoosting(table: Table, reference: Reference | undefined, rounds: number) {
  const range = (from: number, n: number) => Int32Array.from({ length: n }, (_, i) => from + i)
  const train = takeRows(table.frame, range(0, TRAIN))
  const test = takeRows(table.frame, range(TRAIN, TEST))
  const y = table.labels.subarray(0, TRAIN)
  const threads = startThreads(new URL('../../src/learners/index.ts', import.meta.url), 2)
  await warmUp(table, threads)
  const found = { ours: [] as Spent[], two: [] as Spent[], hgb: [] as ReferenceRun[] }
  const xgb: ReferenceRun[] = []
  let model: GbdtModel | undefined
  let memory = 0
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    const one = await timed(() => {
      return trainGbdt(train, y, {
        ...BOOSTING,
        onProgress: () => (memory = Math.max(memory, process.memoryUsage.rss() - before)),
      })
    })
    found.ours.push(one)
    model = one.value
    found.two.push(await timed(() => trainGbdtTogether(threads, train, y, BOOSTING)))
    if (reference) {
      found.hgb.push(await reference.run('hgb', { trees: BOOSTING.trees, predict: true }))
      xgb.push(await reference.run('xgb', { trees: BOOSTING.trees, predict: true }))
    }
  }
  await threads.close()
  const auc = rocAuc(table.labels.subarray(TRAIN), model!.predict(test))
  return { boosted: { ...found, xgb, model: model!, auc, memory } satisfies Boosted, test }
}

const cpuOf = (runs: readonly (Spent | ReferenceRun)[]): number =>
  median(runs.map((run) => ('cpu' in run ? run.cpu : run.cpu_s)))
const wallOf = (runs: readonly (Spent | ReferenceRun)[]): number =>
  median(runs.map((run) => ('wall' in run ? run.wall : run.wall_s)))

function row(name: string, cells: readonly (string | number)[]): string {
  const text = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))
  return `| ${[name, ...text].join(' | ')} |`
}

/** Most that a ratio or a time may be, and whether it is kept. */
const against = (measured: number, wanted: number): string =>
  `${wanted} ${measured <= wanted ? 'kept' : 'missed'}`

function boostingTable({ ours, two, hgb, xgb, auc }: Boosted): string {
  const own = cpuOf(ours)
  const reference = (name: string, runs: readonly ReferenceRun[], wanted: number): string =>
    runs.length === 0
      ? row(name, ['not installed', '', '', '', ''])
      : row(name, [
          wallOf(runs),
          cpuOf(runs),
          (own / cpuOf(runs)).toFixed(2),
          against(own / cpuOf(runs), wanted),
          runs[0]!.auc.toFixed(4),
        ])
  // Of the runs next to each other: what disturbs one is likely to disturb the other.
  const shares = two.map(({ wall }, round) => wall / ours[round]!.wall)
  const share = median(shares)
  return [
    '### Gradient boosting: 200 trees, depth 6, 255 bins, 200,000 x 57',
    '',
    '| | wall s | CPU s | our CPU / its CPU | at most | AUC on 20,000 other rows |',
    '|---|---|---|---|---|---|',
    row('ours, one thread', [wallOf(ours), own, '1', '', auc.toFixed(4)]),
    row('ours, two threads', [wallOf(two), cpuOf(two), '', '', 'same model']),
    reference('scikit-learn HistGradientBoosting, one thread', hgb, 0.75),
    reference('XGBoost hist, one thread', xgb, 0.9),
    '',
    `Two threads take ${share.toFixed(2)} of one thread's wall time (median of ${shares.length} ` +
      `rounds, least ${Math.min(...shares).toFixed(2)}; at most ${against(share, 0.55)}); the ` +
      `machine gave them ${(cpuOf(two) / wallOf(two)).toFixed(2)} processors, and one thread ` +
      `${(own / wallOf(ours)).toFixed(2)}.`,
  ].join('\n')
}

function servingTable(boosted: Boosted, test: Frame): string {
  const { model, hgb, xgb } = boosted
  const vectors = Array.from({ length: 200 }, (_, r) =>
    test.columns.map((c) => (c.kind === 'numeric' ? c.values[r]! : -1)),
  )
  const many = takeRows(
    test,
    Int32Array.from({ length: 10_000 }, (_, i) => i),
  )
  const some = takeRows(
    test,
    Int32Array.from({ length: 500 }, (_, i) => i),
  )
  const one = repeat(() => vectors.forEach((v) => model.predictRow(v)), 60)
  const all = repeat(() => void model.predict(many), 40)
  const why = repeat(() => vectors.slice(0, 5).forEach((v) => model.explainRow(v)), 40)
  const whys = repeat(() => void model.explain(some), 3)
  const binned = TRAIN * COLUMNS
  const ms = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3))
  return [
    '### Answers from the model above (milliseconds; raw values in, binning included)',
    '',
    '| | ours, least | ours, median | at most | XGBoost in place, median | scikit-learn, median |',
    '|---|---|---|---|---|---|',
    row('one row', [
      ms(one.least / 200),
      ms(one.median / 200),
      against(one.median / 200, 0.015),
      ms(xgb[0]?.one_row_ms),
      ms(hgb[0]?.one_row_ms),
    ]),
    row('10,000 rows', [
      ms(all.least),
      ms(all.median),
      against(all.median, 25),
      ms(xgb[0]?.rows_ms),
      ms(hgb[0]?.rows_ms),
    ]),
    row('TreeSHAP of one row', [
      ms(why.least / 5),
      ms(why.median / 5),
      against(why.median / 5, 3),
      '',
      '',
    ]),
    row('TreeSHAP per row of 500', [ms(whys.least / 500), ms(whys.median / 500), '', '', '']),
    '',
    `One thread's training lets resident memory grow by ${(boosted.memory / 2 ** 20).toFixed(1)} ` +
      `MiB at most (after a small training has compiled the code), ` +
      `${(boosted.memory / binned).toFixed(2)} times the binned table of ` +
      `${(binned / 2 ** 20).toFixed(1)} MiB; at most ${against(boosted.memory / binned, 2)}.`,
  ].join('\n')
}

async function forestTable(table: Table, reference: Reference | undefined): Promise<string> {
  const index = Int32Array.from({ length: FOREST.rows }, (_, i) => i)
  const train = takeRows(table.frame, index)
  const y = table.labels.subarray(0, FOREST.rows)
  const held = Int32Array.from({ length: TEST }, (_, i) => TRAIN + i)
  const test = takeRows(table.frame, held)
  const options = { trees: FOREST.trees, maxDepth: FOREST.depth, minLeafWeight: 1 }
  const ours = await timed(() => trainForest(train, y, options))
  const auc = rocAuc(table.labels.subarray(TRAIN), ours.value.predict(test))
  const theirs = await reference?.run('forest', {
    trees: FOREST.trees,
    depth: FOREST.depth,
    train: FOREST.rows,
  })
  return [
    '### Random forest: 300 trees, depth 12, 20,000 x 57, out-of-bag answers included in ours',
    '',
    '| | wall s | CPU s | our CPU / its CPU | at most | AUC |',
    '|---|---|---|---|---|---|',
    row('ours, one thread', [ours.wall, ours.cpu, '1', '', auc.toFixed(4)]),
    theirs
      ? row('scikit-learn, one thread', [
          theirs.wall_s,
          theirs.cpu_s,
          (ours.cpu / theirs.cpu_s).toFixed(2),
          against(ours.cpu / theirs.cpu_s, 0.25),
          theirs.auc.toFixed(4),
        ])
      : row('scikit-learn', ['not installed', '', '', '', '']),
  ].join('\n')
}

/** Runs everything and gives the tables. `rounds`: alternating runs of each boosting. */
export async function benchTrees(rounds: number): Promise<string> {
  const rows = TRAIN + TEST
  const table = makeTable(rows)
  const folder = mkdtempSync(join(tmpdir(), 'bench-trees-'))
  const reference = startReference()
  try {
    const file = join(folder, 'table.f32')
    writeFileSync(file, table.raw)
    await reference?.load(file, rows, COLUMNS, TRAIN)
    const load = loadavg()[0]!
    const forest = await forestTable(table, reference)
    const { boosted, test } = await compareBoosting(table, reference, rounds)
    const note =
      `Alternating runs in one session (${rounds} of each boosting), medians. Load average when ` +
      `it started: ${load.toFixed(1)}; where other work shares the processors, CPU time compares ` +
      'one thread fairly and wall time does not.'
    return [
      '## Trees: speed',
      boostingTable(boosted),
      servingTable(boosted, test),
      forest,
      note,
    ].join('\n\n')
  } finally {
    reference?.close()
    rmSync(folder, { recursive: true })
  }
}
