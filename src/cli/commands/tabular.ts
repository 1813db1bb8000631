/** `tabular`: trains and evaluates a yes/no model on any CSV file. */
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { InvalidArgumentError, Option } from 'commander'
import { stringify } from 'csv-stringify'
import { takeRawRows, type ClassifierName, type RawTable } from '../../learners/index.ts'
import { seededRandom } from '../../math/index.ts'
import { SetupError, systemClock } from '../../platform/index.ts'
import { readRawTable } from '../table/read-raw-table.ts'
import { figures, fit, predict, prepare, topFeatures, type Fitted } from '../tabular/evaluate.ts'
import {
  findColumn,
  labelled,
  positiveValue,
  type LabelledTable,
} from '../tabular/labelled-table.ts'
import { calibrationPlot, readableReport } from '../tabular/report.ts'
import type { Define, Terminal } from '../terminal.ts'

const MODELS = ['gbdt', 'forest', 'logistic', 'ensemble'] as const
const HELD_OUT_SHARE = 0.2

interface Options {
  readonly train: string
  readonly test?: string
  readonly label: string
  readonly positive?: string
  readonly drop?: string
  readonly model: ClassifierName
  readonly seed: number
  readonly predictions?: string
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (text.trim() !== '' && Number.isInteger(seed) && seed >= 0 && seed <= 2 ** 32 - 1) return seed
  throw new InvalidArgumentError('expected a whole number 0 to 4294967295.')
}

export const define: Define = (command, terminal) => {
  command
    .requiredOption('--train <file>', 'rows to learn from: CSV, TSV or semicolons, also .gz')
    .option('--test <file>', 'rows to evaluate on; without it a stratified fifth is held out')
    .requiredOption('--label <column>', 'what to predict')
    .option('--positive <value>', 'the value of the label that counts as yes')
    .option('--drop <columns>', 'columns to leave out, separated by commas; auto: the leak guard')
    .addOption(new Option('--model <name>', 'kind of model').choices(MODELS).default('ensemble'))
    .option('--seed <n>', 'seed of every random choice', seedOf, 0)
    .option('--predictions <file>', 'where to write the probability of each evaluated row (CSV)')
    .action(async () => {
      await tabular(command.opts<Options>(), terminal)
    })
}

/** Rows to evaluate on; without labels they are only predicted. */
interface Evaluation {
  readonly table: RawTable
  readonly labels: Float64Array | undefined
  readonly fileRows: Int32Array
}

async function tabular(options: Options, terminal: Terminal): Promise<void> {
  const whole = await readRawTable(options.train)
  const label = findColumn(whole, options.label, options.train)
  const positive = positiveValue(label, options.positive)
  const all = labelled(whole, label, positive)
  checkClasses(all, options)
  const { train, test } = options.test
    ? { train: all, test: await readTest(options, options.test, label.name, positive) }
    : holdOut(all, options)
  checkClasses(train, options)
  const { plans, dropped, suspicions } = prepare(train, dropOf(options, train.table))
  const bar = terminal.progress('training', 1)
  const started = systemClock.monotonic()
  const fitted = fit(train, plans, {
    model: options.model,
    seed: options.seed,
    onProgress: (fraction) => bar.update(fraction),
  })
  const trainingMs = Math.round(systemClock.monotonic() - started)
  bar.end()
  const probabilities = predict(fitted.model, test.table, plans)
  if (options.predictions !== undefined)
    await writePredictions(options.predictions, test, probabilities)
  const report = {
    model: options.model,
    rows: train.table.rows,
    test_rows: test.table.rows,
    columns: plans.length,
    label: label.name,
    positive,
    ...(test.labels ? figures(test.labels, probabilities, options.seed) : {}),
    training_ms: trainingMs,
    cv: crossValidation(fitted),
    dropped_columns: dropped,
    suspicious_columns: suspicions,
    top_features: topFeatures(fitted.model, fitted.frame, 20),
  }
  const plot = test.labels ? calibrationPlot(test.labels, probabilities) : ''
  terminal.result(report, () => readableReport(report, plot))
}

function checkClasses({ labels, table }: LabelledTable, { label }: Options): void {
  const positives = labels.reduce((sum, y) => sum + y, 0)
  const rarer = Math.min(positives, labels.length - positives)
  if (rarer >= 2 && table.columns.length > 0) return
  if (table.columns.length === 0)
    throw new SetupError(`There is no column beside the label "${label}" to learn from`)
  throw new SetupError(
    `Too few rows to learn from: "${label}" has ${positives} yes and ` +
      `${labels.length - positives} no to train on; both need at least 2`,
  )
}

async function readTest(
  options: Options,
  path: string,
  label: string,
  positive: string,
): Promise<Evaluation> {
  const table = await readRawTable(path)
  if (table.rows === 0) throw new SetupError(`${path} has a header but no rows`)
  if (!table.columns.some((column) => column.name === label))
    return { table, labels: undefined, fileRows: Int32Array.from({ length: table.rows }, count) }
  const found = labelled(table, findColumn(table, options.label, path), positive)
  if (found.table.rows === 0) throw new SetupError(`${path}: no row has a label`)
  return found
}

const count = (_: unknown, i: number): number => i

/** A stratified fifth of the rows becomes the test part. */
function holdOut(all: LabelledTable, { seed }: Options) {
  const random = seededRandom(seed).fork('holdout')
  const held = new Uint8Array(all.labels.length)
  for (const label of [0, 1]) {
    const rows = Array.from(all.labels.keys()).filter((row) => all.labels[row] === label)
    for (let i = 0; i < Math.round(rows.length * HELD_OUT_SHARE); i++) {
      const j = i + random.int(rows.length - i)
      held[rows[j]!] = 1
      rows[j] = rows[i]!
    }
  }
  const part = (wanted: number): LabelledTable => {
    const rows = Array.from(held.keys()).filter((row) => held[row] === wanted)
    return {
      table: takeRawRows(all.table, rows),
      labels: Float64Array.from(rows, (row) => all.labels[row]!),
      fileRows: Int32Array.from(rows, (row) => all.fileRows[row]!),
    }
  }
  const test = part(1)
  if (test.table.rows === 0)
    throw new SetupError('Too few rows to hold some out; name a file with --test')
  return { train: part(0), test }
}

function dropOf({ drop, train }: Options, table: RawTable): 'auto' | string[] {
  if (drop === undefined || drop.trim() === '') return []
  if (drop.trim() === 'auto') return 'auto'
  // A name may hold a comma itself.
  if (table.columns.some((column) => column.name === drop.trim())) return [drop.trim()]
  return drop
    .split(',')
    .filter((name) => name.trim() !== '')
    .map((name) => findColumn(table, name.trim(), train).name)
}

function crossValidation({ model }: Fitted) {
  const { folds, rows, rocAuc, logLoss, calibrationError } = model.crossValidation
  const members = model.members.map(({ name, weight, settings }) => ({ name, weight, settings }))
  return { folds, rows, roc_auc: rocAuc, log_loss: logLoss, ece: calibrationError, members }
}

async function writePredictions(
  path: string,
  test: Evaluation,
  probabilities: Float64Array,
): Promise<void> {
  const out = createWriteStream(path)
  const rows = stringify({ header: true, columns: ['row', 'probability', 'prediction', 'label'] })
  rows.pipe(out)
  probabilities.forEach((p, i) => {
    rows.write([test.fileRows[i], p, p >= 0.5 ? 1 : 0, test.labels?.[i] ?? ''])
  })
  rows.end()
  try {
    await finished(out)
  } catch (error) {
    throw new SetupError(`${path} cannot be written: ${(error as Error).message}`)
  }
}
