/**
 * The columns a model reads: features and declared attributes, as a table for training and as one
 * vector for serving, in the same numbers. Values are rounded to 32 bits in both, so that a vector
 * kept with a prediction reproduces it exactly.
 */
import { AppError, type AttributeDeclaration } from '../core/index.ts'
import {
  CATEGORICAL_FEATURES,
  FEATURES,
  NUMERIC_FEATURES,
  type FeatureDeclaration,
  type FeatureVector,
} from '../features/index.ts'
import type { ColumnBins, Column, Frame } from '../learners/index.ts'
import { attributeCategory, attributeNumber, type Categories, type Examples } from './examples.ts'
import { refusalOf, type ModelSpec } from './spec.ts'

/** Values of a lead's attributes by name. */
export type AttributeMap = Readonly<Record<string, unknown>>

const ATTRIBUTE = 'attribute:'

/**
 * What texts that nobody wrote or that could not be read count as: a neutral tone. Without it the
 * trees would have a branch for "no text", through which language would become an input.
 */
const NEUTRAL_NUMBER: Readonly<Record<string, number>> = { emotion_neutral: 1 }
const NEUTRAL_LEVEL = 'neutral'

const NUMERIC_AT = new Map(NUMERIC_FEATURES.map(({ name }, i) => [name, i]))
const CATEGORY_AT = new Map(CATEGORICAL_FEATURES.map(({ name }, i) => [name, i]))
const DECLARED = new Map(FEATURES.map((feature) => [feature.name, feature]))

/** The declaration behind a column of a model. */
export type ColumnSource =
  | { readonly kind: 'feature'; readonly feature: FeatureDeclaration }
  | { readonly kind: 'attribute'; readonly attribute: AttributeDeclaration }

/** @throws AppError `invalid-request` for a feature that this release does not declare. */
function featureNamed(name: string): FeatureDeclaration {
  const feature = DECLARED.get(name)
  if (feature === undefined)
    throw new AppError('invalid-request', `There is no feature "${name}": train the model again`)
  return feature
}

/** What column `name` of a model stands for. @throws AppError `invalid-request` */
export function columnSource(
  name: string,
  attributes: readonly AttributeDeclaration[],
): ColumnSource {
  if (!name.startsWith(ATTRIBUTE)) return { kind: 'feature', feature: featureNamed(name) }
  const attribute = attributes.find((a) => a.name === name.slice(ATTRIBUTE.length))
  if (attribute === undefined)
    throw new AppError('invalid-request', `The model does not declare its column "${name}"`)
  return { kind: 'attribute', attribute }
}

/** @throws AppError `invalid-request` for an attribute that may not be an input. */
export function checkAttributes(attributes: readonly AttributeDeclaration[]): void {
  for (const attribute of attributes) {
    const refusal = refusalOf(attribute)
    if (refusal !== null)
      throw new AppError('invalid-request', `"${attribute.name}" may not enter a model: ${refusal}`)
  }
}

function numericColumn(examples: Examples, { name, group }: FeatureDeclaration): Column {
  const at = NUMERIC_AT.get(name)!
  const width = NUMERIC_FEATURES.length
  const neutral = group === 'emotional' ? (NEUTRAL_NUMBER[name] ?? 0) : Number.NaN
  const values = new Float64Array(examples.rows)
  for (let row = 0; row < examples.rows; row++) {
    const value = examples.numeric[row * width + at]!
    values[row] = Number.isNaN(value) ? neutral : value
  }
  return { kind: 'numeric', name, values }
}

function categoryColumn(name: string, { codes, levels }: Categories, group?: string): Column {
  if (group !== 'emotional') return { kind: 'categorical', name, codes, levels }
  const known = levels.indexOf(NEUTRAL_LEVEL)
  const neutral = known < 0 ? levels.length : known
  return {
    kind: 'categorical',
    name,
    codes: codes.map((code) => (code < 0 ? neutral : code)),
    levels: known < 0 ? [...levels, NEUTRAL_LEVEL] : levels,
  }
}

/** The table of `spec`'s columns. @throws AppError `invalid-request` */
export function frameOf(spec: Pick<ModelSpec, 'features'>, examples: Examples): Frame {
  const features = spec.features.map((name): Column => {
    const feature = featureNamed(name)
    if (feature.type === 'number') return numericColumn(examples, feature)
    return categoryColumn(name, examples.categories[CATEGORY_AT.get(name)!]!, feature.group)
  })
  const attributes = examples.attributes.map((attribute): Column => {
    const name = ATTRIBUTE + attribute.declaration.name
    return 'values' in attribute
      ? { kind: 'numeric', name, values: attribute.values.map(Math.fround) }
      : categoryColumn(name, attribute.categories)
  })
  return { rows: examples.rows, columns: [...features, ...attributes] }
}

/** One column's value in a lead: a number for the learner, and what people are shown. */
export interface ColumnReader {
  readonly source: ColumnSource
  /** A number, or a code into the column's levels; NaN or -1 is missing. */
  readonly read: (vector: FeatureVector, attributes: AttributeMap) => number
  readonly shown: (vector: FeatureVector, attributes: AttributeMap) => number | string | null
}

function featureReader(feature: FeatureDeclaration, codeOf: (level: string | null) => number) {
  const isText = feature.group === 'emotional'
  if (feature.type === 'number') {
    const at = NUMERIC_AT.get(feature.name)!
    const neutral = isText ? (NEUTRAL_NUMBER[feature.name] ?? 0) : Number.NaN
    return {
      read(vector: FeatureVector) {
        const value = Math.fround(vector.numeric[at]!)
        return Number.isNaN(value) ? neutral : value
      },
      shown(vector: FeatureVector) {
        const value = vector.numeric[at]!
        return Number.isNaN(value) ? null : value
      },
    }
  }
  const at = CATEGORY_AT.get(feature.name)!
  const missing = isText ? NEUTRAL_LEVEL : null
  return {
    read: (vector: FeatureVector) => codeOf(vector.categorical[at] ?? missing),
    shown: (vector: FeatureVector) => vector.categorical[at] ?? null,
  }
}

function attributeReader(
  { name, type }: AttributeDeclaration,
  codeOf: (level: string | null) => number,
) {
  if (type === 'category')
    return {
      read: (_: FeatureVector, values: AttributeMap) => codeOf(attributeCategory(values[name])),
      shown: (_: FeatureVector, values: AttributeMap) => attributeCategory(values[name]),
    }
  return {
    read: (_: FeatureVector, values: AttributeMap) => Math.fround(attributeNumber(values[name])),
    shown(_: FeatureVector, values: AttributeMap) {
      const value = attributeNumber(values[name])
      return Number.isNaN(value) ? null : value
    },
  }
}

/** Readers in the order of a binner's columns. */
export function columnReaders(
  columns: readonly ColumnBins[],
  attributes: readonly AttributeDeclaration[],
): ColumnReader[] {
  return columns.map((column): ColumnReader => {
    const source = columnSource(column.name, attributes)
    const levels = column.kind === 'categorical' ? column.levels : []
    const codes = new Map(levels.map((level, code) => [level, code]))
    // Beyond the levels stands the bin of rare ones, as in training.
    const codeOf = (level: string | null): number =>
      level === null ? -1 : (codes.get(level) ?? levels.length)
    const reader =
      source.kind === 'feature'
        ? featureReader(source.feature, codeOf)
        : attributeReader(source.attribute, codeOf)
    return { source, ...reader }
  })
}
