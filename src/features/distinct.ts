/** Keys of names, and tables of weights by key that stay small. */
import { fnv1a } from '../math/index.ts'

/** A 52-bit key of a name; two of 256 names share one with a chance of about 1 in 10^11. */
export function propertyKey(name: string): number {
  return (fnv1a(name) & 0xfffff) * 4294967296 + fnv1a(`${name}\u0001`)
}

/** Weights by key: parallel columns of at most `limit` rows. */
export interface WeightTable {
  keys: number[]
  weights: number[]
}

export const emptyTable = (): WeightTable => ({ keys: [], weights: [] })

/**
 * Adds `weight` to the row of `key`. A full table gives up its lightest row (the older of equals)
 * for a new key, so the heaviest stay exact unless they were once dropped.
 */
export function addWeight(table: WeightTable, key: number, weight: number, limit: number): void {
  const at = table.keys.indexOf(key)
  if (at >= 0) {
    table.weights[at] = table.weights[at]! + weight
    return
  }
  if (table.keys.length < limit) {
    table.keys.push(key)
    table.weights.push(weight)
    return
  }
  let lightest = 0
  for (let i = 1; i < limit; i++) if (table.weights[i]! < table.weights[lightest]!) lightest = i
  table.keys[lightest] = key
  table.weights[lightest] = weight
}

export function scaleWeights(table: WeightTable, factor: number): void {
  if (factor === 1) return
  for (let i = 0; i < table.weights.length; i++) table.weights[i] = table.weights[i]! * factor
}
