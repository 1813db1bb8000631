/** Reasons as sentences an agent understands, from the features' own declarations. */
import type { FeatureDeclaration } from '../features/index.ts'
import type { ColumnSource } from './inputs.ts'

/** A value in the words of its unit. */
function valueText(value: number | string, unit: string): string {
  if (typeof value === 'string') return value.replaceAll('_', ' ')
  if (unit === 'share') return `${Math.round(value * 100)} %`
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

/** What a feature's value says about the lead, in the words of its declaration. */
export function featureSentence(
  { sentence, unit }: Pick<FeatureDeclaration, 'sentence' | 'unit'>,
  value: number | string,
): string {
  return sentence.replace('{value}', valueText(value, unit))
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
