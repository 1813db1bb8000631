/**
 * core: the words of the product. Pure; imports nothing.
 */
export type { Clock } from './clock.ts'
export type { Parallel, Progress } from './parallel.ts'
export type { Random } from './random.ts'
