import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { frameOf, inferColumns } from './infer.ts'
import { findLeaks } from './leaks.ts'
import { buildRawTable, distinctNames, type RawTable } from './raw-table.ts'
import { parseDate, parseNumber } from './values.ts'

function tableOf(columns: Record<string, readonly string[]>): RawTable {
  const names = Object.keys(columns)
  const builder = buildRawTable(names)
  const rows = columns[names[0]!]!.length
  for (let i = 0; i < rows; i++) builder.add(names.map((name) => columns[name]![i]))
  return builder.finish()
}

test.each([
  ['12', 12],
  ['-1.5e3', -1500],
  ['1,234,567.5', 1234567.5],
  ['$1,200', 1200],
  ['12 %', 12],
  ['(350)', -350],
  ['1.234,5', 1234.5],
  ['3,5', 3.5],
  ['1e999', Number.NaN],
  ['12a', Number.NaN],
  ['', Number.NaN],
])('the number in %j', (text, value) => {
  expect(parseNumber(text)).toBe(value)
})

test.each([
  ['2020-02-29', '2020-02-29T00:00:00.000Z'],
  ['2020-02-29T13:05:10Z', '2020-02-29T13:05:10.000Z'],
  ['2020/3/1 08:00', '2020-03-01T08:00:00.000Z'],
  ['03/04/2020', '2020-03-04T00:00:00.000Z'],
  ['5-Jan-2019', '2019-01-05T00:00:00.000Z'],
  ['March 3, 2018 1:30 PM', '2018-03-03T13:30:00.000Z'],
])('the date in %j', (text, iso) => {
  expect(new Date(parseDate(text)).toISOString()).toBe(iso)
})

test('days that do not exist are no dates, and the order of day and month can be told', () => {
  expect(parseDate('2021-02-29')).toBeNaN()
  expect(parseDate('31/12/2020')).toBeNaN()
  expect(parseDate('31/12/2020', 'day-first')).toBe(Date.UTC(2020, 11, 31))
})

test('parsing never throws and never gives an infinite number', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      expect(Math.abs(parseNumber(text))).not.toBe(Infinity)
      expect(Math.abs(parseDate(text))).not.toBe(Infinity)
    }),
  )
})

test('each kind of column is recognised and becomes numbers or categories', () => {
  const range = Array.from({ length: 60 }, (_, i) => i)
  const table = tableOf({
    amount: range.map((i) => (i % 7 === 0 ? 'NA' : `$${i},000.50`)),
    when: range.map((i) => `${(i % 28) + 1}/12/202${i % 3}`),
    city: range.map((i) => ['Oslo', 'Rome', ''][i % 3]!),
    note: range.map((i) => `call number ${i} ${i % 2 ? 'garden wanted' : 'no garden'} please`),
    code: range.map((i) => `x${i}`),
    // Many numbers and some texts are numbers with holes; few numbers and some texts are not.
    mixed: range.map((i) => (i % 6 === 0 ? 'unknown' : String(i * i))),
    rooms: range.map((i) => (i % 6 === 0 ? '5+' : String(i % 5))),
    nothing: range.map(() => 'null'),
    same: range.map(() => 'a'),
    city2: range.map((i) => ['Oslo', 'Rome', ''][i % 3]!),
  })
  const plans = inferColumns(table)
  const kinds = ['numeric', 'date', 'categorical', 'text', 'unused', 'numeric', 'categorical']
  expect(plans.map((plan) => plan.kind)).toEqual([...kinds, 'unused', 'unused', 'unused'])
  const frame = frameOf(table, plans)
  const names = frame.columns.map((column) => column.name)
  expect(names).toEqual(expect.arrayContaining(['amount', 'when: year', 'note: "wanted"']))
  const month = frame.columns.find((column) => column.name === 'when: day of month')!
  expect(month.kind === 'numeric' && month.values.slice(0, 3)).toEqual(Float64Array.of(1, 2, 3))
  const other = frameOf(tableOf({ city: ['Paris'], amount: ['much'] }), plans)
  expect(other.columns).toHaveLength(frame.columns.length)
})

test('names are made distinct', () => {
  expect(distinctNames(['a', '', 'a', ' a ', 'a (2)'])).toEqual([
    'a',
    'column 2',
    'a (2)',
    'a (3)',
    'a (2) (2)',
  ])
})

test('the guard finds identifiers, copies and later facts, and spares strong honest columns', () => {
  const random = seededRandom(4)
  const y = Array.from({ length: 2000 }, () => (random.next() < 0.3 ? 1 : 0))
  const table = tableOf({
    lead_id: y.map((_, i) => String(90_000 - 7 * i)),
    row: y.map((_, i) => String(i)),
    token: y.map((_, i) => `t${(i * 7919) % 10_007}`),
    copy: y.map((v) => (v ? 'ja' : 'nein')),
    nearly: y.map((v) => (random.next() < 0.04 ? 'p' : v ? 'q' : 'p')),
    closing_date: y.map((v) => (v ? '2024-01-01' : '')),
    refund: y.map((v) => (v && random.next() < 0.4 ? '12.5' : '0')),
    minutes: y.map((v) => String(Math.round(100 * Math.exp(random.normal() + 1.1 * v)))),
    plain: y.map(() => String(random.int(5))),
  })
  const found = findLeaks(table, inferColumns(table), y)
  const certain = found.filter((s) => s.level === 'certain').map((s) => s.column)
  expect(certain).toEqual(['lead_id', 'row', 'token', 'copy', 'nearly', 'closing_date', 'refund'])
  expect(found.filter((s) => s.column === 'minutes' || s.column === 'plain')).toEqual([])
  expect(found.find((s) => s.column === 'copy')?.kind).toBe('copy_of_label')
  expect(found.find((s) => s.column === 'lead_id')?.kind).toBe('identifier')
})

test('columns that a later procedure filled in together are asked about, others are not', () => {
  const random = seededRandom(9)
  const y = Array.from({ length: 2000 }, () => (random.next() < 0.3 ? 1 : 0))
  const scored = (row: number) => (row > 600 && row < 1_400) || random.next() < 0.02
  const isScored = y.map((_, row) => scored(row))
  const answered = y.map(() => random.next() < 0.7)
  const when = (filled: readonly boolean[]) =>
    filled.map((yes) => (yes ? String(random.int(9)) : ''))
  const table = tableOf({
    fit_index: when(isScored),
    intent_score: when(isScored),
    // Asked in one form, at any time; and a score by itself.
    budget: when(answered),
    rooms: when(answered),
    credit_score: y.map(() => String(random.int(300))),
    half_known: y.map(() => (random.next() < 0.5 ? 'a' : '')),
  })
  const found = findLeaks(table, inferColumns(table), y)
  expect(found.map(({ column, level }) => [column, level])).toEqual([
    ['fit_index', 'possible'],
    ['intent_score', 'possible'],
  ])
})

test('a column of very many different values is looked at', () => {
  const rows = 150_000
  const cells = Array.from({ length: rows }, (_, i) => String(((i * 7919) % 150_001) + 0.5))
  const table = tableOf({ amount: cells })
  const y = cells.map((_, i) => (i % 3 === 0 ? 1 : 0))
  expect(findLeaks(table, inferColumns(table), y)).toEqual([])
})
