/** A small real model of the features that a few events decide, for tests of what serves it. */
import {
  CATEGORICAL_FEATURES,
  NUMERIC_FEATURES,
  type FeatureVector,
} from '../../src/features/index.ts'
import { seededRandom } from '../../src/math/index.ts'
import { exampleWriter, fitModel, leadScoring, type FittedModel } from '../../src/models/index.ts'

/** A vector with these values by name, everything else missing. */
export function vectorOf(values: Record<string, number | string>, asOf = 0): FeatureVector {
  return {
    asOf,
    knownPosition: asOf,
    numeric: Float64Array.from(NUMERIC_FEATURES, ({ name }) => Number(values[name] ?? NaN)),
    categorical: CATEGORICAL_FEATURES.map(({ name }) => (values[name] as string) ?? null),
  }
}

/** Learns that the chance rises with the number of homes looked at; `lift` moves all chances. */
export function exampleModel(seed = 1, lift = 0): FittedModel {
  const random = seededRandom(seed)
  const writer = exampleWriter()
  for (let group = 0; group < 400; group++) {
    const views = random.int(40)
    const vector = vectorOf({ total_property_views: views, share_count: random.int(5) }, group)
    const chance = 1 / (1 + Math.exp(-((views - 25) / 5 + lift)))
    writer.add({ vector, label: random.next() < chance ? 1 : 0, group, segment: null })
  }
  const spec = { ...leadScoring, features: ['total_property_views', 'share_count'] }
  return fitModel(spec, writer.finish(), { seed, mostTrees: 40 })
}
