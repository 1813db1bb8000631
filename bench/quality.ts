/**
 * `npm run bench:quality`: the accuracy of the default model beside recorded references on fixed
 * splits, and uplift on a mailing experiment. Writes its sections of docs/CLAIMS.md. The model sees
 * no test row: settings, weights and calibration are chosen inside the training rows. What it tries
 * and the prior of its weights are constants of the code, the same for every file. The references
 * were recorded once and are not run again; the columns are named as theirs, not inferred as by the
 * `tabular` command. `--seeds N` trains N times (default 5); `tabular` or
 * `uplift` measures that part only.
 */
import {
  averagePrecision,
  bootstrapInterval,
  brierScore,
  calibrationError,
  calibrationNoise,
  logLoss,
  policyValue,
  qiniInterval,
  rocAuc,
  selectiveScores,
  takeRows,
  trainClassifier,
  trainUplift,
} from '../src/learners/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { writeClaims } from './claims.ts'
import { mailings, yardsticks, type Yardstick } from './quality-data.ts'

const seedsAt = process.argv.indexOf('--seeds')
const SEEDS = seedsAt > 0 ? Number(process.argv[seedsAt + 1]) : 5
if (!Number.isInteger(SEEDS) || SEEDS < 1) throw new Error('--seeds must be a positive integer')
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const mean = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / values.length
const at = (value: number): string => value.toFixed(4)

interface Run {
  readonly auc: number
  readonly prAuc: number
  readonly logLoss: number
  readonly brier: number
  readonly ece: number
  readonly eceMedian: number
  readonly eceHigh: number
  readonly accuracy85: number
  readonly cover85: number
  readonly seconds: number
  readonly interval: string
}

function runOnce({ name, train, test }: Yardstick, seed: number): Run {
  const started = performance.now()
  const model = trainClassifier(train.frame, train.labels, { seed })
  const seconds = (performance.now() - started) / 1000
  const p = model.predict(test.frame)
  const { labels } = test
  const gate = selectiveScores(labels, p, 0.85)
  const noise = calibrationNoise(p, { seed })
  const { low, high } = bootstrapInterval(labels.length, (drawn) =>
    rocAuc(
      drawn.map((row) => labels[row]!),
      Float64Array.from(drawn, (row) => p[row]!),
    ),
  )
  const run = {
    auc: rocAuc(labels, p),
    prAuc: averagePrecision(labels, p),
    logLoss: logLoss(labels, p),
    brier: brierScore(labels, p),
    ece: calibrationError(labels, p),
    eceMedian: noise.median,
    eceHigh: noise.high,
    accuracy85: gate.accuracy,
    cover85: gate.coverage,
    seconds,
    interval: `${low.toFixed(4)} to ${high.toFixed(4)}`,
  }
  say(`${name} seed ${seed}: AUC ${at(run.auc)}, log loss ${at(run.logLoss)}, ${seconds | 0} s`)
  return run
}

async function tabularSection(): Promise<void> {
  const lines: string[] = []
  const gaps: number[] = []
  for (const set of await yardsticks()) {
    const runs = Array.from({ length: SEEDS }, (_, seed) => runOnce(set, seed))
    const of = (key: Exclude<keyof Run, 'interval'>): number => mean(runs.map((run) => run[key]))
    const { best } = set
    gaps.push(of('auc') - best.auc)
    const least = Math.min(...runs.map((run) => run.auc))
    lines.push(
      `| ${set.name} | ${at(of('auc'))} (least ${at(least)}; ${runs[0]!.interval}) | ` +
        `${at(best.auc)} | ${at(of('logLoss'))} | ${at(best.logLoss)} | ${at(of('ece'))} (chance: ` +
        `${at(of('eceMedian'))}, to ${at(of('eceHigh'))}) | ${at(best.ece)} | ` +
        `${at(of('accuracy85'))} of ${(100 * of('cover85')).toFixed(1)} % | ` +
        `${at(best.accuracy85)} of ${(100 * best.cover85).toFixed(1)} % | ` +
        `${at(of('prAuc'))} | ${at(of('brier'))} | ${of('seconds').toFixed(0)} |`,
    )
  }
  writeClaims(
    'tabular-quality',
    [
      '## Accuracy of the default classifier',
      '',
      `Mean of ${SEEDS} training seeds on the same test rows; the bootstrap interval (1,000 draws ` +
        'of the test rows) is of the first seed. Reference: of logistic regression, forest, ' +
        'boosting (default and tuned), vote and stack with scikit-learn 1.2.1 and XGBoost 1.7.4 on ' +
        'the same split, the model with the best AUC; its ECE15 is that of the stack. ' +
        'Chance: ECE15 that a perfectly calibrated model with our probabilities shows on so few ' +
        'rows, median and 95th percentile of simulated labels: below the latter an ECE15 is no ' +
        'evidence of miscalibration, and differences inside that range tell no model from another.',
      '',
      '| data set | AUC (least; 95 %) | reference | log loss | reference | ECE15 | reference | ' +
        'accuracy at confidence .85 | reference | PR AUC | Brier | s |',
      '|---|---|---|---|---|---|---|---|---|---|---|---|',
      ...lines,
      '',
      `Mean distance of AUC to the reference: ${mean(gaps).toFixed(4)}.`,
    ].join('\n'),
    {
      data:
        'X Education leads, IBM Telco churn, Olist marketing funnel; a row is tested when ' +
        'FNV-1a of "<set>:<row>" is divisible by 5',
      command: `npm run bench:quality -- tabular --seeds ${SEEDS}`,
    },
  )
}

/** Arms that count as treated, against none. */
const TREATMENTS: readonly (readonly [mailings: readonly number[], label: string])[] = [
  [[1, 2], 'any e-mail'],
  [[1], 'women’s mailing'],
  [[2], 'men’s mailing'],
]

async function upliftSection(): Promise<void> {
  const { frame, arms, visits } = await mailings()
  const random = seededRandom(1)
  const half = Uint8Array.from(arms, () => random.int(2))
  const rowsOf = (part: number, mailings: readonly number[]): number[] =>
    Array.from(arms.keys()).filter(
      (i) => half[i] === part && (arms[i] === 0 || mailings.includes(arms[i]!)),
    )
  const lines: string[] = []
  const held = Array.from(arms.keys()).filter((i) => half[i] === 1)
  const effects: Float64Array[] = []
  const said: Record<'above' | 'around', string[]> = { above: [], around: [] }
  for (const [mailings, label] of TREATMENTS)
    for (const method of ['t', 'x', 'dr'] as const) {
      const rows = rowsOf(0, mailings)
      const model = trainUplift(
        {
          frame: takeRows(frame, rows),
          outcomes: rows.map((i) => visits[i]!),
          treated: rows.map((i) => (arms[i] === 0 ? 0 : 1)),
        },
        // The arms are a third each.
        { method, propensity: rows.map(() => mailings.length / (mailings.length + 1)) },
      )
      const test = rowsOf(1, mailings)
      const scored = {
        uplift: model.predict(takeRows(frame, test)),
        outcomes: test.map((i) => visits[i]!),
        treated: test.map((i) => (arms[i] === 0 ? 0 : 1)),
      }
      const { value, low, high } = qiniInterval(scored, { draws: 300 })
      const figures = [value, low, high].map((v) => (1000 * v).toFixed(2))
      lines.push(`| ${label} | ${method.toUpperCase()} | ${figures.join(' | ')} |`)
      say(lines.at(-1))
      said[low > 0 ? 'above' : 'around'].push(`${label} (${method.toUpperCase()})`)
      if (method === 'dr' && mailings.length === 1)
        effects.push(model.predict(takeRows(frame, held)))
    }
  const policies = policyLines(
    held.map((i) => arms[i]!),
    held.map((i) => visits[i]!),
    effects,
  )
  writeClaims(
    'uplift',
    [
      '## Uplift of two mailings on visits',
      '',
      'Learned on a random half, measured on the other. Qini coefficient in visits per 1,000 ' +
        'customers, percentile bootstrap (300 draws). Declared measure: the order of customers by ' +
        'predicted effect on visits, for any e-mail against none as the set is usually read, and ' +
        'for each mailing alone.',
      '',
      '| treatment against none | learner | Qini | 2.5 % | 97.5 % |',
      '|---|---|---|---|---|',
      ...lines,
      '',
      `Interval above zero: ${said.above.join(', ') || 'none'}. Not distinguishable from an order ` +
        `by chance: ${said.around.join(', ') || 'none'}.`,
      '',
      'Value of a policy (visits per customer) by the doubly robust estimate, standard error:',
      '',
      '| policy | value | standard error |',
      '|---|---|---|',
      ...policies,
    ].join('\n'),
    { data: 'Hillstrom, 64,000 customers, three arms', command: 'npm run bench:quality -- uplift' },
  )
}

/** Everybody nothing, one mailing, or the mailing with the larger predicted effect. */
function policyLines(
  actions: readonly number[],
  rewards: readonly number[],
  effects: readonly Float64Array[],
): string[] {
  const none = mean(rewards.filter((_, i) => actions[i] === 0))
  // Rewards as the DR-learners of the other half expect them.
  const expected = (action: number, i: number): number =>
    none + (action === 0 ? 0 : effects[action - 1]![i]!)
  const value = (name: string, policy: readonly number[]): string => {
    const found = policyValue({
      actions,
      rewards,
      propensities: actions.map(() => 1 / 3),
      policy,
      expected: policy.map(expected),
      expectedTaken: actions.map(expected),
    })
    return `| ${name} | ${found.value.toFixed(4)} | ${found.standardError.toFixed(4)} |`
  }
  const better = actions.map((_, i) => (effects[0]![i]! > effects[1]![i]! ? 1 : 2))
  return [
    value(
      'nobody',
      actions.map(() => 0),
    ),
    value(
      'women’s mailing to all',
      actions.map(() => 1),
    ),
    value(
      'men’s mailing to all',
      actions.map(() => 2),
    ),
    value('the mailing with the larger predicted effect', better),
  ]
}

if (!process.argv.includes('tabular')) await upliftSection()
if (!process.argv.includes('uplift')) await tabularSection()
