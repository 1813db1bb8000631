/** Thread entry: folds the log beside the thread that answers requests. See folding-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { onStateDamage } from '../features/index.ts'
import { createIdSource, createLog, systemClock, type Config } from '../platform/index.ts'
import { createPool, inWorkspace, type Endpoint } from '../store/index.ts'
import type { FromFolding, ToFolding } from './folding-thread.ts'
import { startPartitionOwner } from './partition-owner.ts'
import { createPartitionScoring } from './partition-scoring.ts'

/**
 * Sessions of the thread: folding, and beside it states and scores being written, scores kept up to
 * date, and states rebuilt.
 */
const SESSIONS_MAX = 5

const { endpoint, logging, alone, masterKey } = workerData as {
  readonly endpoint: Endpoint
  readonly logging: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly alone: boolean
  readonly masterKey: Uint8Array
}
const log = createLog(logging)
const pool = createPool(endpoint, log, { max: SESSIONS_MAX, statementMsMax: 60_000 })
const database = {
  app: pool,
  withWorkspace: <T>(workspaceId: number, work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(pool, workspaceId, work),
}
const tell = (message: FromFolding): void => parentPort?.postMessage(message)
const clock = systemClock
const scoring = createPartitionScoring({ registry: { database, masterKey }, clock, log })
scoring.onNotice(tell)
onStateDamage(tell)
const owner = await startPartitionOwner({
  database,
  log,
  clock,
  scoring,
  holder: createIdSource()(),
  alone,
  onFolded: tell,
})
parentPort?.on('message', (message: ToFolding) => {
  if (typeof message === 'object') {
    if ('appended' in message) owner.hint(message.appended)
    else if ('listen' in message) owner.listen(message.listen)
    else owner.rescore(message.rescore)
    return
  }
  void owner
    .close()
    .then(() => pool.end())
    .finally(() => parentPort?.close())
})
tell(owner.cursor())
