/** scikit-learn and XGBoost beside ours: a Python process that answers one JSON line per command. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface ReferenceRun {
  readonly wall_s: number
  readonly cpu_s: number
  readonly auc: number
  readonly one_row_ms?: number
  readonly rows_ms?: number
}

export interface Reference {
  readonly load: (file: string, rows: number, columns: number, train: number) => Promise<void>
  readonly run: (kind: 'hgb' | 'xgb' | 'forest', more: object) => Promise<ReferenceRun>
  readonly close: () => void
}

const PYTHON = 'python3'
const CANDIDATES = ['/usr/bin/python3', PYTHON]

/** Starts the references on one thread; undefined where Python or the libraries are missing. */
export function startReference(): Reference | undefined {
  const python = CANDIDATES.find(
    (path) => spawnSync(path, ['-c', 'import sklearn, xgboost']).status === 0,
  )
  if (!python) return undefined
  const script = join(import.meta.dirname, '..', 'reference', 'trees.py')
  const child = spawn(python, [script], {
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (command: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error('The reference process ended')
    return JSON.parse(value)
  }
  return {
    load: async (file, rows, columns, train) =>
      void (await ask({ load: file, rows, columns, train })),
    run: async (kind, more) => (await ask({ run: kind, ...more })) as ReferenceRun,
    close: () => child.stdin.end(),
  }
}
