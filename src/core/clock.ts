/** Time is given, never taken: everything that needs "now" receives a Clock. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now: () => number
  /** Monotonic time in milliseconds, for durations only. */
  monotonic: () => number
}
