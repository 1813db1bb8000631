import { expect, test } from 'vitest'
import type { Queryable } from '../store/index.ts'
import { createScoringInputs } from './scoring-inputs.ts'

const lead = { workspaceId: 1, personId: 7 }

/** A database that reads at once what is so, and answers when told to. */
function slowDatabase() {
  let segment = 'before'
  const answers: (() => void)[] = []
  const query = () => {
    const row = { workspace_id: 1, person_id: '7', lead_id: 'a', segment, attributes: {} }
    return new Promise((resolve) => answers.push(() => resolve({ rows: [row] })))
  }
  return {
    app: { query } as unknown as Queryable,
    asked: () => answers.length,
    answer: (n: number) => answers[n]!(),
    change: () => (segment = 'after'),
  }
}

test('an answer from before a change is never taken for what is so now', async () => {
  const { app, asked, answer, change } = slowDatabase()
  const inputs = createScoringInputs(app)
  const early = inputs.ask([lead])
  change()
  inputs.forget(lead)
  const late = inputs.ask([lead])
  answer(1)
  await late
  expect(inputs.get(lead)?.segment).toBe('after')
  answer(0)
  // The one who asked early is not left without an answer: it asks again.
  await expect.poll(asked).toBe(3)
  expect(inputs.get(lead)?.segment).toBe('after')
  answer(2)
  await early
  expect(inputs.get(lead)?.segment).toBe('after')
  await inputs.ask([lead])
  expect(asked()).toBe(3)
})
