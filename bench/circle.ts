/**
 * The whole circle on ten simulated markets never used to make it: log → features as known then →
 * examples → fitted lead scoring, judged on other leads at later moments beside the best that is
 * possible (exact Bayes filtering). `node bench/circle.ts [leads] [seeds]` trains on so many leads
 * of each market (default 5000) and writes the section "circle-LEADS" of docs/CLAIMS.md.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { addExamples, compareAnswers, priorAnswers, ruleAnswers } from '../src/learning/index.ts'
import { bootstrapInterval, rocAuc } from '../src/learners/index.ts'
import { exampleWriter, fitModel, leadScoring, predictExamples } from '../src/models/index.ts'
import { replayTrainingRows } from '../src/features/index.ts'
import {
  conversionBounds,
  createMarket,
  leadLogs,
  type BoundRow,
  type LeadLog,
  type Market,
} from '../src/simulation/index.ts'
import { writeClaims } from './claims.ts'

const UNSEEN = 7001
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)
const DAYS = 400
const HORIZON_DAYS = 90
/** The model is trained at this moment; the leads are judged then and a month later. */
const TRAINED_ON_DAY = 280
const JUDGED_ON = [TRAINED_ON_DAY, TRAINED_ON_DAY + 30]
const JUDGED_LEADS = 8_000
const CHUNK = 500
const PROCESSES = 2

interface Found {
  readonly seed: number
  readonly trainingRows: number
  readonly rows: number
  readonly positives: number
  readonly best: number
  readonly model: number
  /** Share of the best achievable gain over chance, with a 95 % interval (leads resampled). */
  readonly share: number
  readonly shareInterval: readonly [number, number]
  readonly shareWithoutContracts: number
  readonly prior: { readonly auc: number; readonly gain: readonly [number, number] }
  readonly rule: { readonly auc: number; readonly gain: readonly [number, number] }
}

function* logsOf(market: Market, from: number, to: number): Generator<LeadLog> {
  for (let at = from; at < to; at += CHUNK)
    yield* leadLogs(market, { from: at, to: Math.min(to, at + CHUNK) })
}

function trainingRows(market: Market, leads: number) {
  const writer = exampleWriter()
  const now = START + TRAINED_ON_DAY * DAY_MS
  for (const { personId, entries, record } of logsOf(market, 0, leads)) {
    const known = entries.filter(({ receivedAt }) => receivedAt <= now)
    if (record === null || known.length === 0) continue
    const since = Date.parse(record.created_at)
    addExamples(
      writer,
      { personId, entries: known, segment: record.segment },
      { now, since, horizonDays: HORIZON_DAYS, seed: market.seed },
    )
  }
  return writer.finish()
}

function judgedRows(market: Market, bounds: readonly BoundRow[], from: number) {
  const writer = exampleWriter()
  const byLead = Map.groupBy(bounds, ({ index }) => index)
  const judged: BoundRow[] = []
  for (const { index, personId, entries, record } of logsOf(market, from, from + JUDGED_LEADS)) {
    const own = byLead.get(index) ?? []
    const times = own.map(({ asOfDay }) => START + asOfDay * DAY_MS)
    const { segment } = record ?? { segment: null }
    replayTrainingRows(entries, times, personId).rows.forEach((vector, i) => {
      writer.add({ vector, label: own[i]!.label, group: personId, segment })
      judged.push(own[i]!)
    })
  }
  return { examples: writer.finish(), judged }
}

function circle(seed: number, leads: number): Found {
  const market = createMarket({
    seed,
    leads: leads + JUDGED_LEADS,
    days: DAYS,
    startMs: START,
  })
  const range = { from: leads, to: leads + JUDGED_LEADS }
  const bounds = conversionBounds(market, JUDGED_ON, HORIZON_DAYS, range)
  const training = trainingRows(market, leads)
  const { examples, judged } = judgedRows(market, bounds, leads)
  const model = fitModel(leadScoring, training, { seed: 1 })
  const answers = predictExamples(model, examples)
  const best = Float64Array.from(judged, (row) => row.achievable)
  const { labels, groups } = examples
  const shareOf = (rows: ArrayLike<number>): number => {
    const pick = (values: ArrayLike<number>) =>
      Float64Array.from({ length: rows.length }, (_, i) => values[rows[i]!]!)
    const y = pick(labels)
    return (rocAuc(y, pick(answers)) - 0.5) / (rocAuc(y, pick(best)) - 0.5)
  }
  const all = Array.from(labels, (_, row) => row)
  const interval = bootstrapInterval(all.length, shareOf, { draws: 300, clusters: groups, seed: 1 })
  const open = all.filter((row) => !judged[row]!.underContract)
  const against = (other: Float64Array) => ({
    auc: rocAuc(labels, other),
    gain: compareAnswers({ labels, groups, probabilities: answers }, other, answers).interval,
  })
  return {
    seed,
    trainingRows: training.rows,
    rows: examples.rows,
    positives: labels.reduce((sum, label) => sum + label, 0),
    best: rocAuc(labels, best),
    model: rocAuc(labels, answers),
    share: shareOf(all),
    shareInterval: [interval.low, interval.high],
    shareWithoutContracts: shareOf(open),
    prior: against(priorAnswers(training, examples)),
    rule: against(ruleAnswers(training, examples)),
  }
}

const three = (value: number): string => value.toFixed(3)
const range = ([low, high]: readonly [number, number]): string => `${three(low)} to ${three(high)}`

function row(found: Found): string {
  const cells = [
    found.seed,
    found.trainingRows,
    `${found.rows} (${found.positives})`,
    three(found.best),
    three(found.model),
    `${three(found.share)} (${range(found.shareInterval)})`,
    three(found.shareWithoutContracts),
    `${three(found.prior.auc)}; ${range(found.prior.gain)}`,
    `${three(found.rule.auc)}; ${range(found.rule.gain)}`,
  ]
  return `| ${cells.join(' | ')} |`
}

async function judge(leads: number, count: number): Promise<void> {
  const waiting = Array.from({ length: count }, (_, i) => UNSEEN + i)
  const found: Found[] = []
  const run = promisify(execFile)
  const work = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const args = [import.meta.filename, 'one', String(seed), String(leads)]
      const { stdout } = await run(process.execPath, args, { maxBuffer: 1e6 })
      found.push(JSON.parse(stdout) as Found)
      process.stderr.write(`${row(found.at(-1))}\n`)
    }
  }
  await Promise.all(Array.from({ length: PROCESSES }, work))
  found.sort((a, b) => a.seed - b.seed)
  const mean = found.reduce((sum, { share }) => sum + share, 0) / found.length
  const least = Math.min(...found.map(({ share }) => share))
  const beats = found.filter(({ prior, rule }) => prior.gain[0] > 0 && rule.gain[0] > 0).length
  const text = `## The circle on simulated markets, ${leads} leads

Simulated data. Share of the achievable gain over chance, (AUC - 0.5) / (best AUC - 0.5), where the
best is an exact Bayes filter that knows the market's parameters: mean ${three(mean)}, least
${three(least)} of ${found.length} seeds. Prior and rules are beaten in log loss, by an interval that
excludes zero, on ${beats} of ${found.length} seeds.

| seed | training rows | judged rows (positives) | best AUC | model AUC | share (95 %) | share, no open offers | prior AUC; gain in log loss | rules AUC; gain in log loss |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${found.map(row).join('\n')}
`
  writeClaims(`circle-${leads}`, text, {
    data:
      `simulated markets of ${DAYS} days, seeds ${UNSEEN} to ${UNSEEN + count - 1}; trained on day ` +
      `${TRAINED_ON_DAY} on ${leads} leads, judged on ${JUDGED_LEADS} others on days ` +
      JUDGED_ON.join(' and '),
    command: `node bench/circle.ts ${leads}`,
  })
}

if (process.argv[2] === 'one') {
  const [seed, leads] = process.argv.slice(3).map(Number)
  process.stdout.write(JSON.stringify(circle(seed!, leads!)))
} else await judge(Number(process.argv[2] ?? 5000), Number(process.argv[3] ?? 10))
