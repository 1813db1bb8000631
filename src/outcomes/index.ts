/**
 * outcomes: what came of it. In: entries of the log. Out: outcomes, labels that are final, and
 * predictions joined with what followed them. May import core, platform and store.
 */
export { isFinished, labelAt, labelRule, maturesAt, type Label, type LabelRule } from './labels.ts'
export { outcomesOf, type Outcome } from './projection.ts'
export { outcomeSettings, successOf, type OutcomeSettings } from './settings.ts'
export { attribute, type Attributed, type Attribution } from './attribution.ts'
