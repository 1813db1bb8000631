import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'file-commands-'))
afterAll(() => rmSync(folder, { recursive: true }))
const main = join(import.meta.dirname, '..', 'main.ts')

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Runs the command line as a process of its own. */
function run(...words: string[]) {
  return new Promise<{ status: number; out: string; said: string }>((resolve) => {
    execFile(process.execPath, [main, ...words], (error, out, said) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, said }),
    )
  })
}

/** Labels follow x until row 500, then its opposite; `id` differs in every row. */
function stream(): string {
  const random = seededRandom(1)
  const rows = Array.from({ length: 1000 }, (_, row) => {
    const x = random.normal()
    const label = x > 0 === row < 500 ? 'ja' : 'nein'
    return `lead-${row};${x};${row % 2 === 0 ? 'Köln' : 'Bonn'};${label}`
  })
  return ['id;x;city;label', ...rows].join('\n')
}

test('stream: keys, a drift found, ids left out, any encoding', async () => {
  const path = file('stream.csv', Buffer.from(stream(), 'latin1'))
  const words = ['--file', path, '--label', 'label', '--model', 'logistic', '--json']
  const { status, out, said } = await run('stream', ...words)
  expect([status, said]).toEqual([0, 'left out, a different text in every row: id\n'])
  const answer = JSON.parse(out) as Record<string, unknown> & { drifts: number[] }
  for (const key of ['accuracy', 'kappa', 'log_loss', 'ns_per_row'])
    expect(answer[key], key).toSatisfy(Number.isFinite)
  expect(answer).toMatchObject({ rows: 1000, dropped_columns: ['id'] })
  expect(answer.drifts.some((row) => row >= 500 && row < 700)).toBe(true)
}, 30_000)

test('drift: keys and verdicts', async () => {
  const rows = (shift: number) => {
    const random = seededRandom(2)
    return Array.from({ length: 400 }, () => `${random.normal() + shift},${random.int(3)}`)
  }
  const before = file('before.csv', ['a,b', ...rows(0)].join('\n'))
  const after = file('after.csv', ['a,b', ...rows(2)].join('\n'))
  const { status, out } = await run('drift', '--reference', before, '--current', after, '--json')
  expect(status).toBe(0)
  const { columns, verdict } = JSON.parse(out) as { columns: object[]; verdict: string }
  expect(verdict).toBe('drift')
  expect(columns).toMatchObject([
    { column: 'a', test: 'ks', verdict: 'drift' },
    { column: 'b', test: 'chi-square', verdict: 'stable' },
  ])
  const keys = ['column', 'psi', 'statistic', 'test', 'p', 'p_adjusted', 'verdict']
  for (const column of columns) expect(Object.keys(column).sort()).toEqual([...keys].sort())
}, 30_000)

test('recommend: keys', async () => {
  const random = seededRandom(3)
  const rows = Array.from({ length: 400 }, () => `u${random.int(30)},i${random.int(20)}`)
  const path = file('taken.csv', ['who,what', ...rows].join('\n'))
  const words = ['--train', path, '--user', 'who', '--item', 'what', '--model', 'popular']
  const { status, out } = await run('recommend', ...words, '--k', '5', '--json')
  expect(status).toBe(0)
  const answer = JSON.parse(out) as Record<string, unknown>
  for (const key of ['recall@5', 'ndcg@5', 'map@5', 'precision@10', 'coverage', 'gini'])
    expect(answer[key], key).toSatisfy(Number.isFinite)
  expect(answer).toMatchObject({ users: 30, items: 20, model: 'popular' })
}, 30_000)

test('files of one row, and what cannot be used, end in words and the right status', async () => {
  const one = file('one.csv', 'x,label\n1,yes\n')
  const none = join(folder, 'none.csv')
  const on = (path: string, ...rest: string[]) => ['--file', path, '--model', 'ftrl', ...rest]
  const cases: [number, RegExp, string[]][] = [
    [0, /^$/, ['stream', ...on(one), '--label', 'label', '--json']],
    [0, /^$/, ['drift', '--reference', one, '--current', one, '--json']],
    [1, /no column y/, ['stream', ...on(one), '--label', 'y']],
    [2, /--label/, ['stream', ...on(one)]],
    [1, /no such file/, ['drift', '--reference', none, '--current', one]],
    [1, /none\.csv/, ['recommend', '--train', none, '--user', 'x', '--item', 'label']],
    [2, /no column "y"/, ['recommend', '--train', one, '--user', 'y', '--item', 'label']],
  ]
  for (const [expected, words, line] of cases) {
    const { status, out, said } = await run(...line)
    expect([status, said], line.join(' ')).toEqual([expected, expect.stringMatching(words)])
    if (expected === 0) expect(JSON.parse(out)).toBeTypeOf('object')
  }
})
