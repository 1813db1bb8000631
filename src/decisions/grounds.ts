/**
 * What a workspace's scoring stands on, kept for some minutes: its champion, its settings, and
 * where no model is trained the rates of its leads so far.
 */
import type { Clock } from '../core/index.ts'
import { createKept, type Logger } from '../platform/index.ts'
import { leadScoring, type LiveModels, type OwnRates } from '../models/index.ts'
import {
  readEconomics,
  readLeadRates,
  type Database,
  type SegmentRate,
  type StoredEconomics,
} from '../store/index.ts'
import { DEFAULT_ECONOMICS, type Economics } from './call-next.ts'
import type { ScoringGround } from './lead-score.ts'

const KEPT_MS = 300_000
/** Counting rates reads the whole log of a workspace. */
const RATES_KEPT_MS = 3_600_000
const COMMISSION_MAX = 0.2

export interface Ground extends ScoringGround {
  /** IANA name. */
  readonly timeZone: string
}

export interface Grounds {
  /**
   * The ground of a workspace. Counting the rates of a workspace without a model may take seconds:
   * without `patient` they are left out until they are there.
   */
  readonly of: (workspaceId: number, options?: { readonly patient?: boolean }) => Promise<Ground>
}

/** What was counted, for the guess where no model is; undefined while nothing is there to count. */
function ownRates(rates: readonly SegmentRate[]): OwnRates | undefined {
  if (rates.length === 0) return undefined
  const sum = (of: 'leads' | 'positives'): number =>
    rates.reduce((total, rate) => total + rate[of], 0)
  const segments = rates.flatMap(({ segment, leads, positives }) =>
    segment === null ? [] : [[segment, { leads, positives }] as const],
  )
  return {
    workspace: { leads: sum('leads'), positives: sum('positives') },
    segments: Object.fromEntries(segments),
  }
}

/** Settings commission_rate and typical_price where they make sense, else what is usual. */
export function economicsOf({ settings, medianListPrice }: StoredEconomics): Economics {
  const rate = settings['commission_rate']
  const price = settings['typical_price']
  const usual = DEFAULT_ECONOMICS
  return {
    commissionRate:
      typeof rate === 'number' && rate > 0 && rate <= COMMISSION_MAX ? rate : usual.commissionRate,
    typicalPrice:
      typeof price === 'number' && price > 0 && Number.isFinite(price)
        ? price
        : (medianListPrice ?? usual.typicalPrice),
  }
}

export interface GroundsOptions {
  readonly database: Pick<Database, 'app'>
  readonly models: LiveModels
  readonly clock: Clock
  readonly log: Logger
  /** Told of each look at what is kept, by its name. */
  readonly onLook?: (name: string, isHit: boolean) => void
}

export function createGrounds({ database, models, clock, log, onLook }: GroundsOptions): Grounds {
  const economics = createKept({
    clock,
    ms: KEPT_MS,
    ask: (id) => readEconomics(database.app, id),
    onLook: (isHit) => onLook?.('economics', isHit),
  })
  const rates = createKept({
    clock,
    ms: RATES_KEPT_MS,
    ask: (id) => readLeadRates(database.app, id, leadScoring.horizonDays),
    onLook: (isHit) => onLook?.('rates', isHit),
  })
  const complain = (error: unknown): void => log.warn({ err: error }, 'rates could not be counted')
  return {
    async of(workspaceId, { patient = false } = {}) {
      const champion = await models.champion(workspaceId, leadScoring.name)
      const stored = await economics.get(workspaceId)
      const counted = (): Promise<readonly SegmentRate[]> | readonly SegmentRate[] => {
        const found = rates.get(workspaceId)
        if (patient) return found
        found.catch(complain)
        return rates.last(workspaceId) ?? []
      }
      return {
        champion,
        rates: champion ? undefined : ownRates(await counted()),
        economics: economicsOf(stored),
        timeZone: stored.timeZone,
      }
    },
  }
}
