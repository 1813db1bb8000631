import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { createTerminal } from '../terminal.ts'
import { define } from './tabular.ts'

const folder = mkdtempSync(join(tmpdir(), 'tabular-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** What the command answers: the document and the text for people. */
async function run(...words: string[]): Promise<{ document: Answer; text: string }> {
  const answers: { document: Answer; text: string }[] = []
  const command = new Command('tabular').exitOverride()
  define(command, {
    ...createTerminal(true),
    result: (document, text) => answers.push({ document: document as Answer, text: text() }),
  })
  await command.parseAsync(words, { from: 'user' })
  return answers[0]!
}

type Answer = Record<string, unknown> & {
  roc_auc: number
  dropped_columns: { column: string }[]
  top_features: { feature: string }[]
  confusion_matrix: Record<string, number>
  ece_by_chance: { median: number; high: number }
}

/** A file in which `strength` decides, with an id, a copy of the label and holes. */
function leads(rows: number): string {
  const random = seededRandom(1)
  const lines = Array.from({ length: rows }, (_, i) => {
    const strength = random.normal()
    const won = random.next() < 1 / (1 + Math.exp(-2 * strength)) ? 'yes' : 'no'
    const source = ['web', 'phone', ''][random.int(3)]
    return `id-${i};${strength.toFixed(3)};${source};${won === 'yes' ? 1 : 0};${won}`
  })
  return ['id;strength;source;copy;won', ...lines].join('\n')
}

test('one file: a fifth is held out, leaks are left out, all figures are there', async () => {
  const path = file('leads.csv', leads(500))
  const predictions = join(folder, 'answers.csv')
  const words = ['--train', path, '--label', 'Won', '--drop', 'auto', '--model', 'logistic']
  const { document, text } = await run(...words, '--predictions', predictions)
  expect(document.dropped_columns.map((d) => d.column)).toEqual(['id', 'copy'])
  expect(document.roc_auc).toBeGreaterThan(0.75)
  expect(document.roc_auc).toBeLessThan(0.98)
  expect(document.ece_by_chance.high).toBeGreaterThan(document.ece_by_chance.median)
  expect(document.top_features[0]!.feature).toBe('strength')
  expect(JSON.stringify(document)).not.toMatch(/NaN|Infinity/)
  expect(document).toMatchObject({ rows: 400, test_rows: 100, positive: 'yes', model: 'logistic' })
  const keys = ['pr_auc', 'log_loss', 'brier', 'ece', 'accuracy', 'precision', 'recall', 'f1']
  for (const key of [...keys, 'training_ms']) expect(typeof document[key]).toBe('number')
  const counts = Object.values(document.confusion_matrix)
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(100)
  expect(text).toMatch(/ROC AUC[\s\S]*Calibration[\s\S]*strength/)
  expect(readFileSync(predictions, 'utf8').trim().split('\n')).toHaveLength(101)
  const again = await run(...words)
  expect({ ...again.document, training_ms: 0 }).toEqual({ ...document, training_ms: 0 })
})

test('two files: the test file may lack columns, have others, or lack the label', async () => {
  const train = file('train.csv', leads(300))
  const test = file('test.csv', 'won,strength,extra\nyes,2.5,a\nno,-2.5,b\nyes,1.5,c\n,1,d\n')
  const words = ['--train', train, '--label', 'won', '--drop', 'id,copy', '--model', 'logistic']
  const { document } = await run(...words, '--test', test)
  expect(document).toMatchObject({ test_rows: 3, roc_auc: 1, accuracy: 1 })
  const unlabelled = file('new.csv', 'strength\n3\n')
  const second = await run(...words, '--test', unlabelled)
  expect(second.document.roc_auc).toBeUndefined()
  const oneClass = file('one.csv', 'won,strength\nyes,3\n')
  const third = await run(...words, '--test', oneClass)
  expect(third.document).toMatchObject({ roc_auc: null, accuracy: 1 })
})

test.each([
  ['no rows', 'a,y\n', /header but no rows/],
  ['no labels', 'a,y\n1,\n2,\n', /empty/],
  [
    'an amount as label',
    `a,y\n${Array.from({ length: 30 }, (_, i) => `1,${i}`).join('\n')}`,
    /yes or no/,
  ],
  ['one row', 'a,y\n1,1\n', /one value only/],
  ['one class', 'a,y\n1,1\n2,1\n3,1\n', /one value only/],
  ['three classes', 'a,y\n1,x\n2,w\n3,z\n', /3 values .*--positive/],
  ['only a label', 'y\n1\n0\n1\n0\n1\n0\n', /no column beside/],
  ['constant columns', `a,y\n${'5,1\n5,0\n'.repeat(10)}`, /No column is left/],
  ['one positive', `a,y\n1,1\n${'2,0\n'.repeat(9)}`, /Too few rows/],
  ['no such label', 'a,b\n1,2\n', /no column "y".*a, b/],
])('a file with %s is refused in words', async (name, text, message) => {
  const path = file(`${name}.csv`, text)
  await expect(run('--train', path, '--label', 'y')).rejects.toThrow(message)
})

test('a thousand columns and few rows get an answer', async () => {
  const random = seededRandom(2)
  const names = Array.from({ length: 1000 }, (_, i) => `c${i}`)
  const lines = Array.from({ length: 60 }, (_, i) =>
    [...names.map(() => random.next().toFixed(3)), i % 2].join(','),
  )
  const path = file('wide.csv', `${[...names, 'y'].join(',')}\n${lines.join('\n')}\n`)
  const { document } = await run('--train', path, '--label', 'y', '--model', 'logistic')
  expect(document).toMatchObject({ columns: 1000, test_rows: 12 })
})
