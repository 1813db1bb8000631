/**
 * How often the 90 % interval of a score holds the true probability, which is known because the
 * leads are made up: chances follow a formula of four features. Writes docs/CLAIMS.md.
 *
 *     node bench/interval.ts
 */
import {
  CATEGORICAL_FEATURES,
  NUMERIC_FEATURES,
  type FeatureVector,
} from '../src/features/index.ts'
import { seededRandom, type SeededRandom } from '../src/math/index.ts'
import { exampleWriter, fitModel, leadScoring, predictModel } from '../src/models/index.ts'
import { writeClaims } from './claims.ts'

const FEATURES = ['total_property_views', 'share_count', 'session_count', 'save_ratio']
const SIZES = [500, 2_000, 8_000]
const SEEDS = [1, 2, 3, 4, 5]
const NEW_LEADS = 400

/** A lead's vector and true chance; session_count says nothing. */
function madeUp(random: SeededRandom): { vector: FeatureVector; chance: number } {
  const views = random.int(40)
  const shares = random.int(5)
  const saved = random.next()
  const values: Record<string, number> = {
    total_property_views: views,
    share_count: shares,
    session_count: random.int(20),
    save_ratio: saved,
  }
  const z = -3.2 + views / 14 + 0.25 * shares + (saved > 0.7 ? 0.8 : 0)
  const vector = {
    asOf: 0,
    knownPosition: 0,
    numeric: Float64Array.from(NUMERIC_FEATURES, ({ name }) => values[name] ?? Number.NaN),
    categorical: CATEGORICAL_FEATURES.map(() => null),
  }
  return { vector, chance: 1 / (1 + Math.exp(-z)) }
}

function measure(leads: number) {
  let inside = 0
  let width = 0
  let off = 0
  for (const seed of SEEDS) {
    const random = seededRandom(seed).fork(`interval ${leads}`)
    const writer = exampleWriter()
    for (let group = 0; group < leads; group++) {
      const { vector, chance } = madeUp(random)
      writer.add({ vector, label: random.next() < chance ? 1 : 0, group })
    }
    const model = fitModel({ ...leadScoring, features: FEATURES }, writer.finish(), { seed })
    for (let i = 0; i < NEW_LEADS; i++) {
      const { vector, chance } = madeUp(random)
      const answer = predictModel(model, vector, { events: 9, segment: null, attributes: {} })
      const [low, high] = answer.interval!
      if (chance >= low && chance <= high) inside++
      width += high - low
      off += Math.abs(answer.probability! - chance)
    }
  }
  const all = SEEDS.length * NEW_LEADS
  return { coverage: inside / all, width: width / all, off: off / all }
}

const rows = SIZES.map((leads) => {
  const { coverage, width, off } = measure(leads)
  return `| ${leads} | ${coverage.toFixed(3)} | ${width.toFixed(3)} | ${off.toFixed(3)} |`
})
const table = [
  '## Interval of a score',
  '',
  'The true chance is inside the 90 % interval for this share of new leads, on average over leads;',
  'for a given lead it may be inside more or less often.',
  '',
  '| Leads learned from | True chance inside | Mean width | Mean distance of the probability |',
  '|---|---|---|---|',
  ...rows,
].join('\n')
process.stdout.write(`${table}\n`)
writeClaims('interval', table, {
  data: `made-up leads, ${SEEDS.length} seeds, ${NEW_LEADS} new leads each`,
  command: 'node bench/interval.ts',
})
