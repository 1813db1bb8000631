/**
 * learners: algorithms only, a library that would stand on its own. In: numbers and labels.
 * Out: models, probabilities, reasons, alarms. May import core and math.
 */
export {
  alignFrame,
  takeRows,
  type CategoricalColumn,
  type Column,
  type Frame,
  type NumericColumn,
} from './frame.ts'
