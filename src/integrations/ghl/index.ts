/** GoHighLevel: reading a location, and a stand-in of its API for trials and tests. */
export { backfill, type BackfillReport } from './backfill.ts'
export { createGhlClient, GHL_BASE_URL } from './client.ts'
export { loadOperations } from './fake/operations.ts'
export { seedLocation } from './fake/seed.ts'
export { startFake } from './fake/server.ts'
