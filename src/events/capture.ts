/**
 * Capture: raw events of one workspace in, a fate for each out. Fates are values: accepted and
 * duplicate are durable, rejected carries its problem. Unknown event types are kept in quarantine.
 */
import { LRUCache } from 'lru-cache'
import {
  AppError,
  isPublicEventType,
  isWebsiteEventType,
  toProblem,
  type EventInput,
  type Problem,
} from '../core/index.ts'
import {
  IDENTITY_KIND,
  type AppendResult,
  type Identity,
  type LinkResult,
  type LogRow,
  type Quarantined,
} from '../store/index.ts'
import { acceptEvent, namesOf, type Acceptance } from './accept.ts'
import { canonicalJson, holdsUnstorableText } from './canonical.ts'

export type Fate =
  | {
      readonly status: 'accepted'
      readonly position: number
      /** The event_id it was given, as it came without one. */
      readonly named?: string
    }
  | { readonly status: 'duplicate'; readonly position: number }
  | { readonly status: 'rejected'; readonly problem: Problem }

/** What capture needs of the store. */
export interface CaptureStore {
  /** Durable when resolved; group commit stands behind it. */
  readonly append: (rows: readonly LogRow[]) => Promise<AppendResult[]>
  readonly quarantine: (workspaceId: number, items: readonly Quarantined[]) => Promise<void>
  readonly link: (workspaceId: number, from: Identity, target: Identity) => Promise<LinkResult>
  /** Names events that come without an event_id. */
  readonly newId: () => string
}

export interface Capture {
  /**
   * One fate per event, in order; a website's may only be what leads do there.
   * @throws AppError `unavailable` when the database cannot take them; then none is acknowledged.
   */
  readonly take: (
    workspaceId: number,
    raws: readonly unknown[],
    now: number,
    fromWebsite?: boolean,
  ) => Promise<Fate[]>
  /** anonymous_id counts as lead_id from now on (Segment's identify). */
  readonly identify: (
    workspaceId: number,
    anonymousId: string,
    leadId: string,
  ) => Promise<LinkResult>
  /** Drops the names it remembers: after an erasure none of them may stay, in memory either. */
  readonly forget: () => void
  /** How many names of people, or pairs of them, it remembers. */
  readonly remembered: () => number
}

const REJECTED = { conflict: 'event-id-conflict', erased: 'person-erased' } as const

function fateOf(result: AppendResult): Fate {
  const { status, position } = result
  if (status === 'accepted' || status === 'duplicate') return { status, position }
  return { status: 'rejected', problem: toProblem(REJECTED[status]) }
}

function toQuarantine(raw: unknown, refused: Acceptance & { ok: false }): Quarantined | undefined {
  if (refused.code !== 'unknown-event-type') return undefined
  const body = canonicalJson(raw)
  if (holdsUnstorableText(body)) return undefined
  const eventType = (raw as EventInput).type
  return { code: refused.code, detail: refused.detail, eventType, body }
}

/** Whether an event comes without an event_id: it gets one, so that it can be told from others. */
const nameless = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !('event_id' in raw)

const refusal = ({ code, detail, errors }: Acceptance & { ok: false }): Fate => ({
  status: 'rejected',
  problem: toProblem(code, detail, { errors }),
})

/** What a website may not send is refused. */
function judged(acceptance: Acceptance, fromWebsite: boolean): Acceptance {
  if (!fromWebsite || !acceptance.ok) return acceptance
  const { type } = acceptance.event
  if (isPublicEventType(type) && isWebsiteEventType(type)) return acceptance
  return {
    ok: false,
    code: 'event-type-not-allowed',
    detail: `a publishable key may not send "${type}"`,
    errors: [{ path: '/type', message: 'must be something that the lead does on the website' }],
  }
}

export function createCapture(store: CaptureStore): Capture {
  // Pairs already linked, so that a site that always sends both ids costs one link, not one each.
  const linked = new LRUCache<string, true>({ max: 50_000 })
  let forgotten = 0

  async function identify(
    workspaceId: number,
    anonymousId: string,
    leadId: string,
  ): Promise<LinkResult> {
    const pair = `${workspaceId}\u001f${anonymousId}\u001f${leadId}`
    if (linked.has(pair)) return 'already'
    const before = forgotten
    const result = await store.link(
      workspaceId,
      { kind: IDENTITY_KIND.anonymous, value: anonymousId },
      { kind: IDENTITY_KIND.lead, value: leadId },
    )
    // What was asked before an erasure may be answered after it.
    if (result !== 'erased' && before === forgotten) linked.set(pair, true)
    return result
  }

  const take: Capture['take'] = async (workspaceId, raws, now, fromWebsite = false) => {
    const fates = new Array<Fate>(raws.length)
    const rows: LogRow[] = []
    const indexes: number[] = []
    const events: EventInput[] = []
    const kept: Quarantined[] = []
    const names = new Map<number, string>()
    for (let i = 0; i < raws.length; i++) {
      const named = nameless(raws[i]) ? store.newId() : undefined
      const raw = named === undefined ? raws[i] : { ...(raws[i] as object), event_id: named }
      const acceptance = judged(acceptEvent(workspaceId, raw, now), fromWebsite)
      if (named !== undefined) names.set(i, named)
      if (acceptance.ok) {
        rows.push(acceptance.row)
        indexes.push(i)
        events.push(acceptance.event)
        continue
      }
      fates[i] = refusal(acceptance)
      const item = toQuarantine(raws[i], acceptance)
      if (item !== undefined) kept.push(item)
    }
    if (kept.length > 0) await store.quarantine(workspaceId, kept)
    const results = await store.append(rows)
    for (let j = 0; j < results.length; j++) {
      const at = indexes[j]!
      const fate = fateOf(results[j]!)
      const named = names.get(at)
      fates[at] = fate.status === 'accepted' && named !== undefined ? { ...fate, named } : fate
      const pair = fate.status === 'rejected' ? undefined : namesOf(events[j]!)
      // Before the answer: what is acknowledged is linked. After a crash in between, the repetition
      // links.
      if (pair !== undefined) await identify(workspaceId, pair.anonymousId, pair.leadId)
    }
    return fates
  }

  const forget = (): void => {
    forgotten++
    linked.clear()
  }
  return { take, identify, forget, remembered: () => linked.size }
}

/** The fate of one event, thrown when it was rejected. @throws AppError with the problem's code. */
export function orThrow(fate: Fate): Exclude<Fate, { status: 'rejected' }> {
  if (fate.status !== 'rejected') return fate
  const code = fate.problem.type.slice(fate.problem.type.lastIndexOf('/') + 1)
  throw new AppError(code as AppError['code'], fate.problem.detail, fate.problem.errors)
}
