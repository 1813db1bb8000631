/** Which fold each row is held out in. */
import { seededRandom } from '../../math/index.ts'

/**
 * The fold, 0 to `folds` - 1, of each row; every fold gets its share of both labels (0 or 1), and
 * differs from another in size by at most 2 rows.
 */
export function stratifiedFolds(labels: ArrayLike<number>, folds: number, seed = 0): Uint8Array {
  const random = seededRandom(seed).fork('folds')
  const fold = new Uint8Array(labels.length)
  for (const label of [0, 1]) {
    const rows: number[] = []
    for (let i = 0; i < labels.length; i++) if (labels[i] === label) rows.push(i)
    for (let i = rows.length - 1; i > 0; i--) {
      const j = random.int(i + 1)
      const kept = rows[i]!
      rows[i] = rows[j]!
      rows[j] = kept
    }
    rows.forEach((row, i) => (fold[row] = label === 1 ? folds - 1 - (i % folds) : i % folds))
  }
  return fold
}

/**
 * As `stratifiedFolds`, with all rows of a group in one fold: groups with a label of 1 and groups
 * without are shared out evenly. At most as many folds as there are groups of either kind, and 255.
 * Throws a RangeError when that leaves fewer than 2.
 */
export function groupedFolds(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  folds: number,
  seed = 0,
): Uint8Array {
  const positive = new Map<number, number>()
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!
    positive.set(group, Math.max(positive.get(group) ?? 0, labels[i]!))
  }
  const kinds = [...positive.values()]
  const hits = kinds.reduce((sum, label) => sum + label, 0)
  const most = Math.min(folds, hits, kinds.length - hits, 255)
  if (most < 2) throw new RangeError(`${hits} groups with and ${kinds.length - hits} without`)
  const foldOf = stratifiedFolds(kinds, most, seed)
  const place = new Map([...positive.keys()].map((group, i) => [group, foldOf[i]!]))
  return Uint8Array.from({ length: groups.length }, (_, i) => place.get(groups[i]!)!)
}

/** The rows outside and inside fold `held`. */
export function splitFold(fold: Uint8Array, held: number): { train: number[]; test: number[] } {
  const train: number[] = []
  const test: number[] = []
  fold.forEach((f, row) => (f === held ? test : train).push(row))
  return { train, test }
}
