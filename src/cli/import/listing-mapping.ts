/** Columns of listing files as RESO fields: by their own names and by those that are common. */

type Parse = 'text' | 'number' | 'whole' | 'yes' | 'date'

interface Field {
  readonly field: string
  readonly parse: Parse
  /** Names in lower case without spaces, underscores and hyphens. */
  readonly names: readonly string[]
}

/** RESO Data Dictionary 2.0 names, and what exports call them. */
export const LISTING_FIELDS: readonly Field[] = [
  { field: 'ListingId', parse: 'text', names: ['id', 'mlsnumber', 'mlsid', 'mls', 'listingkey'] },
  { field: 'ListPrice', parse: 'number', names: ['listingprice', 'askingprice'] },
  { field: 'ClosePrice', parse: 'number', names: ['soldprice', 'saleprice'] },
  { field: 'CloseDate', parse: 'date', names: ['solddate', 'saledate'] },
  { field: 'OnMarketDate', parse: 'date', names: ['listdate', 'listingdate'] },
  { field: 'PropertyType', parse: 'text', names: ['type', 'hometype', 'propertysubtype'] },
  { field: 'BedroomsTotal', parse: 'whole', names: ['bedrooms', 'beds', 'bed'] },
  { field: 'BathroomsTotalInteger', parse: 'whole', names: [] },
  { field: 'BathroomsTotalDecimal', parse: 'number', names: ['bathrooms', 'baths', 'bath'] },
  {
    field: 'LivingArea',
    parse: 'number',
    names: ['sqftliving', 'sqft', 'squarefeet', 'livingsqft'],
  },
  { field: 'LotSizeSquareFeet', parse: 'number', names: ['sqftlot', 'lotsize', 'lotsqft'] },
  { field: 'AboveGradeFinishedArea', parse: 'number', names: ['sqftabove'] },
  { field: 'BelowGradeFinishedArea', parse: 'number', names: ['sqftbasement'] },
  { field: 'Stories', parse: 'number', names: ['floors'] },
  { field: 'YearBuilt', parse: 'whole', names: ['yrbuilt', 'built'] },
  { field: 'YearBuiltEffective', parse: 'whole', names: ['yrrenovated', 'yearrenovated'] },
  { field: 'Latitude', parse: 'number', names: ['lat'] },
  { field: 'Longitude', parse: 'number', names: ['long', 'lon', 'lng'] },
  { field: 'PostalCode', parse: 'text', names: ['zipcode', 'zip', 'postcode'] },
  { field: 'City', parse: 'text', names: ['town'] },
  { field: 'UnparsedAddress', parse: 'text', names: ['address'] },
  { field: 'WaterfrontYN', parse: 'yes', names: ['waterfront'] },
  { field: 'ViewYN', parse: 'yes', names: ['view'] },
  { field: 'PoolPrivateYN', parse: 'yes', names: ['pool'] },
  { field: 'GarageSpaces', parse: 'number', names: ['garage', 'parking'] },
  { field: 'AssociationFee', parse: 'number', names: ['hoafee', 'hoa'] },
  { field: 'PublicRemarks', parse: 'text', names: ['description', 'remarks'] },
  { field: 'StandardStatus', parse: 'text', names: ['status', 'mlsstatus'] },
]

const bare = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '')

/**
 * RESO field of each column that has one. A bare "price" is the price of a sale where the file
 * dates sales, else the asking price; a bare "date" beside a "price" dates the sale.
 */
export function guessListingColumns(header: readonly string[]): Record<string, string> {
  const columns: Record<string, string> = {}
  const taken = new Set<string>()
  const names = header.map(bare)
  const sales = names.includes('date') && names.includes('price')
  const special: Record<string, string> = {
    price: sales || names.includes('closedate') ? 'ClosePrice' : 'ListPrice',
    ...(sales && { date: 'CloseDate' }),
  }
  header.forEach((column, i) => {
    const name = names[i]!
    const field =
      LISTING_FIELDS.find((one) => bare(one.field) === name)?.field ??
      special[name] ??
      LISTING_FIELDS.find((one) => one.names.includes(name))?.field
    if (field === undefined || taken.has(field)) return
    columns[column] = field
    taken.add(field)
  })
  return columns
}
