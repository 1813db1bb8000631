/** GoHighLevel: reading a location, and a stand-in of its API for trials and tests. */
export { loadOperations } from './fake/operations.ts'
export { seedLocation, type FakeLocation } from './fake/seed.ts'
export { startFake, type RunningFake } from './fake/server.ts'
