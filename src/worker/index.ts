/** worker: jobs and threads; thin. In: the log. Out: lead states, checkpointed. */
export { startPartitionOwner, type PartitionOwner } from './partition-owner.ts'
