/** A start that cannot succeed: one line that says what to do, a status, and nothing left over. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { processAlive } from '../src/platform/index.ts'
import { processesIn } from '../src/store/embedded/postmaster-file.ts'
import { productFolder } from './support/served.ts'

const ROOT = join(import.meta.dirname, '..')
const SERVE = [join(ROOT, 'src/cli/main.ts'), 'serve']
const LAUNCHER = [join(ROOT, 'scripts/start.mjs')]
const linux = process.platform === 'linux'

interface End {
  readonly status: number | null
  readonly lines: readonly string[]
  readonly pid: number
}

function start(args: readonly string[], dataDir: string, port: number): Promise<End> {
  const { PATH } = process.env
  const env = { PATH, DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'error' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      // What the launcher builds, it tells; what was said of the start is what counts here.
      const said = errors.trim().split('\n')
      const lines = said.filter((line) => !/dashboard|^Sign in as /.test(line))
      resolve({ status, lines, pid: child.pid! })
    })
  })
}

let folder: string
let dataDir: string
let other: Server
let port: number
beforeAll(async () => {
  folder = productFolder('start')
  dataDir = join(folder, '.data')
  other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  port = (other.address() as { port: number }).port
})
afterAll(() => {
  other.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['serve', SERVE],
  ['npm start', LAUNCHER],
])(
  '%s on a port that is taken names it and what to do, and leaves nothing running',
  async (_name, args) => {
    const { status, lines, pid } = await start(args, dataDir, port)
    expect(lines).toEqual([
      `Port ${port} is taken: stop the other program or set PORT=${port + 1}.`,
    ])
    expect(status).toBe(1)
    expect(processAlive(pid)).toBe(false)
    const cluster = join(dataDir, 'postgres')
    if (linux) expect(processesIn(realpathSync(cluster))).toEqual([])
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false)
    expect(existsSync(join(dataDir, 'enterprisehub.lock'))).toBe(false)
    // Root's tests leave no database behind in the folders of the system.
    expect(lstatSync(cluster).isSymbolicLink()).toBe(false)
  },
  60_000,
)

/** Makes a folder that really cannot be written, root or not; undefined where that cannot be. */
function freeze(path: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0o555)
    return () => chmodSync(path, 0o755)
  }
  if (spawnSync('mount', ['--bind', path, path]).status !== 0) return undefined
  const frozen = spawnSync('mount', ['-o', 'remount,ro,bind', path]).status === 0
  const thaw = () => void spawnSync('umount', ['-l', path])
  if (frozen) return thaw
  thaw()
  return undefined
}

test('a folder that cannot be written is named, with what to do', async (context) => {
  const kept = join(folder, 'read-only')
  mkdirSync(kept)
  const thaw = freeze(kept)
  if (thaw === undefined) return context.skip('mounting is not permitted here')
  try {
    expect(() => mkdirSync(join(kept, 'probe'))).toThrow(/EROFS|EACCES/)
    for (const args of [SERVE, LAUNCHER]) {
      const { status, lines } = await start(args, join(kept, '.data'), 0)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(join(kept, '.data'))
      expect(lines[0]).toContain('set DATA_DIR to a folder that can be written')
      expect(status).toBe(1)
    }
    expect(readdirSync(kept)).toEqual([])
  } finally {
    thaw()
  }
})

test('a data folder that became read-only is named as well, and kept as it is', async (context) => {
  const thaw = freeze(dataDir)
  if (thaw === undefined) return context.skip('mounting is not permitted here')
  try {
    const { status, lines } = await start(SERVE, dataDir, 0)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(dataDir)
    expect(lines[0]).toContain('set DATA_DIR to a folder that can be written')
    expect(status).toBe(1)
    expect(processesIn(realpathSync(join(dataDir, 'postgres')))).toEqual([])
  } finally {
    thaw()
  }
})
