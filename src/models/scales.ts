/** Features on the scales of the leads a model was trained on. */
import { applyNormalisation, fitNormalisation } from '../features/index.ts'
import type { FittedModel } from './fitted-model.ts'

export interface Scaled {
  /** In [0, 1]; values outside the training range are cut. */
  readonly minMax: number
  /** Deviations from the mean. */
  readonly zScore: number
  /** Interquartile ranges from the median. */
  readonly robust: number
}

/** By feature name: its value on those scales. */
export type Scales = ReadonlyMap<string, (value: number) => Scaled>

const fitted = new WeakMap<FittedModel, Scales>()

/** Of the numeric columns of the model's reference sample; empty without one. Kept by model. */
export function scalesOf(model: FittedModel): Scales {
  let scales = fitted.get(model)
  if (scales === undefined) fitted.set(model, (scales = fitScales(model)))
  return scales
}

function fitScales({ sample }: FittedModel): Scales {
  const columns = sample?.columns.filter((column) => column.kind === 'numeric') ?? []
  return new Map(
    columns.map(({ name, values }) => {
      const rows = Array.from(values, (value) => [value])
      const fits = (['min-max', 'z-score', 'robust'] as const).map((kind) =>
        fitNormalisation(rows, kind),
      )
      return [
        name,
        (value: number): Scaled => {
          const [minMax, zScore, robust] = fits.map((fit) => applyNormalisation(fit, [value])[0]!)
          return { minMax: minMax!, zScore: zScore!, robust: robust! }
        },
      ]
    }),
  )
}
