/**
 * What every detector of concept drift answers to. A stream of numbers goes in, one at a time
 * (usually the 0/1 errors of a model); an alarm comes out in the row that made it certain enough.
 */
export type DriftStatus = 'stable' | 'warning' | 'drift'

export interface DriftDetector<State> {
  /** Takes the next value; must be finite. After 'drift' the detector starts afresh by itself. */
  update: (value: number) => DriftStatus
  /** Plain JSON; the matching `…FromState` continues exactly where this stopped. */
  toState: () => State
}

export function requireFinite(value: number, detector: string): void {
  if (!Number.isFinite(value))
    throw new RangeError(
      `${detector} needs finite numbers, got ${value}; drop missing values first`,
    )
}

export function requireBetween(name: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high))
    throw new RangeError(`${name} must be between ${low} and ${high}, got ${value}`)
}
