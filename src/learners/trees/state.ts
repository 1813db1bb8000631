/** Binner and ensemble as JSON, versioned, and back. */
import { AppError } from '../../core/index.ts'
import type { Binner, ColumnBins } from './binner.ts'
import { numericBins } from './binner.ts'
import { float64Of, fromBase64, int32Of, toBase64, uint32Of } from './bytes.ts'
import type { TreeEnsemble } from './ensemble.ts'

type ColumnState =
  | { readonly kind: 'numeric'; readonly name: string; readonly edges: string }
  | {
      readonly kind: 'categorical'
      readonly name: string
      readonly bins: number
      readonly levels: readonly string[]
      readonly binOf: string
      readonly rareBin: number
    }

export interface BinnerState {
  readonly columns: readonly ColumnState[]
}

export function binnerToState({ columns }: Binner): BinnerState {
  return {
    columns: columns.map((c) =>
      c.kind === 'numeric'
        ? { kind: c.kind, name: c.name, edges: toBase64(c.edges.slice(0, c.bins - 1)) }
        : { ...c, binOf: toBase64(c.binOf) },
    ),
  }
}

export function binnerFromState({ columns }: BinnerState): Binner {
  return {
    columns: columns.map((c): ColumnBins =>
      c.kind === 'numeric'
        ? numericBins(c.name, float64Of(c.edges))
        : { ...c, binOf: fromBase64(c.binOf) },
    ),
  }
}

export interface EnsembleState {
  readonly outputs: number
  readonly roots: string
  readonly feature: string
  readonly threshold: string
  readonly flags: string
  readonly left: string
  readonly value: string
  readonly cover: string
  readonly gain: string
  readonly setAt: string
  readonly sets: string
}

export function ensembleToState(e: TreeEnsemble): EnsembleState {
  return {
    outputs: e.outputs,
    roots: toBase64(e.roots),
    feature: toBase64(e.feature),
    threshold: toBase64(e.threshold),
    flags: toBase64(e.flags),
    left: toBase64(e.left),
    value: toBase64(e.value),
    cover: toBase64(e.cover),
    gain: toBase64(e.gain),
    setAt: toBase64(e.setAt),
    sets: toBase64(e.sets),
  }
}

export function ensembleFromState(s: EnsembleState): TreeEnsemble {
  return {
    outputs: s.outputs,
    roots: int32Of(s.roots),
    feature: int32Of(s.feature),
    threshold: fromBase64(s.threshold),
    flags: fromBase64(s.flags),
    left: int32Of(s.left),
    value: float64Of(s.value),
    cover: float64Of(s.cover),
    gain: float64Of(s.gain),
    setAt: int32Of(s.setAt),
    sets: uint32Of(s.sets),
  }
}

/** Throws unless `state` was written by `kind` in a version this code can read. */
export function checkState(state: { kind: string; version: number }, kind: string): void {
  if (state.kind !== kind || state.version !== 1)
    throw new AppError(
      'invalid-request',
      `Expected the state of a ${kind} model, version 1: got ${state.kind} ${state.version}`,
    )
}
