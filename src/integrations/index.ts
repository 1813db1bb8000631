/** integrations: adapters to the outside world. */
export { fromSegment, segmentIdentity, snakeCase } from './segment.ts'
export {
  backfill,
  createGhlClient,
  emptyCounts,
  envelopeOf,
  GHL_BASE_URL,
  isSigned,
  loadOperations,
  parseBody,
  seedLocation,
  startFake,
  startIntake,
  unreadSettings,
  webhookKeys,
  type BackfillCounts,
  type BackfillProgress,
  type BackfillReport,
  type GhlClient,
  type Intake,
  type OpenSink,
} from './ghl/index.ts'
export { refusalOfUrl } from './enrichment/address.ts'
export { hookContext, startEnrichment, type Enrichment } from './enrichment/enrich.ts'
