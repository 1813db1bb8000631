/**
 * What a fresh machine needs before the product can run: packages, Node 24, the built dashboard.
 * Plain JavaScript for Node 20 with nothing installed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const NODE_MAJOR = 24
const UNREACHABLE =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i

/** A fault with a remedy: shown without a stack. */
export class Remedy extends Error {}

export const say = (text) => process.stderr.write(`${text}\n`)
const path = (...parts) => join(ROOT, ...parts)
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1)

/** Runs a command to its end, its output shown; says every ten seconds that it still runs. */
function run(label, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    say(`${label} …`)
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'pipe'],
      ...options,
    })
    let errors = ''
    child.stderr.on('data', (data) => {
      errors = (errors + data).slice(-20_000)
      process.stderr.write(data)
    })
    const timer = setInterval(() => say(`${label} … ${seconds(began)} s`), 10_000)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearInterval(timer)
      if (code === 0) say(`${label}: done in ${seconds(began)} s`)
      if (signal !== null) process.exit(130)
      resolve({ code, errors })
    })
  })
}

function runNpm(label, args) {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js')) return run(label, process.execPath, [script, ...args])
  return run(label, 'npm', args, { shell: process.platform === 'win32' })
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(path('package-lock.json')))
    .digest('hex')
const stampPath = () => path('node_modules', '.enterprisehub')

/** Whether what npm says it installed is what the lock file asks for. */
function matchesLock() {
  const installed = path('node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  const want = JSON.parse(readFileSync(path('package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(
    ([name, { version, optional, link }]) =>
      name === '' || optional || link || !version || have[name]?.version === version,
  )
}

function installed() {
  // A published package brings no lock file; a linked folder belongs to another checkout.
  if (!existsSync(path('package-lock.json'))) return true
  const folder = lstatSync(path('node_modules'), { throwIfNoEntry: false })
  if (folder === undefined) return false
  if (folder.isSymbolicLink()) return true
  if (existsSync(stampPath())) return readFileSync(stampPath(), 'utf8') === lockHash()
  if (!matchesLock()) return false
  writeFileSync(stampPath(), lockHash())
  return true
}

/** Installs the packages of the lock file, unless they are there. */
export async function ensureInstalled() {
  if (installed()) return
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, errors } = await runNpm('installing packages (first time only)', args)
  if (code !== 0) {
    if (UNREACHABLE.test(errors))
      throw new Remedy(
        'The npm registry cannot be reached: check the network and "npm config get registry", then run the same command again.',
      )
    if (/ENOSPC/.test(errors)) throw new Remedy('The disk is full: free 1 GB and run this again.')
    if (/EACCES|EROFS|EPERM/.test(errors))
      throw new Remedy(`${ROOT} cannot be written: give yourself the folder, then run this again.`)
    throw new Remedy('Installing packages failed (see above): run "npm ci" to see it alone.')
  }
  writeFileSync(stampPath(), lockHash())
}

function newest(entry) {
  const found = statSync(entry, { throwIfNoEntry: false })
  if (found === undefined) return 0
  if (!found.isDirectory()) return found.mtimeMs
  return Math.max(
    0,
    ...readdirSync(entry)
      .filter((name) => name !== 'node_modules' && name !== 'dist')
      .map((name) => newest(join(entry, name))),
  )
}

/** Builds the dashboard when it was never built or its sources are newer. */
export async function ensureDashboard() {
  if (!existsSync(path('dashboard', 'src'))) {
    say('no dashboard in this checkout: the web page is left out')
    return
  }
  // What is built last: then both are there.
  const built = statSync(path('dashboard', 'dist', 'snippet.js'), { throwIfNoEntry: false })
  const sources = Math.max(
    newest(path('dashboard')),
    newest(path('src', 'contract')),
    newest(path('src', 'client', 'snippet.ts')),
  )
  if (built !== undefined && built.mtimeMs >= sources) return
  const { code } = await runNpm('building the dashboard', [
    'run',
    'build',
    '-w',
    'dashboard',
    '--silent',
  ])
  if (code !== 0)
    throw new Remedy('Building the dashboard failed: run "npm run build -w dashboard".')
}

/** A Node that runs the product: the pinned one of the packages, else this one if new enough. */
export function findNode() {
  const windows = process.platform === 'win32'
  const platform = windows ? 'win' : process.platform
  const program = windows ? ['bin', 'node.exe'] : ['bin', 'node']
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    const candidate = path('node_modules', name, ...program)
    if (existsSync(candidate) && spawnSync(candidate, ['--version']).status === 0) return candidate
  }
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath
  throw new Remedy(
    `Node ${NODE_MAJOR} is needed, and no packaged one runs on ${process.platform} ${process.arch}: install it from https://nodejs.org and run this again.`,
  )
}

/** Runs a script of the product in Node 24, passing signals on; ends with its exit status. */
export function become(node, args, env = process.env) {
  // The channel tells the product when this process was killed, so that it stops too.
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      child.kill(signal)
    })
  child.once('error', (error) => fail(error))
  child.once('exit', (code, signal) => {
    process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1))
  })
}

export function fail(error) {
  say(error instanceof Remedy ? error.message : (error.stack ?? String(error)))
  process.exit(1)
}
