/** A made-up stream of events for speed only: many leads, realistic bodies, some entries late. */
import type { EntryBody, EventType, LogEntry } from '../src/core/index.ts'
import { seededRandom, type SeededRandom } from '../src/math/index.ts'

export const START = Date.UTC(2026, 0, 1)
export const DAY = 86_400_000
const DAYS = 100
const LATE = 0.01

const MIX: readonly [EventType, number][] = [
  ['property_view', 0.4],
  ['page_visit', 0.15],
  ['search_executed', 0.1],
  ['photos_viewed', 0.1],
  ['email_sent', 0.06],
  ['email_open', 0.05],
  ['property_favorite', 0.04],
  ['property_swipe', 0.04],
  ['email_click', 0.02],
  ['engagement_graded', 0.02],
  ['message_received', 0.01],
  ['tour_scheduled', 0.01],
]

function drawType(random: SeededRandom): EventType {
  let u = random.next()
  for (const [type, share] of MIX) if ((u -= share) < 0) return type
  return 'page_visit'
}

function bodyOf(random: SeededRandom, target: number): EntryBody {
  const home = random.int(4000)
  return {
    property_id: `home-${home}`,
    duration_seconds: 5 + random.int(200),
    properties: {
      direction: home % 2 ? 'like' : 'dislike',
      target_position: target,
      grade: 'human',
    },
    context: { device_type: home % 7 ? 'phone' : 'desktop', session_id: `s${home}` },
    frozen: {
      listing: {
        ListPrice: 250_000 + home * 100,
        PropertyType: ['Residential', 'Condominium', 'Townhouse'][home % 3]!,
        BedroomsTotal: home % 6,
        LivingArea: 800 + home / 2,
        City: `City ${home % 9}`,
        PostalCode: String(98000 + (home % 40)),
        OnMarketDate: '2026-02-01',
      },
      market: { months_of_supply: 4.2, mortgage_rate: 6.4 },
    },
  }
}

/** The entries of one lead in the order of the log: visits of a few events on random days. */
export function streamOfLead(lead: number, events: number): LogEntry[] {
  const random = seededRandom(lead + 1)
  const times: number[] = []
  while (times.length < events) {
    let at = START + random.next() * DAYS * DAY
    for (let i = 1 + random.int(8); i > 0 && times.length < events; i--) {
      times.push(Math.floor(at))
      at += 1000 * (5 + random.int(300))
    }
  }
  times.sort((a, b) => a - b)
  let target = -1
  return times.map((receivedAt, i) => {
    const position = (i + 1) * 100_000 + lead
    const type = drawType(random)
    if (type === 'email_open') target = position
    const late = random.next() < LATE ? Math.floor(random.next() * 2 * DAY) : 0
    const body = bodyOf(random, target)
    const eventTime = receivedAt - late
    return { position, workspaceId: 1, personId: lead, type, eventTime, receivedAt, body }
  })
}

/** The last moment of every day on which the lead did something. */
export function activeDayEnds(entries: readonly LogEntry[]): number[] {
  const days = new Set(entries.map((entry) => Math.floor(entry.receivedAt / DAY)))
  return [...days].sort((a, b) => a - b).map((day) => (day + 1) * DAY - 1)
}
