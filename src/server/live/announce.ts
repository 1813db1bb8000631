/** From what happened to the frames that tell of it. */
import { EVENT_TYPES } from '../../core/index.ts'
import { hourIn, type EventBrief, type LiveNotice } from '../../decisions/index.ts'
import { createTrouble } from '../../platform/index.ts'
import { toLeadScore } from '../scores/answers.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'live' | 'grounds' | 'clock' | 'log' | 'models'>

/** How often aliases are looked at for frames; serving looks by itself. */
const LOOK_MS = 2_000

const eventText = ({ type, time }: EventBrief) => ({
  type,
  label: EVENT_TYPES[type].label,
  timestamp: new Date(time).toISOString(),
})

type Hours = Map<number, { readonly minute: number; readonly hour: number }>

/** Hours change rarely: worked out once a minute and workspace, in each server by itself. */
const hoursOf = new WeakMap<Needs['grounds'], Hours>()

function hourOf({ grounds, clock, log }: Needs, workspaceId: number): number {
  const hours = hoursOf.get(grounds) ?? (new Map() as Hours)
  hoursOf.set(grounds, hours)
  const now = clock.now()
  const minute = Math.floor(now / 60_000)
  const known = hours.get(workspaceId)
  if (known?.minute !== minute)
    grounds.of(workspaceId).then(
      ({ timeZone }) => hours.set(workspaceId, { minute, hour: hourIn(timeZone, now) }),
      (error: unknown) => log.warn({ err: error }, 'a workspace could not be read'),
    )
  // The first notices of a workspace come before its time zone is known.
  return known?.hour ?? new Date(now).getUTCHours()
}

/** Publishes events, then the scores they led to. */
export function announceNotices(needs: Needs, { events, scores }: LiveNotice): void {
  const { live } = needs
  for (const event of events)
    live.publish(event.workspaceId, {
      channel: 'events',
      type: 'event',
      ownerId: event.ownerId,
      data: {
        lead_id: event.leadId,
        name: event.name,
        ...eventText(event),
        property_id: event.propertyId,
        position: event.position,
      },
    })
  for (const notice of scores) {
    const { workspaceId, leadId, score, scoreBefore, lastEvent } = notice
    live.publish(workspaceId, {
      channel: 'scores',
      type: 'score',
      key: `score:${leadId}`,
      ownerId: notice.ownerId,
      data: {
        lead_id: leadId,
        name: notice.name,
        ...toLeadScore({ ...score, scoreBefore }, hourOf(needs, workspaceId)),
        last_event: lastEvent && eventText(lastEvent),
      },
    })
  }
}

/**
 * Publishes every move of an alias after this, until stopped. The first look is the ground that
 * moves are told from, so it comes before anybody can move one over this server.
 */
export async function announceModels({ models, live, log }: Needs): Promise<() => void> {
  models.onMove(({ workspaceId, model, alias, version }) =>
    live.publish(workspaceId, {
      channel: 'models',
      type: 'model',
      data: { model, alias, version, reason: version === null ? 'withdrawn' : 'live now' },
    }),
  )
  await models.look(true)
  const trouble = createTrouble(log, {
    begins: 'aliases could not be read; it is tried again',
    ends: 'aliases are read again',
    firstMs: LOOK_MS,
    longestMs: LOOK_MS,
  })
  const timer = setInterval(() => {
    models.look(true).then(trouble.passed, trouble.failed)
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
