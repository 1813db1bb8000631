/**
 * What is known of mailboxes: how people and security scanners open and click. The grader weighs
 * an e-mail's opens with these densities (a mixture over three kinds of mailbox, by Bayes' rule).
 */

/** Kinds of mailbox: unscanned, scanned at once, scanned after minutes. */
export const MAILBOXES = 3

export interface MailboxModel {
  /** Prior share of each kind. */
  readonly shares: readonly number[]
  /** By kind: chance that a scanner opens an e-mail. */
  readonly scannerOpens: readonly number[]
  /** By kind: delay of a scanner, median seconds and deviation of its logarithm. */
  readonly scannerMedian: readonly number[]
  readonly scannerLogSd: readonly number[]
  /** People: a share opens with the phone in hand, the others when they come to it. */
  readonly quickShare: number
  readonly quickMedian: number
  readonly quickLogSd: number
  readonly humanMedian: number
  readonly humanLogSd: number
  /** Chance that a request comes from a data centre (or names a scanner as its agent). */
  readonly humanDataCentre: number
  readonly scannerDataCentre: number
  /** Scanners: chance to click all links at once, and to click one. */
  readonly scannerAllLinks: number
  readonly scannerOneLink: number
  /** People: chance of a click, and that a visit follows it. */
  readonly humanClick: number
  readonly visitAfterClick: number
  /** Beta prior of a person's chance to open, as opened and not opened e-mails. */
  readonly opened: number
  readonly ignored: number
}

/** Round numbers for a new workspace. */
export const DEFAULT_MAILBOXES: MailboxModel = {
  shares: [0.55, 0.2, 0.25],
  scannerOpens: [0.02, 0.9, 0.85],
  scannerMedian: [60, 2.5, 500],
  scannerLogSd: [2, 0.8, 1.5],
  quickShare: 0.12,
  quickMedian: 3,
  quickLogSd: 0.7,
  humanMedian: 3000,
  humanLogSd: 1.5,
  humanDataCentre: 0.05,
  scannerDataCentre: 0.4,
  scannerAllLinks: 0.25,
  scannerOneLink: 0.06,
  humanClick: 0.15,
  visitAfterClick: 0.9,
  opened: 2,
  ignored: 4,
}

/** One client (device or scanner) that opened or clicked in an e-mail. */
export interface Opening {
  client: string
  /** Log positions of its open and clicks that carry a grade. */
  positions: number[]
  /** Seconds from sending to its first request. */
  delay: number
  dataCentre: boolean
  /** Different links clicked, and whether three or more of them within three seconds. */
  links: string[]
  firstClick: number
  atOnce: boolean
}

/** What scanners of one kind did in a mailbox, in expectation. */
export interface Scans {
  count: number
  /** Sum of the logarithms of their delays in seconds. */
  logDelay: number
}

/**
 * How many scans of its own a mailbox must have shown to count as much as what is known of others:
 * variance of the logarithm within a mailbox over that between mailboxes.
 */
const SCANS_PRIOR = 5

/** The model for one mailbox: delays of its scanners drawn to what was seen there. */
export function modelOfMailbox(m: MailboxModel, scans: readonly Scans[]): MailboxModel {
  const scannerMedian = m.scannerMedian.map((median, kind) => {
    const { count, logDelay } = scans[kind]!
    return Math.exp((SCANS_PRIOR * Math.log(median) + logDelay) / (SCANS_PRIOR + count))
  })
  return { ...m, scannerMedian }
}

/** Logarithm of a delay in seconds. */
export const logDelayOf = ({ delay }: Opening): number => Math.log(Math.max(delay, SOONEST))

/** Clocks are not finer. */
const SOONEST = 0.001

/** What never happens in theory happens in logs: no evidence weighs more than this. */
const RARE = 1e-4

/** Density of the delay in seconds, log-normal. */
function logNormal(seconds: number, median: number, logSd: number): number {
  const x = Math.max(seconds, SOONEST)
  const z = Math.log(x / median) / logSd
  return Math.exp(-0.5 * z * z) / (x * logSd * Math.sqrt(2 * Math.PI))
}

/** Density of one opening, if a person made it; `visited`: a visit followed a click. */
export function humanDensity(m: MailboxModel, o: Opening, visited: boolean): number {
  const delay =
    m.quickShare * logNormal(o.delay, m.quickMedian, m.quickLogSd) +
    (1 - m.quickShare) * logNormal(o.delay, m.humanMedian, m.humanLogSd)
  const visit = visited ? m.visitAfterClick : 1 - m.visitAfterClick
  const clicks =
    o.links.length === 0
      ? (1 - m.humanClick) * (visited ? RARE : 1)
      : m.humanClick * visit * (o.atOnce ? RARE : 1)
  return delay * clicks * (o.dataCentre ? m.humanDataCentre : 1 - m.humanDataCentre)
}

/** Density of one opening, if the scanner of a mailbox of kind `kind` made it. */
export function scannerDensity(m: MailboxModel, o: Opening, kind: number): number {
  const all = m.scannerAllLinks
  const one = m.scannerOneLink
  const clicks = o.atOnce ? all : o.links.length > 0 ? one : 1 - all - one
  const delay = logNormal(o.delay, m.scannerMedian[kind]!, m.scannerLogSd[kind]!)
  return delay * clicks * (o.dataCentre ? m.scannerDataCentre : 1 - m.scannerDataCentre)
}

/**
 * Joint density of an e-mail's openings when number `maker` was the person's (-1: the person did
 * not open) and scanners made the others.
 */
export function jointDensity(
  m: MailboxModel,
  openings: readonly Opening[],
  visited: boolean,
  maker: number,
  kind: number,
  opens: number,
): number {
  const scans = openings.length - (maker < 0 ? 0 : 1)
  const scanned = m.scannerOpens[kind]!
  let density = scans === 0 ? 1 - scanned : scanned * RARE ** (scans - 1)
  openings.forEach((opening, i) => {
    if (i !== maker) density *= scannerDensity(m, opening, kind)
  })
  if (maker < 0) return density * (1 - opens) * (visited ? RARE : 1)
  return density * opens * humanDensity(m, openings[maker]!, visited)
}
