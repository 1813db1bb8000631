/**
 * The watch over champions between two retrainings of the schedule: one whose inputs, answers or
 * errors have drifted, or whose AUC fell by more than 5 points, is retrained without waiting for
 * the night. At most one such retraining a champion and day, and none where one that saw the drift
 * has just ended.
 */
import { loadChampion, type Registry } from '../models/index.ts'
import { insertDriftJob } from '../store/index.ts'
import { modelDrift } from './drift.ts'
import { TRAINABLE } from './run.ts'

/** The job that looks; beside the names of models. */
export const DRIFT_WATCH = 'drift_watch'

export interface WatchedModel {
  readonly model: string
  /** The champion; null without one. */
  readonly version: number | null
  /** Why it counts as drifted; empty when it does not. */
  readonly because: readonly string[]
  /** The retraining that was filed, if any. */
  readonly jobId: string | null
}

export interface WatchOptions {
  readonly registry: Registry
  readonly workspaceId: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Looks at the champions of a workspace and files what their drift asks for. */
export async function watchDrift(options: WatchOptions): Promise<{ models: WatchedModel[] }> {
  const { registry, workspaceId, now } = options
  const { database } = registry
  const models: WatchedModel[] = []
  for (const { name: model } of TRAINABLE) {
    const champion = await loadChampion(registry, workspaceId, model)
    if (champion === undefined) {
      models.push({ model, version: null, because: [], jobId: null })
      continue
    }
    const { version } = champion
    const { because } = await modelDrift(database, workspaceId, champion, now)
    const jobId =
      because.length === 0
        ? undefined
        : await database.withWorkspace(workspaceId, (client) =>
            insertDriftJob(client, { model, version, reason: because.join('; '), now }),
          )
    models.push({ model, version, because, jobId: jobId ?? null })
  }
  return { models }
}
