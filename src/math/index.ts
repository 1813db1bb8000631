/** math: numbers only. Pure; imports nothing of the house. */
export { resultantLength } from './circular.ts'
export { concentration, evenness } from './entropy.ts'
export { fnv1a, seededRandom, type SeededRandom } from './random.ts'
export { medianInPlace, theilSenSlope } from './robust.ts'
