/**
 * Builds what the package publishes: the client as one module without dependencies, for browsers
 * and Node, and its types. `--out FOLDER`: elsewhere than in dist.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'vite'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'dist') } } })
const out = resolve(values.out)

rmSync(out, { recursive: true, force: true })
await build({
  root: ROOT,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: join(out, 'client'),
    target: 'es2022',
    emptyOutDir: true,
    lib: { entry: 'src/client/index.ts', formats: ['es'], fileName: () => 'index.js' },
    rollupOptions: {
      external: [/^node:/],
      // Our modules only declare: what nothing uses, schemas above all, stays out.
      treeshake: { moduleSideEffects: false },
    },
  },
})
const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', out]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exit(status ?? 1)
