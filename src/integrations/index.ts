/** integrations: adapters to the outside world. */
export { fromSegment, segmentIdentity, snakeCase } from './segment.ts'
export {
  loadOperations,
  seedLocation,
  startFake,
  type FakeLocation,
  type RunningFake,
} from './ghl/index.ts'
