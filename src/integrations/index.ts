/** integrations: adapters to the outside world. */
export { fromSegment, segmentIdentity, snakeCase } from './segment.ts'
