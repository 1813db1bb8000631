/**
 * The market's parameters: drawn from wide priors by the seed alone, before anything is simulated,
 * written out as parameters.json and never touched afterwards. Rates are per day unless a name says
 * otherwise. `spread(center, factor)` is log-normal with about 95 % of its mass within center
 * times or divided by `factor`.
 */
import { seededRandom, type SeededRandom } from '../math/index.ts'
import { OPEN_STAGES, SEGMENTS, SOURCES, STAGES, type StageName } from './stages.ts'

/** What a session or day shows, each with its value at intent 0 and at intent 1. */
const SIGNAL_PRIORS = {
  viewsPerSession: [1.5, 4.2],
  viewMedianSeconds: [20, 60],
  searchesPerSession: [0.7, 1.2],
  repeatView: [0.08, 0.5],
  photos: [0.35, 0.6],
  priceCheck: [0.1, 0.42],
  floorplan: [0.04, 0.28],
  map: [0.08, 0.16],
  favorite: [0.02, 0.16],
  share: [0.004, 0.06],
  filter: [0.2, 0.5],
  swipe: [0.05, 0.1],
  swipeLike: [0.3, 0.55],
  video: [0.03, 0.08],
  mortgage: [0.008, 0.12],
  contactView: [0.01, 0.16],
  document: [0.005, 0.09],
  inquiry: [0.004, 0.08],
  tourRequest: [0.0015, 0.1],
  booking: [0.002, 0.04],
  message: [0.0015, 0.05],
  callIn: [0.0004, 0.02],
  openHouse: [0.001, 0.04],
  emailOpen: [0.14, 0.52],
  emailClick: [0.08, 0.3],
  smsReply: [0.08, 0.55],
  callAnswer: [0.2, 0.62],
  appointmentKept: [0.55, 0.92],
  urgentText: [0.04, 0.4],
  hesitantText: [0.4, 0.08],
} as const

export type SignalName = keyof typeof SIGNAL_PRIORS
const SIGNAL_NAMES = Object.keys(SIGNAL_PRIORS) as SignalName[]
const UNBOUNDED: ReadonlySet<SignalName> = new Set([
  'viewsPerSession',
  'viewMedianSeconds',
  'searchesPerSession',
])

const INTENT_PRIORS: Record<StageName, number> = {
  casual_away: 0.02,
  casual_browsing: 0.06,
  casual_exploring: 0.24,
  away: 0.05,
  browsing: 0.14,
  exploring: 0.4,
  evaluating: 0.7,
  ready: 1,
  contract: 0.5,
  gone: 0,
  done: 0.02,
}

const SESSION_PRIORS: Record<StageName, number> = {
  casual_away: 0.005,
  casual_browsing: 0.13,
  casual_exploring: 0.34,
  away: 0.005,
  browsing: 0.15,
  exploring: 0.34,
  evaluating: 0.48,
  ready: 0.65,
  contract: 0.2,
  gone: 0,
  done: 0.01,
}

/** In the order of MOVES. */
const MOVE_PRIORS = [
  0.02, 0.02, 0.01, 0.035, 0.0012, 0.006, 0.045, 0.02, 0.003, 0.004, 0.02, 0.01, 0.007, 0.032, 0.02,
  0.005, 0.032, 0.02, 0.013, 0.004, 0.038, 0.02, 0.009, 0.003, 0.015, 0.005, 0.003,
]

const OFFER_PRIORS: Record<StageName, number> = {
  casual_away: 0,
  casual_browsing: 0.00002,
  casual_exploring: 0.00006,
  away: 0.00002,
  browsing: 0.0001,
  exploring: 0.0008,
  evaluating: 0.006,
  ready: 0.05,
  contract: 0,
  gone: 0,
  done: 0,
}

const SEGMENT_SHARES = [0.26, 0.19, 0.11, 0.11, 0.08, 0.13, 0.12]

export interface MarketParameters {
  readonly seed: number
  /** Sessions a day by stage for the middle activity class. */
  readonly sessions: Record<StageName, number>
  /** Multiplier of session rates by activity class, and its prior shares. */
  readonly activity: readonly number[]
  readonly activityShares: readonly number[]
  /** Value of each signal by stage: mean counts, medians in seconds, or probabilities. */
  readonly signals: Record<SignalName, Record<StageName, number>>
  /** Standard deviation of the logarithm of seconds spent on a property. */
  readonly viewLogSd: number
  /** Daily probability of each move, in the order of MOVES. */
  readonly moves: readonly number[]
  /** Daily probability of an offer (seller: of a signed listing) by stage, before multipliers. */
  readonly offer: Record<StageName, number>
  readonly segmentOffer: Record<string, number>
  readonly segmentShares: Record<string, number>
  /** Share of serious leads by traffic source, and how common each source is. */
  readonly sourceSerious: Record<string, number>
  readonly sourceShares: Record<string, number>
  /** Stage on arrival given casual or serious. */
  readonly casualStart: Partial<Record<StageName, number>>
  readonly seriousStart: Partial<Record<StageName, number>>
  readonly contract: { readonly close: number; readonly collapse: number }
  /** What an answered call does: multiplies offers and progress until it wears off. */
  readonly call: {
    readonly offerFactor: number
    readonly progressFactor: number
    readonly strongFactor: number
    readonly wearsOff: number
    readonly afterInquiry: number
    readonly randomised: number
    readonly strongShare: number
  }
  readonly mail: MailParameters
  readonly smsPerDay: number
  readonly appointmentDue: number
  readonly unsubscribeOnLeaving: number
  readonly season: { readonly amplitude: number; readonly peakDayOfYear: number }
  readonly weekday: readonly number[]
  /** Mortgage rate in percent, and what the shock multiplies progress and offers by. */
  readonly rates: { readonly before: number; readonly after: number; readonly factor: number }
  readonly backlogShare: number
  readonly secondDevice: number
  readonly secondSignUp: number
}

export interface MailParameters {
  readonly gatewayShares: readonly number[]
  /** By gateway: chance that a scanner opens; delay as median seconds and log-sd. */
  readonly scannerOpen: readonly number[]
  readonly scannerMedian: readonly number[]
  readonly scannerLogSd: readonly number[]
  /** Humans: a share opens at once (phone in hand), the others when they come to it. */
  readonly quickShare: number
  readonly quickMedian: number
  readonly quickLogSd: number
  readonly humanMedian: number
  readonly humanLogSd: number
  /** Opens from a data-centre address. */
  readonly humanDataCentre: number
  readonly scannerDataCentre: number
  /** Scanner clicks: on every link at once, or on one link. */
  readonly scannerAllLinks: number
  readonly scannerOneLink: number
  /** A human click is followed by a visit. */
  readonly visitAfterClick: number
}

const byStage = (value: (name: StageName) => number): Record<StageName, number> =>
  Object.fromEntries(STAGES.map((name) => [name, value(name)])) as Record<StageName, number>

const logit = (p: number): number => Math.log(p / (1 - p))
const expit = (x: number): number => 1 / (1 + Math.exp(-x))

/** Probabilities move on the logit scale, other quantities on the log scale. */
function drawSignal(
  name: SignalName,
  intent: Record<StageName, number>,
  random: SeededRandom,
): Record<StageName, number> {
  const [low, high] = SIGNAL_PRIORS[name]
  const to = UNBOUNDED.has(name) ? Math.log : logit
  const from = UNBOUNDED.has(name) ? Math.exp : expit
  const base = to(low) + 0.2 * random.normal()
  const slope = (to(high) - to(low)) * Math.exp(0.15 * random.normal())
  return byStage((stage) => (stage === 'gone' ? 0 : from(base + slope * intent[stage])))
}

function shares<Name extends string>(
  names: readonly Name[],
  centers: readonly number[],
  spread: (center: number, factor: number) => number,
): Record<Name, number> {
  const drawn = centers.map((center) => spread(center, 1.6))
  const total = drawn.reduce((sum, value) => sum + value, 0)
  return Object.fromEntries(names.map((name, i) => [name, drawn[i]! / total])) as Record<
    Name,
    number
  >
}

function drawMail(
  random: SeededRandom,
  spread: (center: number, factor: number) => number,
): MailParameters {
  const none = 0.45 + 0.2 * random.next()
  const instant = (1 - none) * (0.35 + 0.3 * random.next())
  return {
    gatewayShares: [none, instant, 1 - none - instant],
    scannerOpen: [0, 0.85 + 0.13 * random.next(), 0.75 + 0.2 * random.next()],
    scannerMedian: [1, spread(2.5, 2), spread(500, 3)],
    scannerLogSd: [1, spread(0.7, 1.4), spread(1.4, 1.3)],
    quickShare: 0.06 + 0.12 * random.next(),
    quickMedian: spread(2.5, 1.6),
    quickLogSd: 0.6,
    humanMedian: spread(3000, 2),
    humanLogSd: spread(1.5, 1.2),
    humanDataCentre: 0.03 + 0.05 * random.next(),
    scannerDataCentre: 0.25 + 0.3 * random.next(),
    scannerAllLinks: 0.15 + 0.2 * random.next(),
    scannerOneLink: 0.03 + 0.07 * random.next(),
    visitAfterClick: 0.85 + 0.12 * random.next(),
  }
}

/** Draws a market's parameters. The same seed gives the same parameters on every machine. */
export function drawParameters(seed: number): MarketParameters {
  const random = seededRandom(seed).fork('parameters')
  const spread = (center: number, factor: number): number =>
    center * Math.exp((Math.log(factor) / 2) * random.normal())
  const intent = byStage((name) => INTENT_PRIORS[name] * spread(1, 1.15))
  const signals = Object.fromEntries(
    SIGNAL_NAMES.map((name) => [name, drawSignal(name, intent, random)]),
  ) as Record<SignalName, Record<StageName, number>>
  const pace = spread(1, 1.5)
  const before = 5 + 1.5 * random.next()
  const jump = (0.75 + 1.25 * random.next()) * (random.next() < 0.75 ? 1 : -1)
  return {
    seed,
    sessions: byStage((name) => SESSION_PRIORS[name] * pace * spread(1, 1.2)),
    activity: [0.5, 1, 1.9],
    activityShares: Object.values(shares(['light', 'middle', 'heavy'], [0.3, 0.45, 0.25], spread)),
    signals,
    viewLogSd: spread(0.8, 1.15),
    moves: MOVE_PRIORS.map((center) => spread(center, 1.4)),
    offer: byStage((name) => OFFER_PRIORS[name] * spread(1, 1.5)),
    segmentOffer: Object.fromEntries(SEGMENTS.map((name) => [name, spread(1, 1.5)])),
    segmentShares: shares(SEGMENTS, SEGMENT_SHARES, spread),
    sourceSerious: Object.fromEntries(
      SOURCES.map((name, i) => [name, spread([0.36, 0.3, 0.28, 0.2, 0.48][i]!, 1.4)]),
    ),
    sourceShares: shares(SOURCES, [0.25, 0.32, 0.18, 0.15, 0.1], spread),
    casualStart: { casual_browsing: 0.78, casual_exploring: 0.22 },
    seriousStart: { browsing: 0.5, exploring: 0.32, evaluating: 0.14, ready: 0.04 },
    contract: { close: spread(0.032, 1.3), collapse: spread(0.006, 1.5) },
    call: {
      offerFactor: 1.3 + 0.9 * random.next(),
      progressFactor: 1.1 + 0.4 * random.next(),
      strongFactor: 1.1 + 0.4 * random.next(),
      wearsOff: spread(0.12, 1.4),
      afterInquiry: 0.5 + 0.35 * random.next(),
      randomised: spread(0.02, 1.5),
      strongShare: 0.2 + 0.3 * random.next(),
    },
    mail: drawMail(random, spread),
    smsPerDay: spread(0.03, 1.4),
    appointmentDue: 0.22 + 0.16 * random.next(),
    unsubscribeOnLeaving: 0.15 + 0.2 * random.next(),
    season: { amplitude: 0.08 + 0.2 * random.next(), peakDayOfYear: 120 + random.int(60) },
    weekday: [1.25, 0.9, 0.88, 0.9, 0.92, 0.95, 1.2],
    rates: { before, after: before + jump, factor: Math.exp(-0.2 * jump) },
    backlogShare: 0.25 + 0.2 * random.next(),
    secondDevice: 0.1 + 0.12 * random.next(),
    secondSignUp: 0.02 + 0.03 * random.next(),
  }
}

/**
 * The same market with one constant daily offer probability for everybody: no season, no shock, no
 * effect of stage, segment or call. For checking that retraining does not inflate its own rate.
 */
export function withConstantHazard(base: MarketParameters, perDay: number): MarketParameters {
  if (!(perDay > 0 && perDay < 1))
    throw new RangeError(`perDay must lie between 0 and 1, not ${perDay}`)
  const open = new Set<StageName>([...OPEN_STAGES, 'gone'])
  return {
    ...base,
    offer: byStage((name) => (open.has(name) ? perDay : 0)),
    segmentOffer: Object.fromEntries(SEGMENTS.map((name) => [name, 1])),
    call: { ...base.call, offerFactor: 1, progressFactor: 1, strongFactor: 1 },
    season: { ...base.season, amplitude: 0 },
    rates: { ...base.rates, after: base.rates.before, factor: 1 },
    contract: { ...base.contract, collapse: 0 },
  }
}
