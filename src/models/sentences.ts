/** Reasons as sentences an agent understands, from the features' own declarations. */
import type { FeatureDeclaration } from '../features/index.ts'
import type { ColumnSource } from './inputs.ts'

/** Each unit of time in seconds, the largest first. */
const SECONDS = { day: 86_400, hour: 3_600, minute: 60, second: 1 } as const
type TimeUnit = keyof typeof SECONDS
const TIME_UNITS = Object.keys(SECONDS) as TimeUnit[]

// Making one of these takes longer than all else that is done for a sentence.
const NUMBERS = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }),
)
const timesOf = (digits: number) =>
  Object.fromEntries(
    TIME_UNITS.map((unit) => {
      const style = { style: 'unit', unit, unitDisplay: 'long' } as const
      return [unit, new Intl.NumberFormat('en-US', { ...style, maximumFractionDigits: digits })]
    }),
  ) as Record<TimeUnit, Intl.NumberFormat>
const TIMES = { whole: timesOf(0), tenths: timesOf(1) }

function number(value: number): string {
  const size = Math.abs(value)
  return NUMBERS[size >= 100 ? 0 : size >= 10 ? 1 : 2]!.format(value)
}

/** In the largest unit of which there are two: "36 hours", "2.4 days". */
function duration(seconds: number): string {
  const unit = TIME_UNITS.find((name) => Math.abs(seconds) >= 2 * SECONDS[name]) ?? 'second'
  const count = seconds / SECONDS[unit]
  return TIMES[Math.abs(count) >= 10 ? 'whole' : 'tenths'][unit].format(count)
}

/** A value in the words of its unit. */
function valueText(value: number | string, unit: string): string {
  if (typeof value === 'string') return value.replaceAll('_', ' ')
  if (unit === 'share') return `${Math.round(value * 100)} %`
  const time = TIME_UNITS.find((name) => `${name}s` === unit)
  return time === undefined ? number(value) : duration(value * SECONDS[time])
}

/** What a feature's value says about the lead, in the words of its declaration. */
export function featureSentence(
  { sentence, unit }: Pick<FeatureDeclaration, 'sentence' | 'unit'>,
  value: number | string,
): string {
  const text = valueText(value, unit)
  return sentence.replace(
    /\{(?:value|(\w+)\|(\w+))\}/g,
    (_, one: string | undefined, many: string) =>
      one === undefined ? text : text === '1' ? one : many,
  )
}

/** What a value says about the lead. */
function statement(source: ColumnSource, value: number | string | null): string {
  if (source.kind === 'attribute') {
    const { label } = source.attribute
    return value === null ? `${label} is not known` : `${label} is ${valueText(value, '')}`
  }
  const { feature } = source
  if (value === null) return `Nothing is known yet of “${feature.label}”`
  return featureSentence(feature, value).replace(/\.$/, '')
}

/** By what factor it moves the odds, in words. */
function effect(contribution: number): string {
  const times = Math.exp(Math.abs(contribution))
  if (times < 1.05)
    return contribution > 0 ? 'speaks slightly for it' : 'speaks slightly against it'
  const text = times.toLocaleString('en-US', { maximumFractionDigits: times < 10 ? 1 : 0 })
  const shown = text === '1' ? '1.1' : text
  return contribution > 0 ? `raises the odds ${shown} times` : `lowers the odds ${shown} times`
}

/** For example "Came 9 times: raises the odds 1.6 times." */
export function factorSentence(
  source: ColumnSource,
  value: number | string | null,
  contribution: number,
): string {
  return `${statement(source, value)}: ${effect(contribution)}.`
}
