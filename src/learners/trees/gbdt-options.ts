/** Options of gradient boosting, their defaults and their ranges. */
import { AppError, type Progress } from '../../core/index.ts'
import type { Frame } from '../frame.ts'
import type { Binner } from './binner.ts'
import type { ObjectiveName, ObjectiveSpec } from './target.ts'

/** Rows kept out of training, on which early stopping is decided. */
export interface ValidationPart {
  readonly frame: Frame
  readonly labels: ArrayLike<number>
  readonly weights?: ArrayLike<number>
  /** LambdaRank: the query of each row. */
  readonly groups?: ArrayLike<number>
}

export interface GbdtOptions {
  /**
   * What the labels are. `logistic` (default): 0 or 1, or a share in between; `squared` and
   * `quantile`: any number; `poisson`: counts; `softmax`: 0 to classes - 1; `lambdarank`:
   * relevance 0 to 30, with `groups`.
   */
  readonly objective?: ObjectiveName
  /** Softmax: number of classes. Default: the largest label plus one. */
  readonly classes?: number
  /** Quantile loss: which quantile, in (0, 1). Default 0.5. */
  readonly quantile?: number
  /** LambdaRank: the query of each row, any integers; rows need not be sorted. */
  readonly groups?: ArrayLike<number>
  /** Boosting iterations; softmax grows one tree per class in each. Default 200. */
  readonly trees?: number
  /** Shrinkage of each tree, in (0, 1]. Default 0.1. */
  readonly learningRate?: number
  /** Most splits on a path, 1 to 30. Default 6. */
  readonly maxDepth?: number
  /** Most leaves of a tree, 2 to 65,536; the best leaf is split first. Default 64. */
  readonly maxLeaves?: number
  /** L2 penalty on leaf values, at least 0. Default 1. */
  readonly l2?: number
  /** Least sum of hessians in a leaf (for squared loss the weight of its rows). Default 1. */
  readonly minChildWeight?: number
  /** Least loss reduction of a split. Default 0. */
  readonly minSplitGain?: number
  /** Share of rows drawn, without replacement, for each iteration; in (0, 1]. Default 1. */
  readonly rowFraction?: number
  /** Share of columns drawn for each tree; in (0, 1]. Default 1. */
  readonly columnFraction?: number
  /** Most value bins of a numeric column, 2 to 255. Default 255. */
  readonly maxBins?: number
  /** A category with fewer training rows joins the rare bin. Default 5. */
  readonly minCategoryRows?: number
  /** Added to the hessian where categories are ordered. Default 10. */
  readonly categorySmoothing?: number
  /** Extra L2 for splits over more than two categories. Default 10. */
  readonly categoryL2?: number
  /** By column name: 1, the answer may only rise with the column; -1, only fall. Default none. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>
  /** Weight of each row, finite and at least 0. Default 1 each. */
  readonly weights?: ArrayLike<number>
  /**
   * `balanced`: every class weighs the same in total; a list: weight by class (logistic: of 0 and
   * of 1). Multiplies `weights`. Default none.
   */
  readonly classWeights?: 'balanced' | readonly number[]
  /** Use these bins (for instance of another model, to share binned vectors). */
  readonly binner?: Binner
  /** Decides early stopping; takes precedence over `validationFraction`. */
  readonly validation?: ValidationPart
  /** Share of rows (LambdaRank: of queries) held out for early stopping; in [0, 1). Default 0. */
  readonly validationFraction?: number
  /** Stop after so many iterations without a better validation loss. Default 30. */
  readonly patience?: number
  /** Everything drawn at random comes from this integer. Default 0. */
  readonly seed?: number
  /**
   * `wasm`, `script` or `auto` (default: wasm from 50,000 cells on, where there is WebAssembly with
   * shared memory). All give the same model.
   */
  readonly kernel?: 'auto' | 'wasm' | 'script'
  readonly onProgress?: Progress
  /** Training stops with an error of name `AbortError` once `aborted` is true. */
  readonly signal?: { readonly aborted: boolean }
}

/** Options with every default filled in. */
export type GbdtSettings = Required<
  Omit<
    GbdtOptions,
    | 'classes'
    | 'groups'
    | 'weights'
    | 'classWeights'
    | 'binner'
    | 'validation'
    | 'onProgress'
    | 'signal'
    | 'objective'
    | 'quantile'
  >
> & { readonly spec: ObjectiveSpec }

type Range = readonly [least: number, most: number, kind: 'integer' | 'number' | 'share']

const RANGES = {
  trees: [1, 100_000, 'integer'],
  learningRate: [0, 1, 'share'],
  maxDepth: [1, 30, 'integer'],
  maxLeaves: [2, 65_536, 'integer'],
  l2: [0, 1e9, 'number'],
  minChildWeight: [0, 1e12, 'number'],
  minSplitGain: [0, 1e12, 'number'],
  rowFraction: [0, 1, 'share'],
  columnFraction: [0, 1, 'share'],
  maxBins: [2, 255, 'integer'],
  minCategoryRows: [1, 1e9, 'integer'],
  categorySmoothing: [0, 1e9, 'number'],
  categoryL2: [0, 1e9, 'number'],
  validationFraction: [0, 0.9, 'number'],
  patience: [1, 100_000, 'integer'],
  seed: [-(2 ** 53), 2 ** 53, 'integer'],
} satisfies Record<string, Range>

const DEFAULTS = {
  trees: 200,
  learningRate: 0.1,
  maxDepth: 6,
  maxLeaves: 64,
  l2: 1,
  minChildWeight: 1,
  minSplitGain: 0,
  rowFraction: 1,
  columnFraction: 1,
  maxBins: 255,
  minCategoryRows: 5,
  categorySmoothing: 10,
  categoryL2: 10,
  monotone: {},
  validationFraction: 0,
  patience: 30,
  seed: 0,
  kernel: 'auto',
} as const

/** Throws `invalid-request` unless `value` lies in the range; a share excludes its lower end. */
export function checkRange(name: string, value: number, [least, most, kind]: Range): void {
  const inside = kind === 'share' ? value > least && value <= most : value >= least && value <= most
  if (!inside || (kind === 'integer' && !Number.isInteger(value)))
    throw new AppError(
      'invalid-request',
      `${name} must be ${kind === 'integer' ? 'an integer' : 'a number'} ` +
        `${kind === 'share' ? 'above' : 'from'} ${least} to ${most}: ${value}`,
    )
}

/** The largest label plus one. */
export function countClasses(labels: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < labels.length; i++) most = Math.max(most, labels[i]!)
  return most + 1
}

/** Fills in defaults and checks every range. `labels` tell softmax its number of classes. */
export function gbdtSettings(options: GbdtOptions, labels: ArrayLike<number>): GbdtSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const merged = { ...DEFAULTS, ...(Object.fromEntries(given) as GbdtOptions) }
  for (const [name, range] of Object.entries(RANGES))
    checkRange(name, merged[name as keyof typeof RANGES], range)
  const { objective: name = 'logistic', quantile = 0.5 } = options
  checkRange('quantile', quantile, [0, 1 - 1e-9, 'share'])
  let outputs = 1
  if (name === 'softmax') {
    outputs = options.classes ?? countClasses(labels)
    checkRange('classes', outputs, [1, 1000, 'integer'])
  }
  return { ...merged, spec: { name, outputs, quantile } }
}
