/**
 * The test of the last closings: what the score would have said of each some days before, among the
 * leads of that day, as known then, by a model that did not learn from them.
 */
import { markDeclared, asLearned, replayTrainingRows } from '../features/index.ts'
import { wilsonInterval } from '../math/index.ts'
import {
  exampleWriter,
  fitModel,
  predictExamples,
  takeExamples,
  type Examples,
  type FittedModel,
  type ModelSpec,
} from '../models/index.ts'
import { isFinished, labelRule, outcomesOf } from '../outcomes/index.ts'
import {
  drawLeads,
  readClosings,
  readDeclaredHistory,
  readPersons,
  readSegments,
  type Closing,
  type Database,
} from '../store/index.ts'
import type { LearnedFrom } from './collect.ts'
import { PARTS, POSITIVES_MIN, positiveLeads, rowsOfPart } from './split.ts'

const DAY_MS = 86_400_000
/** Closings looked back upon. */
export const CLOSINGS_MAX = 30
/** Days before closing on which the list is looked at. */
export const DAYS_BEFORE = [7, 30] as const
export const TOP_SHARES = [0.1, 0.25] as const
/** Leads of whom the list of a day is drawn where there are more. */
const LIST_MAX = 2_000
const LEADS_AT_ONCE = 50

export interface TopShare {
  /** Upper part of the list, in (0, 1). */
  readonly top: number
  /** Share of the closings that stood there; ties count as a random order would. */
  readonly share: number
  /** What a random order would give. */
  readonly chance: number
  /** 95 %, Wilson. */
  readonly interval: readonly [number, number]
}

export interface DayBefore {
  readonly days: number
  /** Closings whose lead was known and open on that day. */
  readonly closings: number
  /** Closings whose lead was not known yet. */
  readonly notKnown: number
  /** Middle number of leads on the lists of those days. */
  readonly listed: number
  /** Empty without closings. */
  readonly tops: readonly TopShare[]
}

export interface ClosingsTest {
  /** `earlier`: one model of the time before all these days; `others`: each by four fifths. */
  readonly model: 'earlier' | 'others' | null
  /** Why there is none; null when there is. */
  readonly because: string | null
  readonly closings: number
  /** Moments of the first and last closing; null without any. */
  readonly from: number | null
  readonly to: number | null
  readonly days: readonly DayBefore[]
}

/** Rank of one among others: in the top `k` of all in a random order of equals, 0 to 1. */
export function creditInTop(own: number, others: readonly number[], k: number): number {
  let above = 0
  let equal = 0
  for (const other of others)
    if (other > own) above++
    else if (other === own) equal++
  return Math.min(1, Math.max(0, (k - above) / (equal + 1)))
}

/** One closing on a day: the chance given to it, and to the others on the list. */
export interface Placed {
  readonly own: number
  readonly others: readonly number[]
}

export function dayBefore(days: number, placed: readonly Placed[], notKnown: number): DayBefore {
  const n = placed.length
  const sizes = placed.map(({ others }) => others.length + 1).sort((a, b) => a - b)
  const topOf = (top: number): TopShare => {
    let hits = 0
    let chance = 0
    for (const { own, others } of placed) {
      const size = others.length + 1
      const k = Math.max(1, Math.round(top * size))
      hits += creditInTop(own, others, k)
      chance += k / size
    }
    return { top, share: hits / n, chance: chance / n, interval: wilsonInterval(hits, n) }
  }
  const listed = sizes[sizes.length >> 1] ?? 0
  return { days, closings: n, notKnown, listed, tops: n === 0 ? [] : TOP_SHARES.map(topOf) }
}

/** Leads as they stood on the days, each row one lead on one day. */
interface Lists {
  readonly examples: Examples
  /** Index into the days, by row. */
  readonly dayOf: readonly number[]
}

interface Read {
  readonly database: Pick<Database, 'withWorkspace'>
  readonly workspaceId: number
  readonly horizonDays: number
  readonly now: number
  readonly progress: (share: number) => void
}

/** The lists of leads on some days: closings, and a sample of the others, as known then. */
export async function listsOfDays(
  { database, workspaceId, horizonDays, progress }: Read,
  closings: readonly Closing[],
  /** Ascending. */
  days: readonly number[],
): Promise<Lists> {
  const writer = exampleWriter()
  const dayOf: number[] = []
  const inside = <T>(work: Parameters<typeof database.withWorkspace<T>>[1]): Promise<T> =>
    database.withWorkspace(workspaceId, work)
  const isDeclared = await inside(readDeclaredHistory)
  const own = closings.map(({ personId }) => personId)
  const segments = await inside((client) => readSegments(client, own))
  const drawn = await inside((client) => drawLeads(client, workspaceId, LIST_MAX))
  const among = drawn.filter(({ personId }) => !segments.has(personId))
  const leads = [
    ...own.map((id) => ({ personId: id, segment: segments.get(id) ?? null })),
    ...among,
  ]
  for (let from = 0; from < leads.length; from += LEADS_AT_ONCE) {
    const some = leads.slice(from, from + LEADS_AT_ONCE)
    const ids = some.map(({ personId }) => personId)
    const logs = await inside((client) =>
      readPersons(client, workspaceId, ids, Number.MAX_SAFE_INTEGER),
    )
    for (const { personId, segment } of some) {
      const entries = markDeclared(logs.get(personId) ?? [], isDeclared)
      const learned = asLearned(entries)
      const rule = labelRule(segment, horizonDays)
      const shown = [...days.keys()].filter((day) => {
        const time = days[day]!
        const known = learned.filter(({ at }) => at <= time).map(({ entry }) => entry)
        return known.length > 0 && !isFinished(rule, outcomesOf(known), time)
      })
      const times = shown.map((day) => days[day]!)
      replayTrainingRows(entries, times, personId).rows.forEach((vector, i) => {
        writer.add({ vector, label: 0, group: personId, segment })
        dayOf.push(shown[i]!)
      })
    }
    progress((from + some.length) / leads.length)
  }
  return { examples: writer.finish(), dayOf }
}

interface Fitting {
  readonly spec: ModelSpec
  /** All final rows of the workspace, as models learn from them. */
  readonly examples: Examples
  readonly from: LearnedFrom
  readonly seed: number
  readonly mostTrees?: number
  readonly progress: (share: number) => void
}

type Answer = (lists: Examples) => Float64Array

/** One model of rows that were final before `until`, none of them about the closings. */
function earlierModel(
  { spec, examples, seed, mostTrees, progress }: Fitting,
  closers: ReadonlySet<number>,
  until: number,
): Answer | undefined {
  const horizon = spec.horizonDays * DAY_MS
  const rows = Array.from({ length: examples.rows }, (_, row) => row).filter(
    (row) => examples.times[row]! + horizon <= until && !closers.has(examples.groups[row]!),
  )
  if (positiveLeads(examples, rows) < POSITIVES_MIN) return undefined
  const more = mostTrees === undefined ? {} : { mostTrees }
  const training = takeExamples(examples, Int32Array.from(rows))
  const model = fitModel(spec, training, { seed, progress, ...more })
  return (lists) => predictExamples(model, lists)
}

/** Each fifth of the leads is answered by a model of the other four. */
function modelsOfOthers(fitting: Fitting): Answer {
  const { spec, examples, seed, mostTrees, progress } = fitting
  const more = mostTrees === undefined ? {} : { mostTrees }
  const models: FittedModel[] = []
  for (let part = 0; part < PARTS; part++)
    models.push(
      fitModel(spec, takeExamples(examples, rowsOfPart(examples, part, true)), {
        seed,
        progress: (share) => progress((part + share) / PARTS),
        ...more,
      }),
    )
  return (lists) => {
    const answers = new Float64Array(lists.rows)
    models.forEach((model, part) => {
      const rows = rowsOfPart(lists, part, false)
      const own = predictExamples(model, takeExamples(lists, rows))
      rows.forEach((row, i) => (answers[row] = own[i]!))
    })
    return answers
  }
}

const none = (closings: readonly Closing[], because: string): ClosingsTest => ({
  model: null,
  because,
  closings: closings.length,
  from: closings.at(-1)?.at ?? null,
  to: closings[0]?.at ?? null,
  days: [],
})

function placesOn(
  { examples, dayOf }: Lists,
  answers: Float64Array,
  closings: readonly Closing[],
  days: readonly number[],
): DayBefore[] {
  const rowsOf = Map.groupBy(dayOf.keys(), (row) => dayOf[row]!)
  return DAYS_BEFORE.map((before) => {
    const placed = closings.flatMap(({ personId, at }): Placed[] => {
      const rows = rowsOf.get(days.indexOf(at - before * DAY_MS)) ?? []
      const own = rows.find((row) => examples.groups[row] === personId)
      if (own === undefined) return []
      const others = rows.filter((row) => row !== own).map((row) => answers[row]!)
      return others.length === 0 ? [] : [{ own: answers[own]!, others }]
    })
    return dayBefore(before, placed, closings.length - placed.length)
  })
}

/** Runs the test. Reads up to 2,000 leads' logs, and fits one model or five. */
export async function testClosings(
  read: Read,
  fitting: Omit<Fitting, 'progress'>,
): Promise<ClosingsTest> {
  const { database, workspaceId, now, progress } = read
  const closings = await database.withWorkspace(workspaceId, (client) =>
    readClosings(client, now, CLOSINGS_MAX),
  )
  if (closings.length === 0)
    return none(closings, 'no lead has closed on a known day yet: record outcomes, or import them')
  if (fitting.from === 'attributes')
    return none(
      closings,
      'models learn from attributes without days so far: there is no day to look at',
    )
  const positives = positiveLeads(fitting.examples, Array.from(fitting.examples.labels.keys()))
  if (positives < POSITIVES_MIN)
    return none(
      closings,
      `a model takes ${POSITIVES_MIN} leads with the outcome, and ${positives} are known`,
    )
  const days = [...new Set(closings.flatMap(({ at }) => DAYS_BEFORE.map((d) => at - d * DAY_MS)))]
  days.sort((a, b) => a - b)
  const lists = await listsOfDays({ ...read, progress: (f) => progress(f / 2) }, closings, days)
  const fits = { ...fitting, progress: (f: number) => progress((1 + f) / 2) }
  const closers = new Set(closings.map(({ personId }) => personId))
  const earlier = earlierModel(fits, closers, days[0]!)
  const answers = (earlier ?? modelsOfOthers(fits))(lists.examples)
  return {
    ...none(closings, ''),
    because: null,
    model: earlier === undefined ? 'others' : 'earlier',
    days: placesOn(lists, answers, closings, days),
  }
}
