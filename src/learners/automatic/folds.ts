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

/** The rows outside and inside fold `held`. */
export function splitFold(fold: Uint8Array, held: number): { train: number[]; test: number[] } {
  const train: number[] = []
  const test: number[] = []
  fold.forEach((f, row) => (f === held ? test : train).push(row))
  return { train, test }
}
