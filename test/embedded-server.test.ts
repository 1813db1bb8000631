/** The embedded PostgreSQL under everything that happens to a process and a folder. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog, processAlive } from '../src/platform/index.ts'
import { processesIn } from '../src/store/embedded/postmaster-file.ts'
import { startEmbedded, type Embedded } from '../src/store/embedded/supervisor.ts'

const root = process.getuid?.() === 0
const linux = process.platform === 'linux'
const said: string[] = []
const log = createLog(
  { LOG_LEVEL: 'info', LOG_FORMAT: 'text' },
  { write: (line) => said.push(line) },
)
const folders: string[] = []

function temporaryFolder(mode = 0o711): string {
  const folder = mkdtempSync(join(tmpdir(), 'eh-embedded-'))
  chmodSync(folder, mode)
  folders.push(folder)
  return folder
}

const start = (dataDir: string, exclusive = true, unsafe = false): Promise<Embedded> =>
  startEmbedded({ dataDir, log, exclusive, unsafe })

async function query(embedded: Embedded, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ ...embedded.connection, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** A product in a process of its own. */
async function holder(dataDir: string): Promise<{ child: ChildProcess; server: number }> {
  const script = join(import.meta.dirname, 'support', 'hold-server.ts')
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()))
    child.once('exit', () => reject(new Error('the holder ended')))
  })
  return { child, server: Number(line) }
}

async function gone(pid: number): Promise<void> {
  while (processAlive(pid)) await sleep(10)
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (attempt > 200) throw error
      await sleep(50)
    }
}

// One cluster, made once, that every test finds stopped and leaves stopped.
let dataDir = ''
beforeAll(async () => {
  dataDir = join(temporaryFolder(), '.data')
  const embedded = await start(dataDir, true, true)
  await query(embedded, 'create table kept (n int)')
  await embedded.stop()
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

test('a clean stop leaves no process, no lock and no pid file; a second start is quick', async () => {
  const embedded = await start(dataDir)
  await query(embedded, 'insert into kept values (1)')
  const server = embedded.pid()
  await embedded.stop()
  expect(processAlive(server)).toBe(false)
  if (linux) expect(processesIn(realpathSync(join(dataDir, 'postgres')))).toEqual([])
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
  expect(existsSync(join(dataDir, 'enterprisehub.lock'))).toBe(false)
})

test('it listens on a private socket only, and asks for the password', async () => {
  const embedded = await start(dataDir)
  try {
    expect(await query(embedded, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
    const wrong = { ...embedded.connection, database: 'postgres', password: 'guess' }
    await expect(new pg.Client(wrong).connect()).rejects.toThrow(/password authentication failed/)
  } finally {
    await embedded.stop()
  }
})

test('every acknowledged commit is on disk: the three settings are on', async () => {
  const embedded = await start(dataDir)
  try {
    const rows = await query(
      embedded,
      `select setting from pg_settings
       where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    )
    expect(rows).toEqual([{ setting: 'on' }, { setting: 'on' }, { setting: 'on' }])
  } finally {
    await embedded.stop()
  }
})

test('a server orphaned by a killed product is found and used', async () => {
  const { child, server } = await holder(dataDir)
  child.kill('SIGKILL')
  await gone(child.pid!)
  expect(processAlive(server)).toBe(true)
  const embedded = await start(dataDir)
  expect(embedded.pid()).toBe(server)
  expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }])
  await embedded.stop()
  await gone(server)
})

test('a killed server process is started again under the same address', async () => {
  const embedded = await start(dataDir)
  await query(embedded, 'insert into kept values (2)')
  const before = embedded.pid()
  process.kill(before, 'SIGKILL')
  await gone(before)
  const rows = await eventually(() => query(embedded, 'select n from kept where n = 2'))
  expect(rows).toEqual([{ n: 2 }])
  expect(embedded.pid()).not.toBe(before)
  await embedded.stop()
})

test('a killed adopted server is noticed as well', async () => {
  const { child, server } = await holder(dataDir)
  child.kill('SIGKILL')
  await gone(child.pid!)
  const embedded = await start(dataDir)
  process.kill(server, 'SIGKILL')
  await eventually(async () => {
    expect(embedded.pid()).not.toBe(server)
    await query(embedded, 'select 1')
  })
  await embedded.stop()
})

test.runIf(linux)(
  'after SIGKILL of everything the next start recovers what was committed',
  async () => {
    const { child, server } = await holder(dataDir)
    const peek = await start(dataDir, false)
    await query(peek, 'insert into kept values (3)')
    const all = [child.pid!, server, ...processesIn(realpathSync(join(dataDir, 'postgres')))]
    for (const pid of all) process.kill(pid, 'SIGKILL')
    for (const pid of all) await gone(pid)
    const embedded = await start(dataDir)
    expect(await query(embedded, 'select n from kept where n = 3')).toEqual([{ n: 3 }])
    await embedded.stop()
  },
)

test('a pid file whose number now belongs to another process is not believed', async () => {
  const path = join(dataDir, 'postgres', 'postmaster.pid')
  const socket = join(dataDir, 'run')
  writeFileSync(join(socket, '.s.PGSQL.5432.lock'), `${process.pid}\n`)
  const lines = [process.pid, realpathSync(dataDir), 1, 5432, socket, '', '', 'ready   ', '']
  writeFileSync(path, lines.join('\n'))
  writeFileSync(join(dataDir, 'enterprisehub.lock'), `${process.pid}\nlong ago\n`)
  const embedded = await start(dataDir)
  expect(embedded.pid()).not.toBe(process.pid)
  await embedded.stop()
})

test('a second product on the folder refuses in one line; a command uses the running server', async () => {
  const { child, server } = await holder(dataDir)
  await expect(start(dataDir)).rejects.toThrow(
    new RegExp(
      `^Another EnterpriseHub \\(process ${child.pid}\\) is using .*: stop it, or set DATA_DIR`,
    ),
  )
  const guest = await start(dataDir, false)
  expect(guest.pid()).toBe(server)
  await guest.stop()
  expect(processAlive(server)).toBe(true)
  child.kill('SIGTERM')
  await gone(child.pid!)
  expect(processAlive(server)).toBe(false)
})

test('a folder that is not ours, or of another version, is refused in one line', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'postgres'))
  writeFileSync(join(folder, 'postgres', 'mine.txt'), '')
  await expect(start(folder)).rejects.toThrow(/is not a database: move it away/)
  writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '12\n')
  await expect(start(folder)).rejects.toThrow(/another major version/)
  await expect(start('/proc/nowhere/.data')).rejects.toThrow(/set DATA_DIR to a folder/)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(start(join(file, '.data'))).rejects.toThrow(/set DATA_DIR to a folder/)
})

test('a lost password is told, not worked around', async () => {
  const path = join(dataDir, 'secrets', 'postgres-password')
  const kept = readFileSync(path, 'utf8')
  rmSync(path)
  await expect(start(dataDir)).rejects.toThrow(/postgres-password is missing: restore it/)
  writeFileSync(path, kept, { mode: 0o600 })
})

describe.runIf(root && linux)('as root', () => {
  test('below a folder that only root may enter, with a path too long for a socket', async () => {
    const hidden = join(
      temporaryFolder(0o700),
      'a-folder-with-a-rather-long-name'.repeat(4),
      '.data',
    )
    const before = said.length
    const embedded = await start(hidden, true, true)
    const link = join(hidden, 'postgres')
    const cluster = readlinkSync(link)
    try {
      expect(cluster).toMatch(/^\/var\/lib\/enterprisehub\/clusters\/[0-9a-f]{16}$/)
      expect(said.slice(before).join('')).toContain(`the database is kept in ${cluster}`)
      const status = readFileSync(`/proc/${embedded.pid()}/status`, 'utf8')
      expect(/^Uid:\t(\d+)/m.exec(status)![1]).not.toBe('0')
      const socket = embedded.connection.host
      await query(embedded, 'create table kept (n int)')
      await embedded.stop()
      expect(existsSync(socket)).toBe(false)
      const again = await start(hidden, true, true)
      expect(await query(again, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }])
      await again.stop()
      rmSync(cluster, { recursive: true })
      await expect(start(hidden)).rejects.toThrow(/is gone: bring it back, or remove the link/)
    } finally {
      rmSync(cluster, { recursive: true, force: true })
      rmSync(`${cluster}.origin`, { force: true })
    }
  })

  test('a full disk is told in one line, and the server comes back when there is room', async (context) => {
    const disk = temporaryFolder()
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=90m,mode=711', 'tmpfs', disk])
    if (mount.status !== 0) return context.skip('mounting is not permitted here')
    try {
      const folder = join(disk, '.data')
      const ballast = join(disk, 'ballast')
      writeFileSync(ballast, Buffer.alloc(80e6))
      await expect(start(folder)).rejects.toThrow(/is full \(\d+ MB free\): free some space/)
      rmSync(ballast)
      const embedded = await start(folder, true, true)
      await query(embedded, 'create table kept (n int)')
      const grow = `insert into kept select generate_series(1, 3000000)`
      await expect(query(embedded, grow)).rejects.toThrow()
      await eventually(() => query(embedded, 'select count(*) from kept'))
      await embedded.stop()
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  })
})
