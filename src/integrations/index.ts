/** integrations: adapters to the outside world. */
export { fromSegment, segmentIdentity, snakeCase } from './segment.ts'
export {
  backfill,
  createGhlClient,
  GHL_BASE_URL,
  loadOperations,
  seedLocation,
  startFake,
  type BackfillReport,
} from './ghl/index.ts'
