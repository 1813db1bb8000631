/** Chance is given, never taken: a seeded source of uniform numbers. */
export interface Random {
  /** A uniform number in [0, 1) with 53 random bits. */
  next: () => number
  /** A uniform integer in [0, bound). `bound` must be a positive integer up to 2^32. */
  int: (bound: number) => number
}
