/**
 * Content model: items are described by words and attributes; a person is the sum of what they
 * took; a score is the cosine between the two. Needs no other people, so it ranks new items too.
 *
 * Words: sublinear term frequency 1 + ln tf times idf = ln((1 + n) / (1 + df)) + 1 (Salton and
 * Buckley 1988; smoothed as scikit-learn does). Attributes: numbers standardised and cut at three
 * deviations, missing ones 0; categories one-hot. Both parts have unit length and are joined by
 * `textWeight`: the cosine of two items is textWeight x cos(words) + (1 - textWeight) x
 * cos(attributes).
 */
import { sparseFromEntries, transposeSparse, type SparseMatrix } from '../../math/index.ts'
import type { Column, Frame } from '../frame.ts'
import { checkRange, eachEntry, type Recommender } from './recommender.ts'

export interface ContentOptions {
  /** Share of the words in a similarity, 0 ... 1. */
  readonly textWeight: number
  /** Words in fewer items are ignored; 1 or more. */
  readonly documentsMin: number
}

export const CONTENT_DEFAULTS: ContentOptions = { textWeight: 0.5, documentsMin: 1 }

export interface ContentState {
  readonly kind: 'content'
  readonly version: 1
  readonly items: number
  readonly features: number
  readonly options: ContentOptions
  /** items x features, rows of unit length (or empty). */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  readonly values: Float32Array
}

interface Entries {
  readonly item: number[]
  readonly feature: number[]
  readonly value: number[]
}

/** Lower-case words and numbers of a text, in any script. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function textEntries(texts: readonly string[], documentsMin: number): [Entries, number] {
  const counts = texts.map((text) => {
    const count = new Map<string, number>()
    for (const word of words(text)) count.set(word, (count.get(word) ?? 0) + 1)
    return count
  })
  const documents = new Map<string, number>()
  for (const count of counts)
    for (const word of count.keys()) documents.set(word, (documents.get(word) ?? 0) + 1)
  const feature = new Map<string, number>()
  for (const [word, n] of documents) if (n >= documentsMin) feature.set(word, feature.size)
  const out: Entries = { item: [], feature: [], value: [] }
  counts.forEach((count, item) => {
    for (const [word, tf] of count) {
      const column = feature.get(word)
      if (column === undefined) continue
      const idf = Math.log((1 + texts.length) / (1 + documents.get(word)!)) + 1
      push(out, item, column, (1 + Math.log(tf)) * idf)
    }
  })
  return [out, feature.size]
}

function push(out: Entries, item: number, feature: number, value: number): void {
  out.item.push(item)
  out.feature.push(feature)
  out.value.push(value)
}

function attributeEntries(columns: readonly Column[], first: number): [Entries, number] {
  const out: Entries = { item: [], feature: [], value: [] }
  let next = first
  for (const column of columns) {
    if (column.kind === 'categorical') {
      column.codes.forEach((code, item) => {
        if (code >= 0) push(out, item, next + code, 1)
      })
      next += column.levels.length
      continue
    }
    const present = column.values.filter(Number.isFinite)
    const mean = present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length)
    const variance = present.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    const deviation = Math.sqrt(variance / Math.max(1, present.length))
    column.values.forEach((value, item) => {
      const z = (value - mean) / deviation
      if (Number.isFinite(z) && z !== 0) push(out, item, next, Math.max(-3, Math.min(3, z)))
    })
    next++
  }
  return [out, next - first]
}

/** Scales each item's entries to the length `target`. */
function scaleToLength({ item, value }: Entries, items: number, target: number): void {
  const squares = new Float64Array(items)
  item.forEach((i, e) => (squares[i] = squares[i]! + value[e]! ** 2))
  item.forEach((i, e) => (value[e] = (value[e]! * target) / Math.sqrt(squares[i]!)))
}

/** `texts` and the rows of `attributes` describe the items, in their order. Closed form. */
export function trainContent(
  texts: readonly string[],
  attributes: Frame,
  given: Partial<ContentOptions> = {},
): ContentState {
  const options = { ...CONTENT_DEFAULTS, ...given }
  checkRange('textWeight', options.textWeight, 0, 1)
  checkRange('documentsMin', options.documentsMin, 1, 1e9)
  if (attributes.rows !== texts.length)
    throw new RangeError(`${texts.length} texts but ${attributes.rows} rows of attributes`)
  const items = texts.length
  const [text, wordCount] = textEntries(texts, options.documentsMin)
  const [attribute, attributeCount] = attributeEntries(attributes.columns, wordCount)
  scaleToLength(text, items, Math.sqrt(options.textWeight))
  scaleToLength(attribute, items, Math.sqrt(1 - options.textWeight))
  const features = wordCount + attributeCount
  const { offsets, indices, values } = sparseFromEntries(
    items,
    features,
    text.item.concat(attribute.item),
    text.feature.concat(attribute.feature),
    text.value.concat(attribute.value),
  )
  return { kind: 'content', version: 1, items, features, options, offsets, indices, values }
}

const itemVectors = (state: ContentState): SparseMatrix => ({
  rows: state.items,
  cols: state.features,
  offsets: state.offsets,
  indices: state.indices,
  values: state.values,
})

export function contentRecommender(state: ContentState): Recommender {
  const { items, features } = state
  const vectors = itemVectors(state)
  const byFeature = transposeSparse(vectors)
  return {
    items,
    score(histories, from, to, out) {
      out.fill(0, 0, (to - from) * items)
      const person = new Float64Array(features)
      for (let row = from; row < to; row++) {
        person.fill(0)
        eachEntry(histories, [row, row + 1], items, (item) => {
          for (let e = vectors.offsets[item]!; e < vectors.offsets[item + 1]!; e++)
            person[vectors.indices[e]!] = person[vectors.indices[e]!]! + vectors.values[e]!
        })
        const length = Math.sqrt(person.reduce((sum, value) => sum + value * value, 0))
        const start = (row - from) * items
        for (let f = 0; f < features; f++) {
          if (person[f] === 0) continue
          const weight = person[f]! / length
          for (let e = byFeature.offsets[f]!; e < byFeature.offsets[f + 1]!; e++) {
            const at = start + byFeature.indices[e]!
            out[at] = out[at]! + weight * byFeature.values[e]!
          }
        }
      }
    },
  }
}

/** The cosine of two items in [-1, 1]; what `diversify` takes. */
export function contentSimilarity(state: ContentState): (a: number, b: number) => number {
  const { offsets, indices, values } = state
  return (a, b) => {
    let sum = 0
    let f = offsets[b]!
    for (let e = offsets[a]!; e < offsets[a + 1]!; e++) {
      while (f < offsets[b + 1]! && indices[f]! < indices[e]!) f++
      if (f < offsets[b + 1]! && indices[f] === indices[e]) sum += values[e]! * values[f]!
    }
    return sum
  }
}
