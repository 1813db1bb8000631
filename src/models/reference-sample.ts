/**
 * The leads a model learned from, frozen with it: what the leads of later days are compared with.
 * One row per lead, its latest, since rows of one lead are no independent witnesses.
 */
import type { Column, Frame } from '../learners/index.ts'
import { seededRandom } from '../math/index.ts'
import { takeExamples, type Examples } from './examples.ts'
import { frameOf } from './inputs.ts'
import type { ModelSpec } from './spec.ts'

const LEADS_MAX = 2_000

/** The latest row of at most `most` leads, drawn by `seed`. */
export function latestExamples(examples: Examples, most: number, seed: number): Examples {
  const latest = new Map<number, number>()
  examples.groups.forEach((group, row) => {
    const known = latest.get(group)
    if (known === undefined || examples.times[row]! > examples.times[known]!) latest.set(group, row)
  })
  const random = seededRandom(seed).fork('reference sample')
  const rows = [...latest.values()]
    .map((row) => ({ row, draw: random.next() }))
    .sort((a, b) => a.draw - b.draw)
    .slice(0, most)
    .map(({ row }) => row)
    .sort((a, b) => a - b)
  return takeExamples(examples, rows)
}

/** The model's columns of the latest row of at most LEADS_MAX leads, drawn by `seed`. */
export const referenceSample = (
  spec: Pick<ModelSpec, 'features'>,
  examples: Examples,
  seed: number,
): Frame => frameOf(spec, latestExamples(examples, LEADS_MAX, seed))

type StoredColumn =
  | { readonly kind: 'numeric'; readonly name: string; readonly values: string }
  | {
      readonly kind: 'categorical'
      readonly name: string
      readonly codes: string
      readonly levels: readonly string[]
    }

/** As JSON: numbers as base64 of little-endian 32 bits. */
export interface StoredSample {
  readonly rows: number
  readonly columns: readonly StoredColumn[]
}

const packed = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64')
// A copy: the bytes of a small buffer need not begin at a multiple of four.
const unpacked = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, 'base64')).buffer

export function packSample({ rows, columns }: Frame): StoredSample {
  return {
    rows,
    columns: columns.map((column): StoredColumn => {
      // Model inputs have 32 bits; see inputs.ts.
      if (column.kind === 'numeric')
        return { ...column, values: packed(Float32Array.from(column.values)) }
      return { ...column, codes: packed(column.codes) }
    }),
  }
}

export function unpackSample({ rows, columns }: StoredSample): Frame {
  return {
    rows,
    columns: columns.map((column): Column => {
      if (column.kind === 'numeric')
        return { ...column, values: Float64Array.from(new Float32Array(unpacked(column.values))) }
      return { ...column, codes: new Int32Array(unpacked(column.codes)) }
    }),
  }
}
