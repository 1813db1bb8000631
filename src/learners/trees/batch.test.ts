import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import type { Column } from '../frame.ts'
import { batchPredictor } from './batch.ts'
import { binFrame, fitBinner } from './binner.ts'
import { addMargins, joinTrees, treeBuilder, type TreeEnsemble } from './ensemble.ts'

function randomTree(seed: number, columns: number): TreeEnsemble {
  const random = seededRandom(seed)
  const builder = treeBuilder()
  const grow = (node: number, depth: number): void => {
    if (depth === 7 || random.next() < 0.15) return
    const categorical = random.next() < 0.3
    const left = builder.split(node, {
      gain: 1,
      feature: random.int(columns),
      threshold: random.int(255),
      missingLeft: random.next() < 0.5,
      set: categorical ? Uint32Array.from({ length: 8 }, () => random.int(2 ** 32)) : null,
    })
    grow(left, depth + 1)
    grow(left + 1, depth + 1)
  }
  grow(0, 0)
  const tree = builder.finish()
  tree.value.set(tree.value.map(() => random.normal()))
  return tree
}

test('the kernel sends every row to the leaf where single steps lead', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, outputs) => {
      const random = seededRandom(seed)
      const rows = 603
      const columns = Array.from({ length: 9 }, (_, f): Column => {
        if (f % 3 === 2) {
          const codes = Int32Array.from({ length: rows }, () => random.int(6) - 1)
          return { kind: 'categorical', name: `c${f}`, codes, levels: [...'abcde'] }
        }
        const values = Float64Array.from({ length: rows }, () =>
          random.next() < 0.1 ? NaN : random.next() < 0.05 ? Infinity : random.normal(),
        )
        return { kind: 'numeric', name: `x${f}`, values }
      })
      const frame = { rows, columns }
      const binner = fitBinner(frame)
      const trees = Array.from({ length: 6 }, (_, t) => randomTree(seed + t, columns.length))
      const e = joinTrees(trees, outputs)
      const predict = batchPredictor(e, binner)!
      const fromTable = new Float64Array(rows * outputs).fill(0.5)
      const fromBins = fromTable.slice()
      const byScript = fromTable.slice()
      const binned = binFrame(binner, frame)
      predict(frame, fromTable)
      predict(binned, fromBins)
      addMargins(e, binned.bins, columns.length, byScript)
      expect(fromTable).toEqual(byScript)
      expect(fromBins).toEqual(byScript)
    }),
    { numRuns: 8 },
  )
})
