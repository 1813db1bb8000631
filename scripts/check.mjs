/**
 * Every check of the project: the tests, and beside them the static ones, one after the other. Tests
 * wait a good part of their time (for flushes, pages, processes): that is when the others run.
 */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const script = (...parts) => join(ROOT, 'node_modules', ...parts)

/** [name, command that reproduces it, arguments for Node]. Longest first. */
const STATIC = [
  ['eslint', 'npx eslint .', [script('eslint', 'bin', 'eslint.js'), '.']],
  ['tsc', 'npx tsc -p .', [script('typescript', 'bin', 'tsc'), '-p', '.']],
  [
    'prettier',
    'npx prettier --check .',
    [script('prettier', 'bin', 'prettier.cjs'), '--check', '.'],
  ],
  ['knip', 'npx knip', [script('knip', 'bin', 'knip.js')]],
  [
    'dependency-cruiser',
    'npx depcruise src dashboard --output-type err',
    [
      script('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      'src',
      'dashboard',
      '--output-type',
      'err',
    ],
  ],
]
const TESTS = [
  'vitest',
  'npx vitest run',
  [script('vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
]

const failures = []
const env = { ...process.env, EH_SHARED: process.env.EH_SHARED ?? join(ROOT, '..', 'shared') }

function run([name, command, args], live) {
  return new Promise((resolve) => {
    const began = performance.now()
    const stdio = live ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio })
    let output = ''
    child.stdout?.on('data', (data) => (output += data))
    child.stderr?.on('data', (data) => (output += data))
    child.once('error', (error) => (output += String(error)))
    child.once('close', (code) => {
      const took = ((performance.now() - began) / 1000).toFixed(1)
      if (code === 0) console.log(`✓ ${name} (${took} s)`)
      else {
        failures.push({ name, command })
        console.log(`✗ ${name} (${took} s)\n${output}`)
      }
      resolve()
    })
  })
}

const began = performance.now()
console.log(`checking: ${STATIC.map(([name]) => name).join(', ')}, beside the tests`)
const beside = async () => {
  for (const step of STATIC) await run(step, false)
}
await Promise.all([beside(), run(TESTS, true)])

const took = ((performance.now() - began) / 1000).toFixed(0)
for (const { name, command } of failures)
  console.log(`failed: ${name}; see it alone with: ${command}`)
if (failures.length === 0) console.log(`all checks passed in ${took} s`)
console.log('not among them: the long tests, npm run test:long')
process.exit(failures.length === 0 ? 0 : 1)
