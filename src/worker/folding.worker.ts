/** Thread entry: folds the log beside the thread that answers requests. See folding-thread.ts. */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { createIdSource, createLog, systemClock, type Config } from '../platform/index.ts'
import { createPool, type Endpoint } from '../store/index.ts'
import { startPartitionOwner } from './partition-owner.ts'

/** Sessions of the thread: one reads and writes, one renews or refolds meanwhile. */
const SESSIONS_MAX = 2

const { endpoint, logging, alone } = workerData as {
  readonly endpoint: Endpoint
  readonly logging: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly alone: boolean
}
// On Linux this concerns the calling thread only: whoever waits for an answer goes before folding.
if (process.platform === 'linux') setPriority(0, 10)
const log = createLog(logging)
const pool = createPool(endpoint, log, { max: SESSIONS_MAX, statementMsMax: 60_000 })
const owner = await startPartitionOwner({
  database: { app: pool },
  log,
  clock: systemClock,
  holder: createIdSource()(),
  alone,
  onFolded: (cursor) => parentPort?.postMessage(cursor),
})
parentPort?.on('message', (message: 'hint' | 'close') => {
  if (message === 'hint') {
    owner.hint()
    return
  }
  void owner
    .close()
    .then(() => pool.end())
    .finally(() => parentPort?.close())
})
parentPort?.postMessage(owner.cursor())
