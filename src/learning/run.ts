/** A retraining from the log to the registry: what a job does. */
import type { Progress } from '../core/index.ts'
import {
  leadScoring,
  leadScoringOfAttributes,
  loadChampion,
  publishVersion,
  setAlias,
  summaryOf,
  type ModelSpec,
  type ModelSummary,
  type Registry,
} from '../models/index.ts'
import { outcomeSettings } from '../outcomes/index.ts'
import { countComparisons } from '../store/index.ts'
import { collectToLearn, type LearnedFrom } from './collect.ts'
import { modelDrift } from './drift.ts'
import { retrain, type RetrainReport } from './retrain.ts'

/** The models that learn from the log. */
export const TRAINABLE: readonly ModelSpec[] = [leadScoring]

const COLLECT_SHARE = 0.2

export interface RunOptions {
  readonly registry: Registry
  readonly workspaceId: number
  readonly spec: ModelSpec
  /** Settings of the workspace, for its horizon. */
  readonly settings: unknown
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Only moments of the last so many days; null: all. */
  readonly days: number | null
  /** Who asked, for the log. */
  readonly actor: string
  readonly progress?: Progress
  readonly signal?: { readonly aborted: boolean }
  /** For tests: most boosting iterations. */
  readonly mostTrees?: number
}

export interface RunReport extends RetrainReport {
  readonly model: string
  /** Number of the new version; null when the challenger was not promoted, and so not kept. */
  readonly version: number | null
  readonly championVersion: number | null
  /** Why the champion counts as drifted; empty when it does not. */
  readonly championDrift: readonly string[]
}

/** The record of a version: how it did, and what it was made of. Kept with it for good. */
export interface TrainingRecord extends RetrainReport {
  readonly learnedFrom: LearnedFrom
  readonly horizonDays: number
  /** Moments of the first and last row, ISO 8601; null where rows have no dates of their own. */
  readonly period: { readonly from: string; readonly to: string } | null
  readonly summary: ModelSummary
}

/**
 * Retrains one model of a workspace; a promoted challenger is published and live at once.
 * @throws AppError `invalid-request` when there is too little to learn from.
 */
export async function runRetraining(options: RunOptions): Promise<RunReport> {
  const { registry, workspaceId, now, days, actor, progress, signal, mostTrees } = options
  const { database } = registry
  const horizonDays = outcomeSettings(options.settings).leadScoringDays
  const spec = { ...options.spec, horizonDays }
  const champion = await loadChampion(registry, workspaceId, spec.name)
  const comparisonsBefore = await database.withWorkspace(workspaceId, (client) =>
    countComparisons(client, spec.name),
  )
  const { examples, from: learnedFrom } = await collectToLearn(database, {
    spec,
    workspaceId,
    now,
    days,
    onLeads: (leads) => progress?.(0, `${leads} leads read`),
  })
  const drift = champion && (await modelDrift(database, workspaceId, champion, now))
  const fitted = learnedFrom === 'behavior' ? spec : { ...leadScoringOfAttributes, horizonDays }
  const { model, report } = retrain(fitted, examples, {
    champion: champion?.model ?? null,
    comparisonsBefore,
    championDrifted: drift?.drifted ?? false,
    progress: (f, note) => progress?.(COLLECT_SHARE + (1 - COLLECT_SHARE) * f, note),
    ...(signal === undefined ? {} : { signal }),
    ...(mostTrees === undefined ? {} : { mostTrees }),
  })
  const championVersion = champion?.version ?? null
  const championDrift = drift?.because ?? []
  const found = { ...report, model: spec.name, championVersion, championDrift }
  if (report.verdict.decision === 'keep') return { ...found, version: null }
  const { from, to } = model.trainedOn
  const record: TrainingRecord = {
    ...report,
    learnedFrom,
    horizonDays,
    period:
      learnedFrom === 'behavior'
        ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
        : null,
    summary: summaryOf(model),
  }
  const version = await publishVersion(registry, workspaceId, model, {
    createdBy: actor,
    note: report.verdict.because,
    metrics: { ...record },
  })
  const order = { name: spec.name, alias: 'champion', version } as const
  await setAlias(registry, workspaceId, { ...order, actor, reason: report.verdict.because })
  return { ...found, version }
}
