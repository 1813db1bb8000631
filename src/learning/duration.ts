/** How long a retraining will take, told before it begins. */
import { readJobSeconds, readLearningSize, type Database } from '../store/index.ts'

type Client = Parameters<Parameters<Database['withWorkspace']>[1]>[0]

/**
 * Of the first retraining of a model in a workspace nobody knows; measured on two cores of a small
 * server: fitting costs by lead, reading the log by entry.
 */
const SECONDS_AT_LEAST = 10
const SECONDS_PER_LEAD = 0.01
const SECONDS_PER_ENTRY = 60e-6

/** Seconds: the middle of the last runs, or told by the size of the workspace before any. */
export async function estimateSeconds(client: Client, model: string): Promise<number> {
  const past = await readJobSeconds(client, model)
  if (past !== null) return past
  const { leads, entries } = await readLearningSize(client)
  return SECONDS_AT_LEAST + leads * SECONDS_PER_LEAD + entries * SECONDS_PER_ENTRY
}
