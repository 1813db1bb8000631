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
import { processAlive } from '../../src/platform/index.ts'
import { readPostmasterFile, servesCluster } from '../../src/store/embedded/postmaster-file.ts'

declare module 'vitest' {
  interface ProvidedContext {
    clusterFolder: string
  }
}

const PREFIX = 'enterprisehub-test-'

/** Ends the product that chapters share, if they started one; see product.ts. */
async function endProduct(folder: string): Promise<void> {
  const note = join(folder, 'once', 'product.json')
  if (!existsSync(note)) return
  const { result } = JSON.parse(readFileSync(note, 'utf8')) as { result?: { pid: number } }
  if (result === undefined || !processAlive(result.pid)) return
  process.kill(result.pid, 'SIGTERM')
  for (let i = 0; i < 500 && processAlive(result.pid); i++) await sleep(10)
  if (processAlive(result.pid)) process.kill(result.pid, 'SIGKILL')
}

async function remove(folder: string): Promise<void> {
  await endProduct(folder)
  const link = join(folder, 'postgres')
  if (existsSync(link)) {
    const cluster = realpathSync(link)
    const file = readPostmasterFile(cluster)
    if (file !== undefined && servesCluster(file, cluster)) {
      process.kill(file.pid, 'SIGQUIT')
      for (let i = 0; i < 500 && processAlive(file.pid); i++) await sleep(10)
    }
    if (basename(dirname(cluster)) === 'clusters') {
      rmSync(cluster, { recursive: true, force: true })
      rmSync(`${cluster}.origin`, { force: true })
    }
  }
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
  return () => remove(folder)
}
