import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Command, CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { createTerminal, type Terminal } from '../terminal.ts'
import { define } from './recommend.ts'

type Answer = Record<string, unknown>

const folder = mkdtempSync(join(tmpdir(), 'recommend-'))
let files = 0

function fileOf(content: string | Uint8Array, ending = 'csv'): string {
  const path = join(folder, `${files++}.${ending}`)
  writeFileSync(path, content)
  return path
}

async function run(...words: string[]): Promise<{ answer: Answer; notes: string }> {
  let answer: Answer = {}
  const notes: string[] = []
  const terminal: Terminal = {
    ...createTerminal(true),
    result: (document) => {
      answer = document as Answer
    },
    note: (text) => void notes.push(text),
  }
  const command = new Command('recommend').exitOverride().configureOutput({ writeErr: () => {} })
  command.option('--json')
  define(command, terminal)
  await command.parseAsync(words, { from: 'user' })
  return { answer, notes: notes.join('\n') }
}

/** Two tastes: people of an even number like even items. One row each, shuffled by a rule. */
function twoTastes(delimiter = ','): string {
  const lines = [['who', 'what', 'times', 'at'].join(delimiter)]
  for (let n = 0; n < 40 * 20; n++) {
    const [u, i] = [(n * 7) % 40, Math.floor(n / 40)]
    if (u % 2 === i % 2 && (u * 3 + i * 5) % 7 < 5)
      lines.push([`p${u}`, `"home ${i}"`, 1 + ((u * i) % 4), 1_600_000_000 + n].join(delimiter))
  }
  return lines.join('\n')
}

const columns = ['--user', 'who', '--item', 'what']
const quick = ['--budget', '1', '--k', '5']

test('all keys, no NaN, and better than popularity', async () => {
  const train = fileOf(twoTastes())
  const { answer } = await run('--train', train, ...columns, ...quick, '--model', 'als')
  for (const key of ['recall@5', 'ndcg@5', 'map@5', 'precision@10', 'coverage', 'gini']) {
    expect(answer[key]).toBeGreaterThanOrEqual(0)
    expect(answer[key]).toBeLessThanOrEqual(1)
  }
  expect(answer).toMatchObject({ users: 40, items: 20, model: 'als', rejected_rows: 0 })
  expect(answer['settings']).toMatchObject({ factors: 64 })
  const popular = await run('--train', train, ...columns, ...quick, '--model', 'popular')
  expect(answer['ndcg@5']).toBeGreaterThan(popular.answer['ndcg@5'] as number)
})

test.each(['auto', 'bpr', 'ease', 'gfcf', 'item-knn'])('--model %s runs', async (model) => {
  const train = fileOf(twoTastes('\t'), 'tsv')
  const { answer } = await run('--train', train, ...columns, ...quick, '--model', model)
  expect(answer['recall@5']).toBeGreaterThan(0.2)
})

test('the same seed gives the same answer', async () => {
  const words = ['--train', fileOf(twoTastes()), ...columns, '--budget', '0', '--model', 'gfcf']
  const first = await run(...words)
  const second = await run(...words)
  const timeless = ({ training_ms: _, ...rest }: Answer) => rest
  expect(timeless(second.answer)).toEqual(timeless(first.answer))
})

test('gzip, latin-1, values and times', async () => {
  const text = twoTastes(';').replaceAll('home', 'Häuschen')
  const path = fileOf(gzipSync(Buffer.from(text, 'latin1')), 'csv.gz')
  const more = ['--value', 'times', '--time', 'at', '--min-value', '2', '--model', 'item-knn']
  const { answer } = await run('--train', path, ...columns, ...quick, ...more)
  // Even people have 1 in every row, below the least value.
  expect(answer['users']).toBe(20)
  expect(answer['interactions']).toBeGreaterThan(50)
})

test('a test file with strangers, repeats and bad rows', async () => {
  const train = fileOf(`${twoTastes()}\n,"home 1",1,1\np1,,1,1\np1,"home 1",1,1\np1,"home 1",1,1\n`)
  const test = fileOf('who,what\np1,home 19\nstranger,home 0\np2,unheard of\nbroken\n')
  const words = ['--train', train, '--test', test, ...columns, ...quick, '--model', 'popular']
  const { answer, notes } = await run(...words)
  expect(answer).toMatchObject({ cold_test_users: 1, cold_test_items: 1, rejected_rows: 3 })
  expect(answer['duplicate_rows']).toBeGreaterThanOrEqual(1)
  expect(notes).toContain('no user')
  expect(notes).toMatch(/line \d+: no item/)
})

test('without a header columns are numbers', async () => {
  const lines = twoTastes(',').split('\n').slice(1).join('\n').replaceAll(',', '::')
  const path = fileOf(lines, 'dat')
  const words = ['--train', path, '--no-header', '--user', '1', '--item', '2', ...quick]
  const { answer } = await run(...words, '--model', 'popular')
  expect(answer).toMatchObject({ users: 40, items: 20 })
})

test('one row is enough to answer, and says that nothing was judged', async () => {
  const { answer, notes } = await run('--train', fileOf('who,what\na,b\n'), ...columns, ...quick)
  expect(answer).toMatchObject({ users: 1, items: 1, interactions: 1, 'recall@5': 0 })
  expect(notes).toContain('nobody has anything to predict')
})

test('faults say what to do', async () => {
  const train = fileOf(twoTastes())
  const unknown = run('--train', train, '--user', 'nobody', '--item', 'what')
  await expect(unknown).rejects.toThrow(CommanderError)
  await expect(unknown).rejects.toThrow('it has: who, what, times, at')
  await expect(run('--train', join(folder, 'none'), ...columns)).rejects.toThrow('check the path')
  await expect(run('--train', fileOf(''), ...columns)).rejects.toThrow('is empty')
  const empty = run('--train', fileOf('who,what\n'), ...columns)
  await expect(empty).rejects.toThrow('no usable rows')
  const cut = gzipSync(twoTastes()).subarray(0, 300)
  await expect(run('--train', fileOf(cut, 'gz'), ...columns)).rejects.toThrow('cannot read')
  await expect(run('--train', train, ...columns, '--k', '0')).rejects.toThrow(CommanderError)
})
