/**
 * How likely a day's observation is in each latent state, under the market's own parameters. These
 * are the emission probabilities of the hidden Markov model that the generator is.
 */
import { normalCdf } from '../math/index.ts'
import type { DayFactors } from './calendar.ts'
import { MAIL_WINDOW_SECONDS } from './contact.ts'
import type { DayObservation, SeenMail, SeenOpen } from './observation.ts'
import type { MailParameters, MarketParameters, SignalName } from './parameters.ts'
import { ACTIVITY_CLASSES, GATEWAYS, STAGE_COUNT, STAGES } from './stages.ts'

const IMPOSSIBLE = -1e3
const log = (x: number): number => (x > 0 ? Math.log(x) : IMPOSSIBLE)

interface SignalLogs {
  readonly value: Float64Array
  readonly yes: Float64Array
  readonly no: Float64Array
}

/** Signals that are counts with a Poisson mean per session. */
const COUNTS: readonly SignalName[] = ['viewsPerSession', 'searchesPerSession', 'swipe']
/** Signals with one trial on every day. */
const DAILY: readonly SignalName[] = ['message', 'callIn']

export interface Emission {
  /** Likelihood by [activity * STAGE_COUNT + stage] of a day without any act of the lead. */
  quiet: (factors: DayFactors) => Float64Array
  /** The same for an observed day; written into `out`, largest value 1. */
  observed: (day: DayObservation, factors: DayFactors, out: Float64Array) => void
  /** Likelihood by [gateway * STAGE_COUNT + stage] of the newsletter's opens and clicks. */
  mail: (mail: SeenMail, out: Float64Array) => void
  /** Of that likelihood, the part in which open number `index` is human. */
  mailHuman: (mail: SeenMail, index: number, out: Float64Array) => void
}

export function emissionOf(parameters: MarketParameters): Emission {
  const names = Object.keys(parameters.signals) as SignalName[]
  const logs = Object.fromEntries(
    names.map((name) => {
      const value = Float64Array.from(STAGES, (stage) => parameters.signals[name][stage])
      return [name, { value, yes: value.map(log), no: value.map((p) => log(1 - p)) }]
    }),
  ) as Record<SignalName, SignalLogs>
  const rates = new Float64Array(ACTIVITY_CLASSES * STAGE_COUNT)
  for (let a = 0; a < ACTIVITY_CLASSES; a++)
    for (let s = 0; s < STAGE_COUNT; s++)
      rates[a * STAGE_COUNT + s] = parameters.sessions[STAGES[s]!] * parameters.activity[a]!
  const daily = (weekend: boolean): readonly SignalName[] =>
    weekend ? [...DAILY, 'openHouse'] : DAILY

  const quietLog = (factors: DayFactors): Float64Array =>
    rates.map((rate, i) => {
      const s = i % STAGE_COUNT
      let sum = -rate * factors.sessions
      for (const name of daily(factors.weekend)) sum += logs[name].no[s]!
      return sum
    })

  const observed = (day: DayObservation, factors: DayFactors, out: Float64Array): void => {
    const shared = stageLog(day, logs, parameters.viewLogSd, daily(factors.weekend))
    const sessions = day.sessions - (day.firstSession ? 1 : 0)
    let largest = -Infinity
    for (let i = 0; i < out.length; i++) {
      const rate = rates[i]! * factors.sessions
      const value = shared[i % STAGE_COUNT]! - rate + (sessions > 0 ? sessions * log(rate) : 0)
      out[i] = value
      if (value > largest) largest = value
    }
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(out[i]! - largest)
  }
  return {
    quiet: (factors) => quietLog(factors).map((value) => Math.exp(value)),
    observed,
    ...mailEmission(parameters.mail, logs),
  }
}

/** Log-likelihood by stage of everything but the number of sessions and the mail. */
function stageLog(
  day: DayObservation,
  logs: Record<SignalName, SignalLogs>,
  logSd: number,
  daily: readonly SignalName[],
): Float64Array {
  const sum = new Float64Array(STAGE_COUNT)
  const trials = { ...day.trials }
  for (const name of daily) trials[name] = 1
  for (const key of Object.keys(trials)) {
    const name = key as SignalName
    const yes = day.hits[name] ?? 0
    const no = trials[name]! - yes
    for (let s = 0; s < STAGE_COUNT; s++) {
      if (yes > 0) sum[s]! += yes * logs[name].yes[s]!
      if (no > 0) sum[s]! += no * logs[name].no[s]!
    }
  }
  for (const name of COUNTS) {
    const count = day.hits[name] ?? 0
    for (let s = 0; s < STAGE_COUNT; s++) {
      sum[s]! -= day.sessions * logs[name].value[s]!
      if (count > 0) sum[s]! += count * logs[name].yes[s]!
    }
  }
  const timed = day.hits.viewMedianSeconds ?? 0
  if (timed > 0)
    for (let s = 0; s < STAGE_COUNT; s++) {
      const mean = logs.viewMedianSeconds.yes[s]!
      // Gaussian in log seconds; terms equal for all stages are left out.
      sum[s]! += (mean * day.logSeconds - 0.5 * timed * mean * mean) / (logSd * logSd)
    }
  return sum
}

/** Density of a log-normal delay truncated to the mail window, per second. */
function delayDensity(seconds: number, median: number, logSd: number): number {
  const z = Math.log(seconds / median) / logSd
  const inside = normalCdf(Math.log(MAIL_WINDOW_SECONDS / median) / logSd)
  return Math.exp(-0.5 * z * z) / (seconds * logSd * Math.sqrt(2 * Math.PI) * inside)
}

function mailEmission(
  mail: MailParameters,
  logs: Record<SignalName, SignalLogs>,
): Pick<Emission, 'mail' | 'mailHuman'> {
  const open = logs.emailOpen.value
  const click = logs.emailClick.value
  const humanDelay = (seconds: number): number =>
    mail.quickShare * delayDensity(seconds, mail.quickMedian, mail.quickLogSd) +
    (1 - mail.quickShare) * delayDensity(seconds, mail.humanMedian, mail.humanLogSd)
  const human = (seen: SeenOpen, visited: boolean, stage: number): number => {
    if (seen.clicks > 1 || (seen.clicks === 0 && visited)) return 0
    const visit = visited ? mail.visitAfterClick : 1 - mail.visitAfterClick
    const clicks = seen.clicks === 1 ? click[stage]! * visit : 1 - click[stage]!
    const network = seen.dataCentre ? mail.humanDataCentre : 1 - mail.humanDataCentre
    return humanDelay(seen.delaySeconds) * network * clicks
  }
  const scanner = (seen: SeenOpen, gateway: number): number => {
    const { scannerAllLinks: all, scannerOneLink: one } = mail
    const clicks = seen.clicks > 1 ? all : seen.clicks === 1 ? one : 1 - all - one
    const network = seen.dataCentre ? mail.scannerDataCentre : 1 - mail.scannerDataCentre
    const delay = delayDensity(
      seen.delaySeconds,
      mail.scannerMedian[gateway]!,
      mail.scannerLogSd[gateway]!,
    )
    return delay * network * clicks
  }
  /** Joint density with `human` = index of the open made by the person, or -1 for none. */
  const joint = ({ opens, visited }: SeenMail, maker: number, g: number, s: number): number => {
    if (maker < 0 && visited) return 0
    const others = opens.filter((_, i) => i !== maker)
    if (others.length > 1) return 0
    const scanned = mail.scannerOpen[g]!
    const machine = others[0] === undefined ? 1 - scanned : scanned * scanner(others[0], g)
    return maker < 0
      ? (1 - open[s]!) * machine
      : open[s]! * human(opens[maker]!, visited, s) * machine
  }
  const fill = (out: Float64Array, value: (g: number, s: number) => number): void => {
    for (let g = 0; g < GATEWAYS.length; g++)
      for (let s = 0; s < STAGE_COUNT; s++) out[g * STAGE_COUNT + s] = value(g, s)
  }
  return {
    mail: (seen, out) =>
      fill(out, (g, s) => {
        let sum = joint(seen, -1, g, s)
        for (let i = 0; i < seen.opens.length; i++) sum += joint(seen, i, g, s)
        return sum
      }),
    mailHuman: (seen, index, out) => fill(out, (g, s) => joint(seen, index, g, s)),
  }
}
