/**
 * What can be learned from a workspace so far and what not yet, counted with the same rows and by
 * the same thresholds as a retraining uses.
 */
import type { Progress } from '../core/index.ts'
import { LEADS_MIN, leadScoring, type Examples } from '../models/index.ts'
import { outcomeSettings } from '../outcomes/index.ts'
import type { Database } from '../store/index.ts'
import { testClosings, type ClosingsTest } from './closings.ts'
import { collectToLearn, type LearnedFrom } from './collect.ts'
import { PARTS, POSITIVES_MIN, positiveLeads, splitExamples } from './split.ts'

/** The job that finds it out; beside the names of models. */
export const READINESS = 'readiness'

/** Something that learning could do with enough leads. */
export interface Learnable {
  readonly what: 'model' | 'later_time' | 'segment'
  /** Of a segment its name. */
  readonly name: string | null
  readonly isReady: boolean
  /** Leads with the outcome: how many there are, and how many it takes. */
  readonly have: number
  readonly need: number
  /** For people. */
  readonly sentence: string
}

export interface Readiness {
  readonly learnedFrom: LearnedFrom
  readonly horizonDays: number
  /** Leads with a final row, and those of them with the outcome. */
  readonly leads: number
  readonly positives: number
  readonly learnable: readonly Learnable[]
  readonly closings: ClosingsTest
}

const leadsOf = ({ groups }: Examples): number => new Set(groups).size

function modelLine(have: number, leads: number, from: LearnedFrom): Learnable {
  const without = leads - have
  const isReady = have >= POSITIVES_MIN && without >= LEADS_MIN
  const by = from === 'behavior' ? 'their behavior' : 'what was imported of them'
  const need =
    have < POSITIVES_MIN
      ? `${POSITIVES_MIN - have} more with the outcome`
      : `${LEADS_MIN - without} more without it`
  const sentence = isReady
    ? `a first model can be learned from ${by}; it goes live if it beats the average and the rules`
    : `a first model takes ${need}; until then leads have no score but a guess, and say so`
  return { what: 'model', name: null, isReady, have, need: POSITIVES_MIN, sentence }
}

/** Learnable things that these examples allow, or do not yet. Pure. */
export function learnableFrom(examples: Examples, from: LearnedFrom): Learnable[] {
  const all = Array.from(examples.labels.keys())
  const have = positiveLeads(examples, all)
  const lines = [modelLine(have, leadsOf(examples), from)]
  const isLater = examples.rows > 0 && splitExamples(examples).kind === 'time'
  // Of PARTS leads one is held out, and those that are left must teach as many.
  const forLater = PARTS * POSITIVES_MIN
  if (from === 'behavior')
    lines.push({
      what: 'later_time',
      name: null,
      isReady: isLater,
      have,
      need: forLater,
      sentence: isLater
        ? 'a model is tried on months later than those it learned from'
        : `a model is tried on other leads; to try it on later months takes about ${forLater}`,
    })
  examples.segments.levels.forEach((name, code) => {
    if (name === '') return
    const rows = all.filter((row) => examples.segments.codes[row] === code)
    const own = positiveLeads(examples, rows)
    const isReady = own >= POSITIVES_MIN
    const sentence = isReady
      ? 'a model that is worse for this segment is not taken'
      : 'too few to tell whether a model is worse for this segment'
    lines.push({ what: 'segment', name, isReady, have: own, need: POSITIVES_MIN, sentence })
  })
  return lines
}

export interface ReadinessOptions {
  readonly database: Pick<Database, 'withWorkspace'>
  readonly workspaceId: number
  readonly settings: unknown
  readonly now: number
  readonly progress?: Progress
  /** For tests: most boosting iterations. */
  readonly mostTrees?: number
}

const COLLECT_SHARE = 0.2

/** Reads what a retraining would read, and tests what it would have said of the last closings. */
export async function findReadiness(options: ReadinessOptions): Promise<Readiness> {
  const { database, workspaceId, settings, now, progress, mostTrees } = options
  const horizonDays = outcomeSettings(settings).leadScoringDays
  const spec = { ...leadScoring, horizonDays }
  const { examples, from } = await collectToLearn(database, { spec, workspaceId, now, days: null })
  const learnable = learnableFrom(examples, from)
  progress?.(COLLECT_SHARE, 'looking back')
  const share = (f: number) => progress?.(COLLECT_SHARE + (1 - COLLECT_SHARE) * f, 'looking back')
  const read = { database, workspaceId, horizonDays, now, progress: share }
  const closings = await testClosings(read, {
    spec,
    examples,
    from,
    seed: workspaceId,
    ...(mostTrees === undefined ? {} : { mostTrees }),
  })
  return {
    learnedFrom: from,
    horizonDays,
    leads: leadsOf(examples),
    positives: learnable[0]!.have,
    learnable,
    closings,
  }
}
