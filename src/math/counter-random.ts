/**
 * Random numbers without state: a number is a hash of (seed, stream, counter), as in Salmon et al.,
 * "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011). A learner that keeps a counter keeps its
 * whole source of chance, so its saved state continues exactly where it stopped.
 */

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A uniform number in [0, 1) with 32 random bits. Arguments are integers; low 32 bits count. */
export function counterUniform(seed: number, stream: number, counter: number): number {
  const a = mix(Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995)
  const b = mix((a + Math.imul(stream | 0, 0x27d4eb2f)) | 0)
  const c = mix((b + Math.imul(counter | 0, 0x165667b1)) | 0)
  return (mix(c ^ Math.imul(b, 0x9e3779b1)) >>> 0) / 4294967296
}

/**
 * A Poisson number of mean `lambda` (up to 30) from one uniform number by inversion of the
 * distribution function.
 */
export function poissonFromUniform(lambda: number, uniform: number): number {
  let term = Math.exp(-lambda)
  let sum = term
  let k = 0
  while (uniform >= sum && k < 200) {
    k += 1
    term *= lambda / k
    sum += term
  }
  return k
}

/** Fisher-Yates: the first `size` of a random order of 0 .. count-1, in ascending order. */
export function counterSubset(
  count: number,
  size: number,
  seed: number,
  stream: number,
): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const taken = Math.min(size, count)
  for (let i = 0; i < taken; i++) {
    const j = i + Math.floor(counterUniform(seed, stream, i) * (count - i))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order.slice(0, taken).sort()
}
