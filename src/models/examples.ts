/**
 * Examples: feature vectors as known at past moments, each with what came of it. One table of typed
 * arrays, so that half a million rows fit in memory and move between threads without copying.
 */
import { CATEGORICAL_FEATURES, NUMERIC_FEATURES, type FeatureVector } from '../features/index.ts'
import type { AttributeDeclaration } from '../core/index.ts'

/** Codes into `levels`; -1 is missing. */
export interface Categories {
  readonly codes: Int32Array
  readonly levels: readonly string[]
}

/** Values of a declared attribute, one per row. */
export type AttributeValues =
  | { readonly declaration: AttributeDeclaration; readonly values: Float64Array }
  | { readonly declaration: AttributeDeclaration; readonly categories: Categories }

export interface Examples {
  readonly rows: number
  /** rows x NUMERIC_FEATURES, row after row; NaN is missing. */
  readonly numeric: Float32Array
  /** One per CATEGORICAL_FEATURES. */
  readonly categories: readonly Categories[]
  readonly attributes: readonly AttributeValues[]
  /** 1: it happened within the horizon. */
  readonly labels: Uint8Array
  /** Which lead a row is about: rows of one lead stay on one side of every split. */
  readonly groups: Int32Array
  /** The moment of each row, milliseconds since the epoch. */
  readonly times: Float64Array
  /** Segment of the lead; level '' stands for none. */
  readonly segments: Categories
}

export interface Example {
  readonly vector: FeatureVector
  readonly label: 0 | 1
  readonly group: number
  readonly segment?: string | null
  /** Values by attribute name, as they stand in the lead. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

export interface ExampleWriter {
  /** The row's moment is `vector.asOf`. */
  readonly add: (example: Example) => void
  readonly count: () => number
  readonly finish: () => Examples
}

/** An attribute as a number; NaN when it is none. Texts count when they are a whole number text. */
export function attributeNumber(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : Number.NaN
}

/** An attribute as a category; null when it is missing. */
export function attributeCategory(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/** Grows as rows come. */
function growing<T extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  make: (length: number) => T,
  width = 1,
) {
  let data = make(1_024 * width)
  let used = 0
  return {
    /** Room for one more row: the array and where the row begins. */
    next(): { data: T; at: number } {
      if (used + width > data.length) {
        const larger = make(data.length * 2)
        larger.set(data)
        data = larger
      }
      used += width
      return { data, at: used - width }
    },
    finish: () => data.slice(0, used) as T,
  }
}

function categoryWriter() {
  const codes = growing((n) => new Int32Array(n))
  const codeOf = new Map<string, number>()
  return {
    add(level: string | null): void {
      const { data, at } = codes.next()
      if (level === null) {
        data[at] = -1
        return
      }
      let code = codeOf.get(level)
      if (code === undefined) codeOf.set(level, (code = codeOf.size))
      data[at] = code
    },
    finish: (): Categories => ({ codes: codes.finish(), levels: [...codeOf.keys()] }),
  }
}

function attributeWriter(declaration: AttributeDeclaration) {
  if (declaration.type === 'category') {
    const writer = categoryWriter()
    return {
      add: (value: unknown) => writer.add(attributeCategory(value)),
      finish: (): AttributeValues => ({ declaration, categories: writer.finish() }),
    }
  }
  const values = growing((n) => new Float64Array(n))
  return {
    add(value: unknown): void {
      const { data, at } = values.next()
      data[at] = attributeNumber(value)
    },
    finish: (): AttributeValues => ({ declaration, values: values.finish() }),
  }
}

/** Collects examples; `attributes` are the columns every row may have a value of. */
export function exampleWriter(attributes: readonly AttributeDeclaration[] = []): ExampleWriter {
  const numeric = growing((n) => new Float32Array(n), NUMERIC_FEATURES.length)
  const categories = CATEGORICAL_FEATURES.map(() => categoryWriter())
  const attributeWriters = attributes.map(attributeWriter)
  const labels = growing((n) => new Uint8Array(n))
  const groups = growing((n) => new Int32Array(n))
  const times = growing((n) => new Float64Array(n))
  const segments = categoryWriter()
  let rows = 0
  const put = (column: ReturnType<typeof growing>, value: number): void => {
    const { data, at } = column.next()
    data[at] = value
  }
  return {
    add({ vector, label, group, segment, attributes: values }) {
      const { data, at } = numeric.next()
      data.set(vector.numeric, at)
      categories.forEach((writer, i) => writer.add(vector.categorical[i] ?? null))
      attributes.forEach(({ name }, i) => attributeWriters[i]!.add(values?.[name]))
      put(labels, label)
      put(groups, group)
      put(times, vector.asOf)
      segments.add(segment ?? '')
      rows++
    },
    count: () => rows,
    finish: () => ({
      rows,
      numeric: numeric.finish(),
      categories: categories.map((writer) => writer.finish()),
      attributes: attributeWriters.map((writer) => writer.finish()),
      labels: labels.finish(),
      groups: groups.finish(),
      times: times.finish(),
      segments: segments.finish(),
    }),
  }
}

/** The rows named by `index`, in that order; levels stay as they are. */
export function takeExamples(examples: Examples, index: ArrayLike<number>): Examples {
  const rows = index.length
  const width = NUMERIC_FEATURES.length
  const numeric = new Float32Array(rows * width)
  for (let i = 0; i < rows; i++) {
    const from = index[i]! * width
    numeric.set(examples.numeric.subarray(from, from + width), i * width)
  }
  const pick = <T extends Float64Array | Int32Array | Uint8Array>(data: T): T => {
    const taken = new (data.constructor as new (length: number) => T)(rows)
    for (let i = 0; i < rows; i++) taken[i] = data[index[i]!]!
    return taken
  }
  const some = ({ codes, levels }: Categories): Categories => ({ codes: pick(codes), levels })
  return {
    rows,
    numeric,
    categories: examples.categories.map(some),
    attributes: examples.attributes.map((attribute) =>
      'values' in attribute
        ? { ...attribute, values: pick(attribute.values) }
        : { ...attribute, categories: some(attribute.categories) },
    ),
    labels: pick(examples.labels),
    groups: pick(examples.groups),
    times: pick(examples.times),
    segments: some(examples.segments),
  }
}
