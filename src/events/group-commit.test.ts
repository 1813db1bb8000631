import { expect, test } from 'vitest'
import type { AppendResult, LogRow } from '../store/index.ts'
import { createGroupCommit } from './group-commit.ts'

const rows = (count: number): LogRow[] => Array.from({ length: count }, () => ({}) as LogRow)

/** Group commit on a database that answers when it is told to; time stands still, or as given. */
function held(paceMs = 0, clock = { monotonic: () => 0 }) {
  const flights: { readonly rows: number; readonly land: () => void }[] = []
  let committed = 0
  const commit = createGroupCommit({
    append: (given) =>
      new Promise((resolve) => {
        const results = given.map((_, i) => ({ position: i }) as unknown as AppendResult)
        flights.push({ rows: given.length, land: () => resolve(results) })
      }),
    onCommit: (count) => (committed += count),
    paceMs,
    clock,
  })
  const sizes = (): number[] => flights.map((flight) => flight.rows)
  return { commit, flights, sizes, committed: () => committed }
}

/** Longer than a turn of the event loop takes to set flights off. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

test('a lone request sets off at once, and few wait for the flight under way', async () => {
  const { commit, flights, sizes, committed } = held()
  const first = commit.submit(rows(1))
  await turn()
  expect(sizes()).toEqual([1])
  const others = [commit.submit(rows(2)), commit.submit(rows(3))]
  await turn()
  expect(sizes()).toEqual([1])
  flights[0]!.land()
  expect(await first).toHaveLength(1)
  await turn()
  expect(sizes()).toEqual([1, 5])
  flights[1]!.land()
  expect((await Promise.all(others)).map((results) => results.length)).toEqual([2, 3])
  await commit.drain()
  expect(committed()).toBe(6)
})

test('many set off beside the flight under way, in two flights at most', async () => {
  const { commit, flights, sizes } = held()
  const all = [commit.submit(rows(1))]
  await turn()
  all.push(commit.submit(rows(31)))
  await turn()
  expect(sizes()).toEqual([1])
  all.push(commit.submit(rows(1)))
  await turn()
  expect(sizes()).toEqual([1, 32])
  all.push(commit.submit(rows(500)))
  await turn()
  expect(sizes()).toEqual([1, 32])
  flights[1]!.land()
  await turn()
  expect(sizes()).toEqual([1, 32, 500])
  for (const flight of flights) flight.land()
  await Promise.all(all)
  expect(commit.waiting()).toBe(0)
})

test('those who waited for a quick flight wait until more may share theirs', async () => {
  let now = 0
  const { commit, flights, sizes } = held(20, { monotonic: () => now })
  const all = [commit.submit(rows(1))]
  await turn()
  all.push(commit.submit(rows(1)))
  now = 4
  flights[0]!.land()
  await turn()
  all.push(commit.submit(rows(2)))
  await turn()
  expect(sizes()).toEqual([1])
  await expect.poll(sizes).toEqual([1, 3])
  now = 30
  flights[1]!.land()
  await turn()
  // Nobody waited when it landed: who comes now sets off at once, however soon.
  all.push(commit.submit(rows(1)))
  await turn()
  expect(sizes()).toEqual([1, 3, 1])
  all.push(commit.submit(rows(40)))
  await turn()
  expect(sizes()).toEqual([1, 3, 1, 40])
  for (const flight of flights) flight.land()
  await Promise.all(all)
})

test('a full flight does not wait for the pace', async () => {
  const { commit, flights, sizes } = held(60_000)
  const all = [commit.submit(rows(1))]
  await turn()
  all.push(commit.submit(rows(1)))
  flights[0]!.land()
  await turn()
  expect(sizes()).toEqual([1])
  all.push(commit.submit(rows(31)))
  await turn()
  expect(sizes()).toEqual([1, 32])
  flights[1]!.land()
  await Promise.all(all)
})
