/** Property group: which homes the lead looks at. */
import { EVENT_TYPES } from '../core/index.ts'
import { concentration, evenness, medianInPlace, theilSenSlope } from '../math/index.ts'
import { UNBOUNDED, type NumericFeature } from './declaration.ts'
import { distinctCount } from './distinct.ts'
import { NEW_DAYS, PRICES, type PropertyState } from './property.ts'
import type { LeadState } from './state.ts'

const VIEW = EVENT_TYPES.property_view.code
const views = (state: LeadState): number => state.activity.byType[VIEW]!

const property = (
  feature: Omit<NumericFeature, 'group' | 'type' | 'reads' | 'evidence' | 'value'> & {
    evidence?: (s: PropertyState) => number
    of: (s: PropertyState, views: number) => number
  },
): NumericFeature => {
  const { evidence, of, ...rest } = feature
  return {
    ...rest,
    group: 'property',
    type: 'number',
    reads: evidence === undefined ? ['property', 'activity'] : ['property'],
    evidence: evidence === undefined ? views : (state) => evidence(state.property),
    value: (state) => of(state.property, views(state)),
  }
}

function priceVariation({ price }: PropertyState): number {
  const mean = price.sum / price.weight
  const variance = Math.max(0, price.squares / price.weight - mean * mean)
  return Math.sqrt(variance) / mean
}

/** Places of the latest prices, and room to put them in order. */
const PLACES = Float64Array.from({ length: PRICES }, (_, i) => i)
const ordered = new Float64Array(PRICES)

/** Median of the latest prices. */
function middlePrice({ prices }: PropertyState): number {
  for (let i = 0; i < prices.length; i++) ordered[i] = prices[i]!
  return medianInPlace(ordered, prices.length)
}

const priceTrend = (s: PropertyState): number =>
  theilSenSlope(PLACES, s.prices, s.prices.length) / middlePrice(s)

const meanOf = (
  name: string,
  label: string,
  sentence: string,
  unit: string,
  key: 'price' | 'bedrooms' | 'livingArea',
  largest: number,
): NumericFeature =>
  property({
    name,
    label,
    sentence,
    unit,
    range: [0, largest],
    how: 'Mean over views, as of the time of each view, with a half-life of 30 days.',
    window: 'decay_30d',
    minimum: 1,
    evidenceOf: 'views of known homes',
    evidence: (s) => s[key].n,
    of: (s) => s[key].sum / s[key].weight,
  })

export const PROPERTY_FEATURES: readonly NumericFeature[] = [
  property({
    name: 'total_property_views',
    label: 'Homes looked at',
    sentence: 'Looked at homes {value} {time|times}.',
    unit: 'count',
    range: [0, UNBOUNDED],
    how: 'Number of property_view events.',
    window: 'lifetime',
    minimum: 0,
    evidenceOf: 'property views',
    of: (_s, viewed) => viewed,
  }),
  property({
    name: 'unique_properties_viewed',
    label: 'Different homes',
    sentence: 'Looked at {value} different {home|homes}.',
    unit: 'count',
    range: [0, UNBOUNDED],
    how:
      'Different property_id viewed: exact to 256, then HyperLogLog (Flajolet et al. 2007) ' +
      'with a standard error of 6.5 %.',
    window: 'lifetime',
    minimum: 0,
    evidenceOf: 'property views',
    of: (s) => distinctCount(s.seen),
  }),
  property({
    name: 'repeat_view_ratio',
    label: 'Looks again',
    sentence: '{value} of the views are of a home seen before.',
    unit: 'share',
    range: [0, 1],
    how:
      'Recurrence rate (Tauscher and Greenberg, Int. J. Human-Computer Studies 47, 1997): ' +
      'views less different homes, over views.',
    window: 'lifetime',
    minimum: 2,
    evidenceOf: 'property views',
    of: (s, viewed) => Math.max(0, 1 - distinctCount(s.seen) / viewed),
  }),
  property({
    name: 'avg_view_duration_seconds',
    label: 'Time on a home',
    sentence: 'Spends {value} on a home.',
    unit: 'seconds',
    range: [0, 3600],
    how: 'Mean duration_seconds of views that tell it, each at most an hour.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'timed views',
    evidence: (s) => s.timed,
    of: (s) => s.durationSum / s.timed,
  }),
  property({
    name: 'max_view_duration_seconds',
    label: 'Longest look',
    sentence: 'The longest look at a home took {value}.',
    unit: 'seconds',
    range: [0, 3600],
    how: 'Largest duration_seconds of a view, at most an hour.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'timed views',
    evidence: (s) => s.timed,
    of: (s) => s.longest,
  }),
  meanOf(
    'price_mean',
    'Price looked at',
    'Looks at homes for {value} on average.',
    'currency',
    'price',
    1e9,
  ),
  property({
    name: 'price_variation',
    label: 'Prices vary',
    sentence: 'Prices looked at vary by {value} of their mean.',
    unit: 'ratio',
    range: [0, UNBOUNDED],
    how: 'Coefficient of variation of prices viewed, with a half-life of 30 days.',
    window: 'decay_30d',
    minimum: 3,
    evidenceOf: 'priced views',
    evidence: (s) => s.price.n,
    of: priceVariation,
  }),
  property({
    name: 'price_trend',
    label: 'Prices going up',
    sentence: 'Each home is {value} dearer than the one before, relative to the middle price.',
    unit: 'ratio/view',
    range: [-UNBOUNDED, UNBOUNDED],
    how: 'Theil-Sen slope (Sen 1968) of the latest 12 prices viewed, over their median.',
    window: 'recent',
    minimum: 4,
    evidenceOf: 'priced views',
    evidence: (s) => s.prices.length,
    pieces: (s) => s.property.price.n,
    of: priceTrend,
  }),
  property({
    name: 'price_range_ratio',
    label: 'Price range',
    sentence: 'From cheapest to dearest is {value} of the middle price.',
    unit: 'ratio',
    range: [0, UNBOUNDED],
    how: 'Largest less smallest of the latest 12 prices viewed, over their median.',
    window: 'recent',
    minimum: 3,
    evidenceOf: 'priced views',
    evidence: (s) => s.prices.length,
    pieces: (s) => s.property.price.n,
    of: (s) => (Math.max(...s.prices) - Math.min(...s.prices)) / middlePrice(s),
  }),
  property({
    name: 'property_type_diversity',
    label: 'Kinds of home',
    sentence: 'Looks at different kinds of home: {value}, where 0 % is one.',
    unit: 'share',
    range: [0, 1],
    how: 'Evenness (Pielou 1966) of property types viewed, with a half-life of 30 days.',
    window: 'decay_30d',
    minimum: 3,
    evidenceOf: 'views with a property type',
    evidence: (s) => s.typed,
    of: (s) => evenness(s.typeWeights),
  }),
  property({
    name: 'location_focus',
    label: 'Focused on places',
    sentence: 'Looks in few places: {value}, where 100 % is one.',
    unit: 'share',
    range: [0, 1],
    how:
      'Simpson concentration (1949) of areas viewed, with a half-life of 30 days; areas are ' +
      'kept as hashes only.',
    window: 'decay_30d',
    minimum: 3,
    evidenceOf: 'views with a place',
    evidence: (s) => s.placed,
    of: (s) => concentration(s.areas.weights),
  }),
  meanOf(
    'bedrooms_mean',
    'Bedrooms looked at',
    'Looks at homes with {value} {bedroom|bedrooms}.',
    'bedrooms',
    'bedrooms',
    100,
  ),
  meanOf(
    'living_area_mean',
    'Living area looked at',
    'Looks at homes with a living area of {value}.',
    'area (as listed)',
    'livingArea',
    1e6,
  ),
  property({
    name: 'new_listing_ratio',
    label: 'New listings',
    sentence: '{value} of the homes viewed were new on the market.',
    unit: 'share',
    range: [0, 1],
    how: `Views within ${NEW_DAYS} days of OnMarketDate, over views of homes that tell it.`,
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'views with a market date',
    evidence: (s) => s.dated,
    of: (s) => s.fresh / s.dated,
  }),
]
