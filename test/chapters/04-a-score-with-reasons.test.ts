/** Chapter 4. How likely is this lead to buy, how sure are we, and why? */
import { expect, test } from 'vitest'
import { writeLeadFile } from '../support/lead-file.ts'
import { taughtWorkspace, workspace } from '../support/product.ts'

test('without a model or enough to go by, there is no score but a guess that says what it is', async () => {
  const hub = await workspace('chapter-4')
  await hub.post('/v1/events', { lead_id: 'new', type: 'page_visit' })
  const { body } = await hub.get('/v1/leads/new/score')
  expect(body).toMatchObject({ score: null, probability: null, abstained: true, model: null })
  expect(body.reason).toContain('no model is trained')
  expect(body.prior_sentence).toContain('not from your leads')
})

test('with a model a score is a chance, an interval and reasons in sentences', async () => {
  const hub = await taughtWorkspace((path) => writeLeadFile(path, 300))
  const body = await hub.until('/v1/leads/lead-7/score', ({ model }) => model !== null)
  const [low, high] = body.interval
  expect(body.probability).toBeGreaterThan(low)
  expect(body.probability).toBeLessThan(high)
  expect(body.score).toBeGreaterThanOrEqual(0)
  expect(body.score).toBeLessThanOrEqual(100)
  const factors: { label: string; sentence: string; contribution: number }[] = body.factors
  expect(factors.map(({ label }) => label).sort()).toEqual(['Source', 'Visits'])
  for (const { sentence, contribution } of factors) {
    expect(sentence.length).toBeGreaterThan(5)
    expect(contribution).not.toBe(0)
  }
})
