/** `stream`: test-then-train evaluation of an online model on a file, with the drifts it found. */
import { InvalidArgumentError, Option } from 'commander'
import {
  createAdaptiveForest,
  createAdwin,
  createDdm,
  createHoeffdingTree,
  createKswin,
  createNaiveBayes,
  createOnlineBagging,
  createOnlineLogistic,
  createPageHinkley,
  prequential,
  type DriftDetector,
  type OnlineClassifier,
} from '../../learners/index.ts'
import { SetupError, systemClock } from '../../platform/index.ts'
import { onlineExamples } from '../table/online-rows.ts'
import { readTable } from '../table/read-table.ts'
import type { Define } from '../terminal.ts'

const MODELS: Record<string, (seed: number) => OnlineClassifier> = {
  'adaptive-forest': (seed) => createAdaptiveForest({ seed }),
  'hoeffding-tree': (seed) => createHoeffdingTree({ seed }),
  logistic: () => createOnlineLogistic({ optimizer: 'sgd' }),
  ftrl: () => createOnlineLogistic({ optimizer: 'ftrl' }),
  adagrad: () => createOnlineLogistic({ optimizer: 'adagrad' }),
  'naive-bayes': () => createNaiveBayes(),
  bagging: (seed) => createOnlineBagging(() => createHoeffdingTree(), { seed }),
}
/** Other spellings people know. */
const ALIASES: Record<string, string> = {
  arf: 'adaptive-forest',
  'adaptive-random-forest': 'adaptive-forest',
  forest: 'adaptive-forest',
  hoeffding: 'hoeffding-tree',
  sgd: 'logistic',
  gnb: 'naive-bayes',
  'gaussian-nb': 'naive-bayes',
}
const DETECTORS: Record<string, (seed: number) => DriftDetector<unknown>> = {
  adwin: () => createAdwin(),
  'page-hinkley': () => createPageHinkley(),
  kswin: (seed) => createKswin({ seed }),
  ddm: () => createDdm(),
}
/** More classes than this say that the label is an id or a measurement. */
const CLASSES_MAX = 100

interface Options {
  readonly file: string
  readonly label: string
  readonly model: string
  readonly detector: string
  readonly delay: number
  readonly seed: number
  readonly rate?: number
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number from 0 on.')
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (value > 0 && value < Infinity) return value
  throw new InvalidArgumentError('expected a positive number.')
}

function modelOf({ model, rate, seed }: Options): OnlineClassifier {
  const name = ALIASES[model] ?? model
  if (rate === undefined) return MODELS[name]!(seed)
  const optimizer = name === 'logistic' ? 'sgd' : name
  if (optimizer !== 'sgd' && optimizer !== 'ftrl' && optimizer !== 'adagrad')
    throw new SetupError('--rate goes with the models logistic, ftrl and adagrad')
  return createOnlineLogistic({ optimizer, rate })
}

async function run(options: Options) {
  const table = await readTable(options.file)
  const labelAt = table.names.indexOf(options.label)
  if (labelAt < 0)
    throw new SetupError(`no column ${options.label}; the file has ${table.names.join(', ')}`)
  const { examples, classes, dropped } = onlineExamples(table, labelAt)
  if (examples.length === 0) throw new SetupError(`every ${options.label} is missing`)
  if (classes.length > CLASSES_MAX)
    throw new SetupError(
      `${options.label} has ${classes.length} different values; a class has at most ${CLASSES_MAX}`,
    )
  const detector = DETECTORS[options.detector]!(options.seed)
  const drifts: number[] = []
  const clock = systemClock
  const from = clock.monotonic()
  const result = prequential(modelOf(options), examples, {
    delayRows: options.delay,
    onError: (row, error) => {
      if (detector.update(error) === 'drift') drifts.push(row)
    },
  })
  const nsPerRow = ((clock.monotonic() - from) * 1e6) / examples.length
  return { result, drifts, nsPerRow, classes, dropped }
}

export const define: Define = (command, terminal) => {
  const models = [...Object.keys(MODELS), ...Object.keys(ALIASES)]
  command
    .requiredOption('--file <file>', 'rows in order of time: CSV, also .gz')
    .requiredOption('--label <column>', 'the class to predict')
    .addOption(new Option('--model <name>', 'online model').choices(models).makeOptionMandatory())
    .addOption(
      new Option('--detector <name>', 'watches the errors')
        .choices(Object.keys(DETECTORS))
        .default('adwin'),
    )
    .option('--delay <rows>', 'rows until a label is known', wholeNumber, 0)
    .option('--rate <number>', 'learning rate of the logistic models', positiveNumber)
    .option('--seed <n>', 'of all chance', wholeNumber, 0)
    .action(async (options: Options) => {
      const { result, drifts, nsPerRow, classes, dropped } = await run(options)
      if (dropped.length > 0)
        terminal.note(`left out, a different text in every row: ${dropped.join(', ')}`)
      const document = {
        model: ALIASES[options.model] ?? options.model,
        detector: options.detector,
        rows: result.rows,
        classes,
        accuracy: result.accuracy,
        kappa: result.kappa,
        log_loss: result.logLoss,
        drifts,
        dropped_columns: dropped,
        ns_per_row: Math.round(nsPerRow),
      }
      terminal.result(document, () =>
        [
          `${document.model} on ${result.rows} rows, each predicted before it was learnt from`,
          `accuracy ${result.accuracy.toFixed(4)}  kappa ${result.kappa.toFixed(4)}`,
          `log loss ${result.logLoss.toFixed(4)} nats`,
          `${(nsPerRow / 1000).toFixed(1)} microseconds a row`,
          `drifts found by ${options.detector}: ${drifts.join(', ') || 'none'}`,
        ].join('\n'),
      )
    })
}
