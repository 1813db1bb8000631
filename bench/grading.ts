/**
 * The engagement grader on ten simulated markets never used to make it (seeds 9001 to 9010):
 * F1 of "human" beside the best F1 that is possible. `node bench/grading.ts [first seed]` writes
 * the section "grading" of docs/CLAIMS.md when run without an argument.
 */
import type { EngagementGrade, LogEntry } from '../src/core/index.ts'
import { emptyGrader, gradeEngagement, type GraderState } from '../src/features/index.ts'
import { createMarket, gradeBound, simulateDays, type Market } from '../src/simulation/index.ts'
import { writeClaims } from './claims.ts'

const SEEDS = 10
const UNSEEN = 9001
const SIZE = { leads: 1000, days: 180, startMs: Date.UTC(2026, 0, 1) }

/** F1 of "human" among e-mail opens, by the grade last given; ungraded ones count as unknown. */
function graderF1(market: Market): number {
  const truth = new Map<string, EngagementGrade>()
  const positions = new Map<string, number>()
  const graders = new Map<string, GraderState>()
  const grades = new Map<number, EngagementGrade>()
  let position = 0
  for (const { items, truth: day } of simulateDays(market)) {
    for (const { event_id, grade } of day.grades) truth.set(event_id, grade)
    for (const item of items) {
      if (item.kind !== 'event' || item.event.lead_id === undefined) continue
      const { event } = item
      const lead = event.lead_id
      if (event.type === 'email_open') positions.set(event.event_id, ++position)
      else position++
      const entry: LogEntry = {
        position,
        workspaceId: 1,
        personId: 1,
        type: event.type,
        eventTime: item.at,
        receivedAt: item.at,
        body: { properties: event.properties, context: event.context },
      }
      let state = graders.get(lead!)
      if (state === undefined) graders.set(lead!, (state = emptyGrader()))
      for (const decision of gradeEngagement(state, entry))
        grades.set(decision.target_position, decision.grade)
    }
  }
  let hits = 0
  let wrong = 0
  for (const [event, at] of positions) {
    const said = grades.get(at) === 'human'
    const is = truth.get(event) === 'human'
    if (said && is) hits += 2
    else if (said !== is) wrong++
  }
  return hits / (hits + wrong)
}

const first = Number(process.argv[2] ?? UNSEEN)
const rows: string[] = []
const shares: number[] = []
for (let seed = first; seed < first + SEEDS; seed++) {
  const market = createMarket({ seed, ...SIZE })
  const f1 = graderF1(market)
  const bound = gradeBound(market)
  shares.push(f1 / bound.f1)
  const cells = [seed, bound.opens, f1.toFixed(4), bound.f1.toFixed(4), (f1 / bound.f1).toFixed(4)]
  rows.push(`| ${cells.join(' | ')} |`)
  process.stdout.write(`${rows.at(-1)}\n`)
}
const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
const table = [
  '## Engagement grades',
  '',
  'Human or scanner? F1 of "human" over e-mail opens, as a share of the best that is possible:',
  `mean ${mean.toFixed(4)}, smallest ${Math.min(...shares).toFixed(4)} (wanted 0.95).`,
  '',
  '| seed | opens | F1 | achievable | share |',
  '| --- | --- | --- | --- | --- |',
  ...rows,
].join('\n')
if (first === UNSEEN)
  writeClaims('grading', table, {
    data: `ten simulated markets of ${SIZE.leads} leads over ${SIZE.days} days, seeds unseen before`,
    command: 'node bench/grading.ts',
  })
