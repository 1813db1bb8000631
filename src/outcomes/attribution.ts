/** Joining predictions with what followed them. */
import type { OutcomeType } from '../core/index.ts'
import { labelAt, maturesAt, type LabelRule } from './labels.ts'
import type { Outcome } from './projection.ts'

export interface Attribution {
  /** `open` while the horizon runs: censored, whatever happened so far. */
  readonly label: 0 | 1 | 'open'
  /** The first outcome that counts; also while open. */
  readonly outcome: OutcomeType | null
  /** Milliseconds since the epoch. */
  readonly happenedAt: number | null
  readonly maturesAt: number
}

export interface Attributed<P> {
  readonly prediction: P
  readonly attribution: Attribution
}

/**
 * What came of each prediction as known at `now`. Predictions about leads that had closed before
 * are left out: there was nothing to predict. `outcomesOf` gives a lead's outcomes.
 */
export function attribute<P extends { readonly personId: number; readonly asOf: number }>(
  predictions: readonly P[],
  now: number,
  outcomesOf: (personId: number) => readonly Outcome[],
  ruleOf: (personId: number) => LabelRule,
): Attributed<P>[] {
  return predictions.flatMap((prediction): Attributed<P>[] => {
    const { personId, asOf } = prediction
    const rule = ruleOf(personId)
    const outcomes = outcomesOf(personId)
    const label = labelAt(rule, outcomes, asOf, now)
    if (label === 'finished') return []
    const until = maturesAt(rule, asOf)
    const found = outcomes.find(
      ({ type, at, knownAt }) =>
        rule.positive.has(type) && at >= asOf && at < until && knownAt <= now,
    )
    return [
      {
        prediction,
        attribution: {
          label,
          outcome: found?.type ?? null,
          happenedAt: found?.at ?? null,
          maturesAt: until,
        },
      },
    ]
  })
}
