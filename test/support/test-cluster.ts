/**
 * The PostgreSQL of a test run: one embedded cluster in a temporary folder, not flushed to disk.
 * The first test that asks for a database starts it (so runs that need none do not wait); the end
 * of the run removes it. What a killed run left behind, the next run removes.
 */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { folderHolder, processAlive } from '../../src/platform/index.ts'
import { readPostmasterFile, servesCluster } from '../../src/store/embedded/postmaster-file.ts'

declare module 'vitest' {
  interface ProvidedContext {
    clusterFolder: string
  }
}

const PREFIX = 'enterprisehub-test-'

async function endProcess(pid: number, signal: 'SIGTERM' | 'SIGQUIT'): Promise<void> {
  if (pid === process.pid || !processAlive(pid)) return
  process.kill(pid, signal)
  for (let i = 0; i < 500 && processAlive(pid); i++) await sleep(10)
  if (processAlive(pid)) process.kill(pid, 'SIGKILL')
}

/** Ends the product that chapters share, if they started one; see product.ts. */
async function endShared(folder: string): Promise<void> {
  const note = join(folder, 'once', 'product.json')
  if (!existsSync(note)) return
  const { result } = JSON.parse(readFileSync(note, 'utf8')) as { result?: { pid: number } }
  if (result !== undefined) await endProcess(result.pid, 'SIGTERM')
}

/** Ends the product of a folder, then its database, and removes what of it lies elsewhere. */
async function endProduct(dataDir: string): Promise<void> {
  const holder = folderHolder(dataDir)
  if (holder !== undefined) await endProcess(holder, 'SIGTERM')
  const link = join(dataDir, 'postgres')
  if (!existsSync(link)) return
  const cluster = realpathSync(link)
  const file = readPostmasterFile(cluster)
  if (file !== undefined && servesCluster(file, cluster)) await endProcess(file.pid, 'SIGQUIT')
  if (basename(dirname(cluster)) !== 'clusters') return
  rmSync(cluster, { recursive: true, force: true })
  rmSync(`${cluster}.origin`, { force: true })
}

async function remove(folder: string): Promise<void> {
  await endShared(folder)
  // Those of tests that were stopped in the middle, too; see productFolder.
  for (const name of readdirSync(folder)) await endProduct(join(folder, name))
  await endProduct(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.startsWith(PREFIX) && name.slice(PREFIX.length).split('-')[0])
    if (pid > 0 && !processAlive(pid)) await remove(join(tmpdir(), name))
  }
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // The database user must pass when root runs the tests.
  chmodSync(folder, 0o711)
  project.provide('clusterFolder', folder)
  process.env['EH_TEST_RUN'] = folder
  return () => remove(folder)
}
