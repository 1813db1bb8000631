/** What a fitted model goes by, for people. */
import { gainImportance } from '../learners/index.ts'
import type { FittedModel } from './fitted-model.ts'
import { columnSource } from './inputs.ts'

export interface ModelInput {
  readonly column: string
  /** Plain-language name. */
  readonly label: string
  readonly kind: 'feature' | 'attribute'
  /** Share of the loss reduction its splits brought, 0 to 1; see gainImportance. */
  readonly share: number
}

/** Plain data. */
export interface ModelSummary {
  readonly trees: number
  /** Inputs that at least one tree uses, by share, largest first. */
  readonly inputs: readonly ModelInput[]
}

/** Trees and inputs of a model; shares are means over its boosters. */
export function summaryOf({ boosters, attributes, settings }: FittedModel): ModelSummary {
  const shares = new Map<string, number>()
  for (const booster of boosters)
    for (const { column, importance } of gainImportance(booster))
      shares.set(column, (shares.get(column) ?? 0) + importance / boosters.length)
  const inputs = [...shares].flatMap(([column, share]) => {
    if (share === 0) return []
    const source = columnSource(column, attributes)
    const { label } = source.kind === 'feature' ? source.feature : source.attribute
    return [{ column, label, kind: source.kind, share }]
  })
  inputs.sort((a, b) => b.share - a.share || (a.column < b.column ? -1 : 1))
  return { trees: settings.trees * boosters.length, inputs }
}
