/**
 * Jobs: nodes that one member splits by itself, rows, histograms and the children's best splits.
 * The members take the jobs of a list one after another, whoever is free, so that a member that
 * the machine holds up does less; what comes out does not depend on who did it.
 */
import { ANSWER_NUMBERS, readAnswers, writeAnswer } from './answers.ts'
import type { Arena } from './arena.ts'
import { childSums, isSplittable, writeSides } from './children.ts'
import { openList, takeNext } from './crew.ts'
import { inherit, slotAt, spareAt, sumRows, type ColumnShare } from './node-histograms.ts'
import { bestSplit, type NodeSums, type Scale, type SplitChoice } from './split.ts'
import type { Places, Workshop } from './workshop.ts'

/** Most jobs of a list. */
export const MOST_JOBS = 64
/** float64 places of a job: the node (9), its split (16), the left rows, two answers. */
export const JOB_NUMBERS = 64
const SPLIT_AT = 9
const LEFT_ROWS_AT = 25
const ANSWERS_AT = 32

/** A node to be split. Slots are -1 where no histograms are kept. */
export interface Job {
  readonly from: number
  readonly count: number
  readonly depth: number
  readonly sums: NodeSums
  readonly split: SplitChoice
  /** Holds the node's histograms. */
  readonly slot: number
  /** For the histograms of the child with fewer rows. */
  readonly smallSlot: number
  /** For those of the other, where `slot` is -1. */
  readonly largeSlot: number
}

/** What came of a job: rows that went left, and the best split of the left and the right child. */
export interface JobAnswer {
  readonly leftRows: number
  readonly splits: readonly [SplitChoice | null, SplitChoice | null]
}

const jobAt = ({ f64 }: Arena, { jobs }: Places, job: number): Float64Array =>
  f64.subarray((jobs >> 3) + job * JOB_NUMBERS, (jobs >> 3) + (job + 1) * JOB_NUMBERS)

/** Lists `jobs` for the next expand order. */
export function writeJobs(arena: Arena, places: Places, jobs: readonly Job[]): void {
  jobs.forEach(({ from, count, depth, sums, split, slot, smallSlot, largeSlot }, i) => {
    const at = jobAt(arena, places, i)
    const { g, h, lower, upper } = sums
    at.set([from, count, depth, g, h, lower, upper, slot, smallSlot])
    writeAnswer(split, at.subarray(SPLIT_AT))
    at[LEFT_ROWS_AT + 1] = largeSlot
  })
  openList(arena, places)
}

export function readJobAnswer(arena: Arena, places: Places, job: number): JobAnswer {
  const at = jobAt(arena, places, job)
  const answer = (k: number) => readAnswers([at.subarray(ANSWERS_AT + k * ANSWER_NUMBERS)])
  return { leftRows: at[LEFT_ROWS_AT]!, splits: [answer(0), answer(1)] }
}

/** What a member knows of the tree at work. */
export interface TreeView {
  readonly all: ColumnShare
  readonly scale: Scale
}

/** An expand order (jobs listed): takes jobs until none is left. */
export function expandShare(workshop: Workshop, member: number, tree: TreeView, jobs: number) {
  const { arena, places } = workshop
  for (;;) {
    const job = takeNext(arena, places)
    if (job >= jobs) return
    doJob(workshop, member, tree, jobAt(arena, places, job))
  }
}

interface Child {
  readonly from: number
  readonly count: number
  readonly depth: number
  readonly sums: NodeSums
}

function doJob(workshop: Workshop, member: number, tree: TreeView, job: Float64Array): void {
  const [left, right] = splitRows(workshop, tree.scale, job)
  const answers = [0, 1].map((k) => job.subarray(ANSWERS_AT + k * ANSWER_NUMBERS))
  for (const answer of answers) writeAnswer(null, answer)
  const { places, rules } = workshop
  const { scale, all } = tree
  const isWorth = (child: Child): boolean => isSplittable(child, scale, rules)
  if (all.features.length === 0 || (!isWorth(left) && !isWorth(right))) return
  const leftIsSmall = left.count <= right.count
  const [small, large] = leftIsSmall ? [left, right] : [right, left]
  const [smallAnswer, largeAnswer] = leftIsSmall ? answers : answers.toReversed()
  const [slot, smallSlot] = [job[7]!, job[8]!]
  const largeSlot = job[LEFT_ROWS_AT + 1]!
  const search = (child: Child, at: number, answer: Float64Array): void => {
    if (isWorth(child))
      writeAnswer(bestSplit(workshop, at, child.sums, scale, all.features), answer)
  }
  const spare = spareAt(places, member)
  const smallAt = smallSlot < 0 ? spare : slotAt(places, smallSlot)
  sumRows(workshop, all, smallAt, small.from, small.count, false)
  search(small, smallAt, smallAnswer!)
  if (!isWorth(large)) return
  const largeAt =
    slot >= 0 ? slotAt(places, slot) : largeSlot < 0 ? spare : slotAt(places, largeSlot)
  if (slot >= 0) inherit(workshop, largeAt, smallAt, all.features)
  else sumRows(workshop, all, largeAt, large.from, large.count, false)
  search(large, largeAt, largeAnswer!)
}

/** Partitions a job's rows; gives its children. */
function splitRows(
  { arena, kernel, places, rules }: Workshop,
  scale: Scale,
  job: Float64Array,
): [Child, Child] {
  const [from, count, parentDepth, g, h, lower, upper] = job as unknown as number[]
  const split = readAnswers([job.subarray(SPLIT_AT)])!
  const { ownSides } = places
  writeSides(arena.u8.subarray(ownSides, ownSides + 256), split)
  const leftRows = kernel.partition(
    places.bins + split.feature,
    places.columns,
    ownSides,
    places.rows + 4 * from!,
    count!,
    places.scratch + 4 * from!,
    places.aside,
  )
  job[LEFT_ROWS_AT] = leftRows
  const sums = childSums({ g: g!, h: h!, lower: lower!, upper: upper! }, split, scale, rules)
  const depth = parentDepth! + 1
  return [
    { from: from!, count: leftRows, depth, sums: sums[0] },
    { from: from! + leftRows, count: count! - leftRows, depth, sums: sums[1] },
  ]
}
