/**
 * What the guess of the base model is worth on simulated markets that it was not learned from,
 * beside the best that is possible (exact Bayes filtering), the rules an agent would use, and the
 * markets' own rate. Writes the section "base-model" of docs/CLAIMS.md.
 *
 *     node bench/base-model.ts [leads] [markets]
 */
import { exampleWriter, guessLead, leadScoring, type OwnRates } from '../src/models/index.ts'
import { extractFeatures, foldEntries, type FeatureVector } from '../src/features/index.ts'
import { calibrationError, logLoss, rocAuc } from '../src/learners/index.ts'
import { ruleAnswers } from '../src/learning/index.ts'
import { conversionBounds, createMarket, leadLogs } from '../src/simulation/index.ts'
import { writeClaims } from './claims.ts'

const UNSEEN = 8001
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)
const DAYS = 260
const AS_OF_DAY = 165
const AS_OF = START + AS_OF_DAY * DAY_MS
const GROUPS = 5
/** Of the leads known for a horizon by then, so many say how this market is. */
const COUNTED = 200

interface Row {
  readonly label: 0 | 1
  readonly best: number
  readonly rule: number
  readonly isOpenOffer: boolean
  readonly guess: Answer
  /** With the rate of COUNTED own leads. */
  readonly own: Answer
}

interface Answer {
  readonly probability: number
  readonly interval: readonly [number, number]
}

interface Market {
  readonly seed: number
  readonly rows: readonly Row[]
  readonly rates: OwnRates
}

function marketOf(seed: number, leads: number): Market {
  const market = createMarket({ seed, leads, days: DAYS, startMs: START })
  const bounds = conversionBounds(market, [AS_OF_DAY], leadScoring.horizonDays)
  const logs = leadLogs(market)
  const workspace = { leads: 0, positives: 0 }
  for (const { entries } of logs) {
    const since = entries[0]?.eventTime ?? Infinity
    const until = since + leadScoring.horizonDays * DAY_MS
    if (until > AS_OF || workspace.leads === COUNTED) continue
    workspace.leads++
    const isPositive = entries.some(
      ({ type, eventTime }) =>
        eventTime < until &&
        (type === 'offer_submitted' || type === 'property_purchased' || type === 'listing_signed'),
    )
    if (isPositive) workspace.positives++
  }
  const rates = { workspace, segments: {} }
  const vectors = bounds.map(({ index }) => {
    const { entries } = logs[index]!
    const state = foldEntries(entries.filter(({ receivedAt }) => receivedAt < AS_OF))
    return { vector: extractFeatures(state, AS_OF), events: state.activity.events }
  })
  const rules = rulesOf(
    vectors.map(({ vector }) => vector),
    bounds.map(({ label }) => label),
  )
  const rows = bounds.map((bound, i): Row => {
    const { vector, events } = vectors[i]!
    const about = { events, segment: null }
    return {
      label: bound.label,
      best: bound.achievable,
      rule: rules[i]!,
      isOpenOffer: bound.underContract,
      guess: guessLead(vector, about),
      own: guessLead(vector, { ...about, rates }),
    }
  })
  return { seed, rows, rates }
}

/** The rules' order; made probabilities with the labels they are judged on, which flatters them. */
function rulesOf(vectors: readonly FeatureVector[], labels: readonly (0 | 1)[]): Float64Array {
  const writer = exampleWriter()
  vectors.forEach((vector, i) => writer.add({ vector, label: labels[i]!, group: i }))
  const examples = writer.finish()
  return ruleAnswers(examples, examples)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const three = (value: number): string => value.toFixed(3)

/** Rows in GROUPS of like guesses: how often the mean of the best answer lies in the interval. */
function coverage(rows: readonly Row[], of: 'guess' | 'own'): { inside: number; groups: number } {
  const sorted = [...rows].sort((a, b) => a[of].probability - b[of].probability)
  let inside = 0
  for (let group = 0; group < GROUPS; group++) {
    const part = sorted.slice(
      Math.round((group * rows.length) / GROUPS),
      Math.round(((group + 1) * rows.length) / GROUPS),
    )
    const truth = mean(part.map(({ best }) => best))
    const low = mean(part.map((row) => row[of].interval[0]))
    const high = mean(part.map((row) => row[of].interval[1]))
    if (truth >= low && truth <= high) inside++
  }
  return { inside, groups: GROUPS }
}

function figures({ rows, rates, seed }: Market) {
  const labels = rows.map(({ label }) => label)
  const lossOf = (p: readonly number[]): number => logLoss(labels, p)
  const guesses = rows.map(({ guess }) => guess.probability)
  const own = rows.map((row) => row.own.probability)
  const best = rows.map((row) => row.best)
  const open = rows.filter(({ isOpenOffer }) => !isOpenOffer)
  const openLabels = open.map(({ label }) => label)
  const { leads, positives } = rates.workspace
  const flat = rows.map(() => (positives + 0.5) / (leads + 1))
  return {
    seed,
    rows: rows.length,
    positives: labels.reduce((sum: number, label) => sum + label, 0),
    auc: {
      best: rocAuc(labels, best),
      guess: rocAuc(labels, guesses),
      rule: rocAuc(
        labels,
        rows.map(({ rule }) => rule),
      ),
    },
    openAuc: {
      best: rocAuc(
        openLabels,
        open.map((row) => row.best),
      ),
      guess: rocAuc(
        openLabels,
        open.map(({ guess }) => guess.probability),
      ),
    },
    loss: { best: lossOf(best), guess: lossOf(guesses), own: lossOf(own), flat: lossOf(flat) },
    error: { guess: calibrationError(labels, guesses), own: calibrationError(labels, own) },
    mean: { truth: mean(labels), guess: mean(guesses) },
    inside: { guess: coverage(rows, 'guess').inside, own: coverage(rows, 'own').inside },
  }
}

const leads = Number(process.argv[2] ?? 2_000)
const count = Number(process.argv[3] ?? 10)
const found = Array.from({ length: count }, (_, i) => {
  const one = figures(marketOf(UNSEEN + i, leads))
  process.stderr.write(`${JSON.stringify(one)}\n`)
  return one
})
const over = (pick: (one: (typeof found)[number]) => number): number => mean(found.map(pick))
const table = found.map((one) => {
  const { auc, openAuc, loss, error, inside } = one
  const cells = [
    one.seed,
    `${one.rows} (${one.positives})`,
    `${three(auc.best)} / ${three(auc.guess)} / ${three(auc.rule)}`,
    `${three(openAuc.best)} / ${three(openAuc.guess)}`,
    `${three(loss.best)} / ${three(loss.guess)} / ${three(loss.own)} / ${three(loss.flat)}`,
    `${three(one.mean.truth)} / ${three(one.mean.guess)}`,
    `${three(error.guess)} / ${three(error.own)}`,
    `${inside.guess} / ${inside.own} of ${GROUPS}`,
  ]
  return `| ${cells.join(' | ')} |`
})
const text = `## The guess of the base model, on markets it was not learned from

Simulated data; markets like those it learned from, which real ones need not be. AUC in the middle:
best possible ${three(over(({ auc }) => auc.best))}, guess ${three(over(({ auc }) => auc.guess))},
rules ${three(over(({ auc }) => auc.rule))}; of leads without an open offer ${three(
  over(({ openAuc }) => openAuc.best),
)} and ${three(over(({ openAuc }) => openAuc.guess))}. Log loss: best ${three(
  over(({ loss }) => loss.best),
)}, guess ${three(over(({ loss }) => loss.guess))}, guess at the rate of ${COUNTED} own leads ${three(
  over(({ loss }) => loss.own),
)}, that rate alone ${three(over(({ loss }) => loss.flat))}. Leads of a market in ${GROUPS} groups of like
guesses: their true mean chance lies in the mean 90 % interval ${found.reduce(
  (sum, { inside }) => sum + inside.guess,
  0,
)} times of ${GROUPS * count}, and at the own rate ${found.reduce((sum, { inside }) => sum + inside.own, 0)} times.

| seed | rows (positives) | AUC best / guess / rules | the same without open offers, best / guess | log loss best / guess / at own rate / own rate alone | mean chance, true / guessed | calibration error, guess / at own rate | groups inside the interval, guess / at own rate |
| --- | --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}
`
process.stdout.write(text)
if (process.argv.length < 4)
  writeClaims('base-model', text, {
    data:
      `simulated markets of ${leads} leads, seeds ${UNSEEN} to ${UNSEEN + count - 1}, as known on ` +
      `day ${AS_OF_DAY} of ${DAYS}; learned from seeds 501 to 516`,
    command: 'node bench/base-model.ts',
  })
