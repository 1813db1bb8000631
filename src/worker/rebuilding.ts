/**
 * Folding a partition from the beginning, lead by lead: each state is made once and written once,
 * where reading by position would take it up for nearly every entry. What was appended since is
 * then read by position, as always.
 */
import {
  emptyState,
  encodeState,
  applyEntry,
  isOfThisFold,
  readStored,
  type LeadState,
} from '../features/index.ts'
import {
  nextLeadsOf,
  readWholeLeads,
  type Database,
  type LeadEntry,
  type StateKey,
  type StoredState,
  type WholeLeads,
} from '../store/index.ts'
import { mayBeGraded, type Grading } from './grading.ts'

/** Leads read at once. */
const LEADS = 256
/** Readings under way: one is folded while the database prepares another. */
const LANES = 2

export interface RebuildOptions {
  readonly database: Pick<Database, 'app'>
  readonly grading: Pick<Grading, 'gradeLeads'>
  /** Persons whose number modulo `of` is `number`. */
  readonly partition: { readonly number: number; readonly of: number }
  /** Last log position to fold. */
  readonly position: number
  readonly write: (states: readonly StoredState[]) => Promise<void>
  /** Asked before each reading; false ends the work. */
  readonly goOn: () => Promise<boolean>
}

interface Folding extends StateKey {
  readonly state: LeadState
  /** Entries that happened before are in the base. */
  readonly from: number
  /** The grade of an open or click may be missing. */
  toGrade: boolean
}

const storedOf = ({ workspaceId, personId, state }: Folding): StoredState => ({
  workspaceId,
  personId,
  position: state.knownPosition,
  state: encodeState(state),
})

function begin(bases: WholeLeads['bases'], workspaceId: number, personId: number): Folding {
  const base = bases.find((one) => one.workspaceId === workspaceId && one.personId === personId)
  const known = base && readStored(base.state, { workspaceId, personId }, 'base')
  return {
    workspaceId,
    personId,
    state: known ?? emptyState(),
    from: base !== undefined && known ? base.until : -Infinity,
    toGrade: false,
  }
}

function note(folding: Folding, { entry }: LeadEntry): void {
  if (entry.eventTime >= folding.from) applyEntry(folding.state, entry)
  if (mayBeGraded(entry)) folding.toGrade = true
}

/**
 * The states of some leads, what of theirs is to be graded, and how many of their bases another
 * version of the fold wrote: those leads begin with what the log still holds.
 */
export async function foldLeads({ bases, next }: WholeLeads) {
  const states: StoredState[] = []
  const due: StateKey[] = []
  let folding: Folding | undefined
  const finish = (): void => {
    if (folding === undefined) return
    states.push(storedOf(folding))
    if (folding.toGrade) due.push(folding)
  }
  for (let found = await next(); found !== undefined; found = await next())
    for (const one of found) {
      if (folding?.personId !== one.lead) {
        finish()
        folding = begin(bases, one.entry.workspaceId, one.lead)
      }
      note(folding, one)
    }
  finish()
  // Those of whom nothing but a base is left.
  const seen = new Set(states.map(({ personId }) => personId))
  for (const { workspaceId, personId } of bases) {
    if (seen.has(personId)) continue
    const alone = begin(bases, workspaceId, personId)
    if (alone.state.entries > 0) states.push(storedOf(alone))
  }
  const unread = bases.filter(({ state }) => !isOfThisFold(state)).length
  return { states, due, unread }
}

/** False when it was ended before it was through. */
export async function rebuildPartition(options: RebuildOptions): Promise<boolean> {
  const { database, grading, partition, position, write } = options
  let after: StateKey | undefined = { workspaceId: 0, personId: 0 }
  let ended = false
  // One lane at a time asks for leads, so that each lead is read once.
  let asking = Promise.resolve<readonly StateKey[]>([])
  const more = (): Promise<readonly StateKey[]> =>
    (asking = asking.then(async () => {
      if (after === undefined || ended) return []
      const leads = await nextLeadsOf(database.app, partition, after, position, LEADS)
      after = leads.at(-1)
      return leads
    }))
  const lane = async (): Promise<void> => {
    while (await goOn()) {
      const leads = await more()
      if (leads.length === 0) return
      const { states, due } = await readWholeLeads(database.app, leads, position, foldLeads)
      await write(states)
      await grading.gradeLeads(due, position)
    }
  }
  const goOn = async (): Promise<boolean> => {
    if (!ended && !(await options.goOn())) ended = true
    return !ended
  }
  const lanes = await Promise.allSettled(
    Array.from({ length: LANES }, () =>
      lane().catch((error: unknown) => {
        ended = true
        throw error
      }),
    ),
  )
  for (const one of lanes) if (one.status === 'rejected') throw one.reason
  return !ended
}
