/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", ACM TOMS 47(4), 2021), seeded through splitmix32. The same seed gives the same
 * numbers on every machine, since only 32-bit integer operations are used.
 */
export interface SeededRandom {
  /** A uniform number in [0, 1) with 53 random bits. */
  next: () => number
  /** A uniform integer in [0, bound); `bound` up to 2^32 (bias below 2^-21). */
  int: (bound: number) => number
  /** A standard normal number (Marsaglia polar method). */
  normal: () => number
  /** An independent stream named by `label`; drawing from it does not disturb this one. */
  fork: (label: string) => SeededRandom
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

function splitmix32(state: number): () => number {
  let s = state | 0
  return () => {
    s = (s + 0x9e3779b9) | 0
    let z = s ^ (s >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
}

/** FNV-1a, 32 bit: a stable number from a text. `fnv1a("a") === 0xe40c292c`. */
export function fnv1a(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** A seeded generator. `seed` is any integer; only its low 32 bits count. */
export function seededRandom(seed: number): SeededRandom {
  const fill = splitmix32(seed)
  let a = fill() | 0
  let b = fill() | 0
  let c = fill() | 0
  let d = fill() | 0
  let spare = Number.NaN
  const bits = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotl(d, 11)
    return result
  }
  const next = (): number => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992
  return {
    next,
    int: (bound) => Math.floor(next() * bound),
    normal() {
      if (!Number.isNaN(spare)) {
        const kept = spare
        spare = Number.NaN
        return kept
      }
      let u: number
      let v: number
      let s: number
      do {
        u = 2 * next() - 1
        v = 2 * next() - 1
        s = u * u + v * v
      } while (s >= 1 || s === 0)
      const factor = Math.sqrt((-2 * Math.log(s)) / s)
      spare = v * factor
      return u * factor
    },
    fork: (label) => seededRandom(fnv1a(`${seed}:${label}`)),
  }
}
