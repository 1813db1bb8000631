/**
 * A model of the usual size for benchmarks of what serves it: all features, learnt from made-up
 * leads whose chance follows a few of them. Says nothing about how well real leads are predicted.
 */
import type { EventType, LogEntry } from '../src/core/index.ts'
import { extractFeatures, foldEntries, NUMERIC_FEATURES } from '../src/features/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { exampleWriter, fitModel, leadScoring, type FittedModel } from '../src/models/index.ts'

const LEADS = 3_000
const TYPES: readonly EventType[] = [
  'page_visit',
  'property_view',
  'search_executed',
  'photos_viewed',
  'property_favorite',
]
const START = Date.UTC(2026, 0, 1)

export function benchModel(): FittedModel {
  const random = seededRandom(7)
  const writer = exampleWriter()
  const places = ['engagement_score', 'total_property_views', 'price_trend'].map((name) =>
    NUMERIC_FEATURES.findIndex((feature) => feature.name === name),
  )
  for (let group = 0; group < LEADS; group++) {
    const keen = random.next()
    const entries = Array.from({ length: 5 + random.int(60) }, (_, i): LogEntry => {
      const time = START + i * 3_600_000 * (1 + random.int(48))
      return {
        position: i + 1,
        workspaceId: 1,
        personId: group,
        type: TYPES[random.next() < keen ? 1 : random.int(TYPES.length)]!,
        eventTime: time,
        receivedAt: time,
        body: {
          property_id: `home-${random.int(500)}`,
          duration_seconds: random.int(300),
          context: { session_id: `s-${i >> 2}` },
        },
      }
    })
    const state = foldEntries(entries)
    const vector = extractFeatures(state, state.cursorTime + random.int(40) * 86_400_000)
    const [engagement, views, trend] = places.map((at) => vector.numeric[at]!)
    const z = 3 * (engagement || 0) + (views || 0) / 20 + (trend || 0) + keen - 3.5
    writer.add({ vector, label: random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0, group })
  }
  return fitModel(leadScoring, writer.finish(), { seed: 1 })
}
