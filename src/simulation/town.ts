/** A made-up town and its listings, in RESO Data Dictionary names. */
import { seededRandom, type SeededRandom } from '../math/index.ts'
import { DAY_MS } from './calendar.ts'
import { logNormal, oneOf, pick } from './draws.ts'

interface Area {
  readonly name: string
  readonly PostalCode: string
  readonly latitude: number
  readonly longitude: number
  /** Log price above the town's mean. */
  readonly level: number
  readonly waterfront: number
}

export interface Town {
  readonly city: string
  readonly areas: readonly Area[]
  readonly medianPrice: number
}

/** One listing. Money in US dollars, areas in square feet, dates YYYY-MM-DD. */
export interface Listing {
  readonly ListingId: string
  readonly StandardStatus: 'Active'
  readonly ListPrice: number
  readonly BedroomsTotal: number
  readonly BathroomsTotalInteger: number
  readonly LivingArea: number
  readonly LotSizeSquareFeet: number
  readonly YearBuilt: number
  readonly PropertyType: 'Residential'
  readonly PropertySubType: (typeof SUB_TYPES)[number]
  readonly GarageSpaces: number
  readonly AssociationFee: number
  readonly Latitude: number
  readonly Longitude: number
  readonly City: string
  readonly SubdivisionName: string
  readonly PostalCode: string
  readonly WaterfrontYN: boolean
  readonly ViewYN: boolean
  readonly OnMarketDate: string
  readonly PublicRemarks: string
  readonly simulated: true
}

/** A listing with what the market needs to choose among them. */
export interface Home {
  readonly listing: Listing
  readonly area: number
  readonly subType: number
  readonly logPrice: number
  /** First day on the market and first day off it. */
  readonly from: number
  readonly until: number
}

export const SUB_TYPES = ['Single Family Residence', 'Townhouse', 'Condominium'] as const
const AREA_NAMES = [
  'Harbor Row',
  'Lantern Hill',
  'Old Mill',
  'Quarry Park',
  'Saltmarsh',
  'North Orchard',
  'Junction',
] as const

/** Postal codes below 00200 are not assigned, and the coordinates lie off any coast. */
export function buildTown(seed: number): Town {
  const random = seededRandom(seed).fork('town')
  const areas = AREA_NAMES.map((name, i): Area => ({
    name,
    PostalCode: String(111 + i).padStart(5, '0'),
    latitude: 42.6 + 0.06 * (random.next() - 0.5),
    longitude: -69.4 + 0.08 * (random.next() - 0.5),
    level: 0.22 * random.normal(),
    waterfront: i === 0 || i === 4 ? 0.3 : 0.02,
  }))
  return { city: 'Port Ellery', areas, medianPrice: logNormal(random, 430_000, 0.25) }
}

const round = (value: number, step: number): number => Math.round(value / step) * step
const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

interface ListingInput {
  readonly town: Town
  readonly prefix: string
  readonly startMs: number
  readonly yearNow: number
}

function buildHome(input: ListingInput, index: number, from: number, random: SeededRandom): Home {
  const { town } = input
  const area = random.int(town.areas.length)
  const place = town.areas[area]!
  const subType = pick(random, [0.62, 0.16, 0.22])
  const beds = [3, 2, 1][subType]! + pick(random, [0.25, 0.4, 0.25, 0.1])
  const living = round(logNormal(random, 520 + 470 * beds, 0.2), 10)
  const age = Math.floor(Math.min(120, logNormal(random, 28, 0.9)))
  const WaterfrontYN = random.next() < place.waterfront
  const ViewYN = WaterfrontYN || random.next() < 0.15
  const logPrice =
    Math.log(town.medianPrice) +
    place.level +
    0.75 * Math.log(living / 1900) -
    0.0018 * age +
    (WaterfrontYN ? 0.32 : 0) +
    (ViewYN ? 0.06 : 0) +
    0.12 * random.normal()
  const garage = subType === 2 ? random.int(2) : random.int(4)
  const condo = subType !== 0
  const listing: Listing = {
    ListingId: `${input.prefix}-H${String(index).padStart(5, '0')}`,
    StandardStatus: 'Active',
    ListPrice: round(Math.exp(logPrice), 1000),
    BedroomsTotal: beds,
    BathroomsTotalInteger: Math.max(1, beds - 1 + random.int(2)),
    LivingArea: living,
    LotSizeSquareFeet: condo ? round(living * 0.6, 10) : round(logNormal(random, 7200, 0.5), 10),
    YearBuilt: input.yearNow - age,
    PropertyType: 'Residential',
    PropertySubType: SUB_TYPES[subType]!,
    GarageSpaces: garage,
    AssociationFee: condo ? round(logNormal(random, 260, 0.4), 5) : 0,
    Latitude: Number((place.latitude + 0.006 * random.normal()).toFixed(5)),
    Longitude: Number((place.longitude + 0.008 * random.normal()).toFixed(5)),
    City: town.city,
    SubdivisionName: place.name,
    PostalCode: place.PostalCode,
    WaterfrontYN,
    ViewYN,
    OnMarketDate: isoDate(input.startMs + from * DAY_MS),
    PublicRemarks: remarks(random, beds, SUB_TYPES[subType]!, place.name, WaterfrontYN, garage),
    simulated: true,
  }
  return { listing, area, subType, logPrice, from, until: from + 15 + random.int(120) }
}

const OPENINGS = ['Bright and well kept', 'Recently updated', 'Comfortable', 'Carefully built']
const KITCHENS = [
  'an open kitchen with an island',
  'a kitchen with new appliances',
  'a large pantry and a breakfast corner',
  'a kitchen that opens onto the deck',
]
const CLOSINGS = [
  'New roof, efficient heating and plenty of storage.',
  'Hardwood floors throughout and a quiet home office.',
  'Covered porch, mature trees and low upkeep.',
  'Large windows, good light all day and a finished basement.',
]

function remarks(
  random: SeededRandom,
  beds: number,
  type: string,
  area: string,
  water: boolean,
  garage: number,
): string {
  const where = water ? `on the water in ${area}` : `in ${area}`
  const car = garage > 0 ? ` Garage for ${garage}.` : ''
  return (
    `${oneOf(random, OPENINGS)} ${beds}-bedroom ${type.toLowerCase()} ${where} with ` +
    `${oneOf(random, KITCHENS)}. ${oneOf(random, CLOSINGS)}${car} Simulated listing.`
  )
}

/**
 * The homes of a market: at least 150 on offer on every day of [0, days), each on the market for
 * 15 to 134 days. A home can be bought by more than one lead: leads do not compete.
 */
export function buildHomes(
  seed: number,
  prefix: string,
  startMs: number,
  leads: number,
  days: number,
): Home[] {
  const random = seededRandom(seed).fork('listings')
  const onOffer = Math.max(150, Math.min(1500, Math.round(leads / 12)))
  const yearNow = new Date(startMs).getUTCFullYear()
  const input: ListingInput = { town: buildTown(seed), prefix, startMs, yearNow }
  const homes: Home[] = []
  const live: number[] = []
  for (let i = 0; i < onOffer; i++) {
    const home = buildHome(input, homes.length, -random.int(60), random)
    homes.push({ ...home, until: 5 + random.int(130) })
    live.push(homes.at(-1).until)
  }
  for (let day = 1; day < days; day++)
    for (let slot = 0; slot < live.length; slot++)
      if (live[slot]! <= day) {
        const home = buildHome(input, homes.length, day, random)
        homes.push(home)
        live[slot] = home.until
      }
  return homes
}
