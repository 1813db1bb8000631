/** math: numbers only. Pure; imports nothing of the house. */
export { fnv1a, seededRandom, type SeededRandom } from './random.ts'
