/** worker: jobs and threads; thin. In: the log. Out: lead states, checkpointed, and scores. */
export { startFoldingThread } from './folding-thread.ts'
export { createPartitionScoring, type PartitionScoring } from './partition-scoring.ts'
export { startPartitionOwner, type PartitionOwner } from './partition-owner.ts'
export { retireEvents, type Retired } from './retention.ts'
export { LEASE_SECONDS, runHeldJob, startLearning, type Learning } from './learning-thread.ts'
export { startRetrainSchedule, type RetrainSchedule } from './retrain-schedule.ts'
export { startUpkeep, type Upkeep } from './upkeep.ts'
