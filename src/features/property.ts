/** What the property group remembers: homes viewed, their prices, kinds and places. */
import { EVENT_TYPES, type FrozenEnrichment } from '../core/index.ts'
import { decay } from './activity.ts'
import { DAY } from './calendar.ts'
import {
  addDistinct,
  addWeight,
  emptyDistinct,
  emptyTable,
  propertyKey,
  scaleWeights,
  type DistinctState,
  type WeightTable,
} from './distinct.ts'
import { within, type Fact } from './fact.ts'

/** Prices kept for trend and range. */
export const PRICES = 12
const TYPES = 8
const AREAS = 24
/** A listing is new in its first two weeks on the market. */
export const NEW_DAYS = 14
/** Longer views are a tab left open: they count as one hour. */
const LONGEST_VIEW = 3600

/** A mean that forgets: sums of weights, values and squares, decayed together. */
interface Mean {
  n: number
  weight: number
  sum: number
  squares: number
}

export interface PropertyState {
  seen: DistinctState
  timed: number
  durationSum: number
  longest: number
  /** The moment to which the decayed sums refer (half-life 30 days). */
  at: number
  price: Mean
  bedrooms: Mean
  livingArea: Mean
  /** Names and decayed weights of property types, and how many views had one. */
  typeNames: string[]
  typeWeights: number[]
  typed: number
  areas: WeightTable
  placed: number
  /** Latest prices viewed, oldest first. */
  prices: number[]
  dated: number
  fresh: number
}

const emptyMean = (): Mean => ({ n: 0, weight: 0, sum: 0, squares: 0 })

export function emptyProperty(): PropertyState {
  return {
    seen: emptyDistinct(),
    timed: 0,
    durationSum: 0,
    longest: 0,
    at: 0,
    price: emptyMean(),
    bedrooms: emptyMean(),
    livingArea: emptyMean(),
    typeNames: [],
    typeWeights: [],
    typed: 0,
    areas: emptyTable(),
    placed: 0,
    prices: [],
    dated: 0,
    fresh: 0,
  }
}

const VIEW = EVENT_TYPES.property_view.code

export function applyProperty(s: PropertyState, fact: Fact): void {
  if (fact.code !== VIEW) return
  const { body } = fact.entry
  if (body.property_id !== undefined) addDistinct(s.seen, propertyKey(body.property_id))
  const duration = body.duration_seconds
  if (typeof duration === 'number' && duration >= 0) {
    const seconds = Math.min(duration, LONGEST_VIEW)
    s.timed++
    s.durationSum += seconds
    s.longest = Math.max(s.longest, seconds)
  }
  if (body.frozen?.listing !== undefined) noteListing(s, body.frozen.listing, fact.time)
}

type Listing = NonNullable<FrozenEnrichment['listing']>

function noteListing(s: PropertyState, listing: Listing, time: number): void {
  forget(s, time)
  const price = within(listing.ListPrice, 1, 1e9)
  if (price !== undefined) {
    addToMean(s.price, price)
    if (s.prices.length === PRICES) s.prices.shift()
    s.prices.push(price)
  }
  const bedrooms = within(listing.BedroomsTotal, 0, 100)
  if (bedrooms !== undefined) addToMean(s.bedrooms, bedrooms)
  const area = within(listing.LivingArea, 1, 1e6)
  if (area !== undefined) addToMean(s.livingArea, area)
  if (typeof listing.PropertyType === 'string') noteType(s, listing.PropertyType)
  const place = listing.PostalCode ?? listing.City
  if (typeof place === 'string') {
    s.placed++
    addWeight(s.areas, propertyKey(place), 1, AREAS)
  }
  const listed = dayOf(listing.OnMarketDate)
  if (listed !== undefined) {
    s.dated++
    if (time - listed < NEW_DAYS * DAY) s.fresh++
  }
}

function forget(s: PropertyState, time: number): void {
  const left = decay(time - s.at, 30)
  s.at = time
  if (left === 1) return
  for (const mean of [s.price, s.bedrooms, s.livingArea]) {
    mean.weight *= left
    mean.sum *= left
    mean.squares *= left
  }
  for (let i = 0; i < s.typeWeights.length; i++) s.typeWeights[i] = s.typeWeights[i]! * left
  scaleWeights(s.areas, left)
}

function addToMean(mean: Mean, value: number): void {
  mean.n++
  mean.weight++
  mean.sum += value
  mean.squares += value * value
}

function noteType(s: PropertyState, name: string): void {
  s.typed++
  const short = name.slice(0, 32)
  const at = s.typeNames.indexOf(short)
  if (at >= 0) s.typeWeights[at] = s.typeWeights[at]! + 1
  else if (s.typeNames.length < TYPES) {
    s.typeNames.push(short)
    s.typeWeights.push(1)
  } else {
    const lightest = s.typeWeights.indexOf(Math.min(...s.typeWeights))
    s.typeNames[lightest] = short
    s.typeWeights[lightest] = 1
  }
}

/** Start of a day written as 2026-03-02…, UTC; undefined for anything else. */
function dayOf(date: unknown): number | undefined {
  if (typeof date !== 'string' || date.length < 10 || date[4] !== '-' || date[7] !== '-')
    return undefined
  const time = Date.UTC(
    Number(date.slice(0, 4)),
    Number(date.slice(5, 7)) - 1,
    Number(date.slice(8, 10)),
  )
  return Number.isNaN(time) ? undefined : time
}
