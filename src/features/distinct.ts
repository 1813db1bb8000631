/** Keys of names, and tables of weights by key that stay small. */
import { fnv1a, HLL_REGISTERS, hyperLogLogAdd, hyperLogLogCount } from '../math/index.ts'

/** A 52-bit key of a name; two of 256 names share one with a chance of about 1 in 10^11. */
export function propertyKey(name: string): number {
  return (mixed(fnv1a(name)) & 0xfffff) * 4294967296 + mixed(fnv1a(`${name}\u0001`))
}

/** Spreads every bit over all others (finaliser of MurmurHash3), which FNV-1a alone does not. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
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

/** Distinct counts are exact up to here. */
const EXACT = 256

/** Distinct names: their keys up to 256, afterwards the registers of a HyperLogLog. */
export interface DistinctState {
  keys: number[]
  sketched: boolean
  registers: Uint8Array
}

export const emptyDistinct = (): DistinctState => ({
  keys: [],
  sketched: false,
  registers: new Uint8Array(HLL_REGISTERS),
})

export function addDistinct(s: DistinctState, key: number): void {
  if (s.sketched) {
    hyperLogLogAdd(s.registers, key)
    return
  }
  if (s.keys.includes(key)) return
  s.keys.push(key)
  if (s.keys.length <= EXACT) return
  for (const known of s.keys) hyperLogLogAdd(s.registers, known)
  s.keys.length = 0
  s.sketched = true
}

/** How many: exact up to 256, then with a standard error of 6.5 %. */
export function distinctCount(s: DistinctState): number {
  return s.sketched ? Math.max(EXACT + 1, hyperLogLogCount(s.registers)) : s.keys.length
}
