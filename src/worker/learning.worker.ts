/** Thread entry: one retraining, then it ends. See learning-thread.ts. */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import {
  DRIFT_WATCH,
  findReadiness,
  READINESS,
  runRetraining,
  TRAINABLE,
  watchDrift,
} from '../learning/index.ts'
import { createLog, systemClock } from '../platform/index.ts'
import { createPool, inWorkspace, type Database } from '../store/index.ts'
import type { FromLearning, LearningTask } from './learning-thread.ts'

const { endpoint, logging, masterKey, workspaceId, settings, model, days, actor } =
  workerData as LearningTask
// On Linux this concerns the calling thread only: whoever waits for an answer goes before learning.
if (process.platform === 'linux') setPriority(0, 10)
const pool = createPool(endpoint, createLog(logging), { max: 2, statementMsMax: 600_000 })
const tell = (message: FromLearning): void => parentPort?.postMessage(message)
try {
  const database: Pick<Database, 'app' | 'withWorkspace'> = {
    app: pool,
    withWorkspace: (id, work) => inWorkspace(pool, id, work),
  }
  const registry = { database, masterKey }
  const progress = (share: number): void => tell({ progress: share })
  const task = { workspaceId, settings, now: systemClock.now(), progress }
  const retrain = () => {
    const spec = TRAINABLE.find(({ name }) => name === model)
    if (spec === undefined) throw new Error(`there is no model "${model}" to train`)
    return runRetraining({ ...task, registry, spec, days, actor })
  }
  const work = () => {
    if (model === READINESS) return findReadiness({ ...task, database })
    return model === DRIFT_WATCH ? watchDrift({ ...task, registry }) : retrain()
  }
  const results = await work()
  tell({ results })
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) })
} finally {
  await pool.end()
}
