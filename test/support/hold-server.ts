/** Runs the embedded server of a folder until killed; prints its process number when ready. */
import { createLog } from '../../src/platform/index.ts'
import { startEmbedded } from '../../src/store/embedded/supervisor.ts'

const log = createLog({ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' })
const dataDir = process.argv[2]!
const embedded = await startEmbedded({ dataDir, log, exclusive: true })
process.on('SIGTERM', () => void embedded.stop().then(() => process.exit(0)))
process.stdout.write(`${embedded.pid()}\n`)
