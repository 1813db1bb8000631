/**
 * Deletes events that a workspace no longer keeps, a few persons at a time. First the lead's state
 * as of then is kept as its base, in the same transaction: states go on as if nothing was deleted.
 */
import { encodeState, rebuildTrack } from '../features/index.ts'
import {
  appendAudit,
  deleteOldEntries,
  holdPersons,
  leadsToBase,
  listRetentions,
  nextPersons,
  saveLeadBase,
  type Database,
  type RetentionOfWorkspace,
} from '../store/index.ts'

const DAY_MS = 86_400_000
/** Persons in one transaction: links and erasures of the workspace wait for so many at most. */
const PERSONS_PER_STEP = 50

export interface Retired {
  readonly workspaceId: number
  /** Entries deleted. */
  readonly entries: number
  /** Outcomes among them; 0 unless the workspace chose to delete those too. */
  readonly outcomes: number
}

export interface RetentionOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Ends the work after the step under way. */
  readonly signal?: AbortSignal
}

async function step(
  { database }: RetentionOptions,
  retention: RetentionOfWorkspace,
  until: number,
  after: number,
): Promise<{ last: number | undefined; entries: number; outcomes: number }> {
  const { workspaceId } = retention
  return database.withWorkspace(workspaceId, async (client) => {
    const persons = await nextPersons(client, after, PERSONS_PER_STEP)
    const last = persons.at(-1)
    const none = { last, entries: 0, outcomes: 0 }
    if (last === undefined) return none
    await holdPersons(client)
    const leads = await leadsToBase(client, persons, until, retention)
    if (leads.length === 0) return none
    for (const personId of leads) {
      const lead = { workspaceId, personId }
      const { track } = await rebuildTrack(client, lead, Number.MAX_SAFE_INTEGER, until)
      await saveLeadBase(client, personId, { until, state: encodeState(track.state) })
    }
    return { last, ...(await deleteOldEntries(client, persons, until, retention)) }
  })
}

async function retireWorkspace(
  options: RetentionOptions,
  retention: RetentionOfWorkspace,
): Promise<Retired> {
  const { workspaceId, eventsDays } = retention
  // Whole days: a lead is folded once a day at most, however often this runs.
  const until = Math.floor(options.now / DAY_MS - eventsDays) * DAY_MS
  let [entries, outcomes, after] = [0, 0, 0]
  while (options.signal?.aborted !== true) {
    const done = await step(options, retention, until, after)
    entries += done.entries
    outcomes += done.outcomes
    if (done.last === undefined) break
    after = done.last
  }
  if (entries > 0)
    await appendAudit(options.database.app, workspaceId, {
      actor: 'system:retention',
      action: 'events.retired',
      subject: `workspace:${workspaceId}`,
      details: { entries, outcomes, happened_before: new Date(until).toISOString() },
    })
  return { workspaceId, entries, outcomes }
}

/** One round over all workspaces; those that keep events for ever are not looked at. */
export async function retireEvents(options: RetentionOptions): Promise<Retired[]> {
  const retired: Retired[] = []
  for (const retention of await listRetentions(options.database.app))
    retired.push(await retireWorkspace(options, retention))
  return retired
}
