/** How numbers are written, in the reader's own language. */
const formatter = (options: Intl.NumberFormatOptions) => {
  const format = new Intl.NumberFormat(undefined, options)
  return (value: number): string => format.format(value)
}

const twoDigits = formatter({ style: 'percent', maximumSignificantDigits: 2 })
/** 0.093 as 9.3 %. What is not certain is not called so. */
export const percent = (share: number): string =>
  share >= 0.995 && share < 1 ? `>${twoDigits(0.99)}` : twoDigits(share)
/** 0.4312 as 43 %. */
export const wholePercent = formatter({ style: 'percent', maximumFractionDigits: 0 })
/** 0.3854 as 38.5 %. */
export const percentOne = formatter({
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})
/** 4.312 as 4.3. */
export const few = formatter({ maximumSignificantDigits: 2 })
/** 9240 as 9,240. */
export const whole = formatter({ maximumFractionDigits: 0 })
/** 0.89855 as 0.899, for measures between 0 and 1. */
export const three = formatter({ minimumFractionDigits: 3, maximumFractionDigits: 3 })
/** 2.3456 as 2.35, 0.0019 as 0: no more digits than a person reads. */
export const value = formatter({
  maximumSignificantDigits: 4,
  maximumFractionDigits: 2,
  roundingPriority: 'lessPrecision',
})
const inMinutes = formatter({ style: 'unit', unit: 'minute', maximumFractionDigits: 0 })
const inHours = formatter({ style: 'unit', unit: 'hour', maximumFractionDigits: 0 })
const inDays = formatter({
  style: 'unit',
  unit: 'day',
  unitDisplay: 'long',
  maximumFractionDigits: 0,
})
/** 7200 seconds as 2 hr. */
export const age = (seconds: number): string => {
  if (seconds < 5_400) return inMinutes(Math.max(1, seconds / 60))
  return seconds < 172_800 ? inHours(seconds / 3_600) : inDays(seconds / 86_400)
}
/** 123456 as 123K. */
export const compact = formatter({ notation: 'compact', maximumSignificantDigits: 3 })
