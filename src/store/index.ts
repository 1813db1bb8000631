/** store: PostgreSQL, the one store of record. May import core and platform. */
export { readLogProgress } from './log-progress.ts'
export { writeBackup, type BackupOptions } from './backup.ts'
export type { Manifest } from './backup-manifest.ts'
export {
  createWorkspace,
  endSessions,
  ensureMainWorkspace,
  everyWorkspace,
  isSimulated,
  findAccount,
  findHome,
  findSession,
  listWorkspaces,
  putRefreshToken,
  readSettings,
  revokeRefreshToken,
  rotateRefreshToken,
  setPassword,
  type MemberRole,
  type Session,
  type WorkspaceOfUser,
} from './accounts.ts'
export { createKey, findKey, listKeys, revokeKey, type ApiKey, type KeyKind } from './api-keys.ts'
export { forgetAttempts, refundAttempt, takeAttempt } from './attempts.ts'
export { appendAudit, readAudit, verifyAudit, type AuditEntry, type AuditFilter } from './audit.ts'
export {
  addMember,
  changeMember,
  changeProfile,
  listMembers,
  mayManageAccount,
  type Member,
} from './members.ts'
export {
  createLink,
  findLink,
  listInvitations,
  revokeInvitation,
  revokeLinks,
  useLink,
  type FoundLink,
  type LinkKind,
  type StoredLink,
} from './one-time-links.ts'
export {
  createPool,
  beginUnflushed,
  inWorkspace,
  transaction,
  type Endpoint,
  type Queryable,
} from './connection.ts'
export { openDatabase, type Database, type DatabaseOptions } from './database.ts'
export { readMigrations, type Migration } from './migrations.ts'
export { restoreBackup, type RestoreOptions } from './restore.ts'
export {
  IDENTITY_KIND,
  appendRows,
  createAppendMemory,
  forgetPersons,
  knownKeys,
  readLog,
  readPerson,
  readPersons,
  type AppendMemory,
  type AppendResult,
  type AppendStatus,
  type IdentityKind,
  type LogRow,
  type LogSlice,
} from './event-log.ts'
export { announce, watchNotices } from './notices.ts'
export { turnLogParts } from './log-parts.ts'
export { analyseFilled } from './statistics.ts'
export {
  deleteOldEntries,
  holdPersons,
  leadsToBase,
  listRetentions,
  nextPersons,
  readLeadBase,
  readLeadBases,
  readRetention,
  saveLeadBase,
  saveRetention,
  type LeadBase,
  type Retention,
  type RetentionOfWorkspace,
} from './retention.ts'
export {
  nextLeadsOf,
  readBacklog,
  readWholeLeads,
  type LeadEntry,
  type WholeLeads,
} from './whole-leads.ts'
export {
  readEventId,
  readLastEvents,
  readRecords,
  readTimeline,
  type StoredEvent,
  type TimelineEntry,
} from './lead-history.ts'
export {
  changeLead,
  findLead,
  findLeads,
  nextLeads,
  openLead,
  setContact,
  type Contact,
  type Lead,
  type LeadChange,
  type Viewer,
} from './leads.ts'
export {
  circleOf,
  holdLead,
  readEntries,
  type EntryName,
  type RecordedEntry,
} from './lead-entries.ts'
export { deleteFeedback, insertFeedback } from './feedback.ts'
export { deleteFilter, listFilters, saveFilter, type SavedFilter } from './saved-filters.ts'
export { listListings, saveListings, type Listing } from './listings.ts'
export {
  appendEntry,
  appendGrades,
  erasePerson,
  findPerson,
  linkIdentities,
  unlinkPerson,
  type TakenGrade,
  type Identity,
  type LinkResult,
} from './persons.ts'
export {
  claimJob,
  countComparisons,
  fileDueJobs,
  findWorkspace,
  finishJob,
  insertDriftJob,
  insertJob,
  listJobs,
  readJob,
  readJobSeconds,
  readJobTask,
  readLearningSize,
  readSegments,
  renewJob,
  takeJob,
  type JobEnd,
  type JobRefusal,
  type JobRequest,
  type LearningJob,
} from './learning-jobs.ts'
export { quarantine, type Quarantined } from './quarantine.ts'
export {
  STALE_EPOCH,
  checkpointPartition,
  loadStates,
  readLinks,
  releasePartitions,
  renewPartitions,
  takePartitions,
  type Lease,
  type Link,
  type StateKey,
  type StoredState,
} from './lead-states.ts'
export {
  beginStateRebuilds,
  nextStates,
  readStateRebuild,
  writeRebuiltStates,
  type PartitionRebuild,
  type StateHead,
  type StateRebuildProgress,
} from './state-rebuilds.ts'
export {
  markSnapshots,
  queueUnscored,
  readDueSnapshots,
  readEconomics,
  readLeadRates,
  readScoringInputs,
  readStaleScores,
  readWorkspacesWithLeads,
  saveLeadScores,
  type DueLead,
  type LeadScoreRecord,
  type ScoringInput,
  type SegmentRate,
  type StoredEconomics,
} from './lead-scores.ts'
export {
  changeAlias,
  insertVersion,
  keepWorkspaceKey,
  listVersions,
  nextVersion,
  readArtefact,
  readLiveModels,
  readModelLog,
  type LiveModel,
  type LogRecord,
  type ModelAlias,
  type VersionRecord,
} from './model-versions.ts'
export {
  findPrediction,
  insertPredictions,
  readJudgedPredictions,
  readLatestVectors,
  readPredictions,
  type JudgedPrediction,
  type LatestVector,
  type PredictionFilter,
  type PredictionReason,
  type PredictionRecord,
  type StoredPrediction,
  type StoredVector,
} from './predictions.ts'
export {
  listLeads,
  listStages,
  readChurnRisks,
  readLeadScore,
  visibleOwners,
  type LeadFilter,
  type LeadPlace,
  type ScoredLead,
  type StoredScore,
} from './lead-list.ts'
export { declareHistory, readDeclaredHistory } from './declared-history.ts'
export {
  countLeads,
  drawLeads,
  readClosings,
  readOutcomeCounts,
  type Closing,
} from './outcome-counts.ts'
export {
  attributeDeclarations,
  declareAttributes,
  importLeads,
  readLabelledLeads,
  type ImportCounts,
  type ImportedLead,
  type LabelledLead,
} from './lead-attributes.ts'
export {
  areStored,
  lastPosition,
  readActiveLinks,
  readEvents,
  type ArchivedEvent,
  type ArchivedLink,
} from './event-archive.ts'
export {
  finishImport,
  insertImport,
  listImports,
  readImport,
  touchImport,
  type ImportRecord,
} from './imports.ts'
export {
  addressesOf,
  findErased,
  findHolders,
  leadsOfContacts,
  nameContacts,
  nextContacts,
  setStages,
  staleContacts,
  nameLeads,
  type Holder,
  type NamedIdentity,
  type OutsideContact,
  type ReachedStage,
  type SharedName,
} from './outside-contacts.ts'
export {
  adoptLocation,
  countAttempt,
  countDeliveries,
  dueWorkspaces,
  forgetOldBodies,
  holdDue,
  insertDelivery,
  isEventAt,
  listLocations,
  readLocation,
  releaseWaiting,
  saveLocation,
  settleDeliveries,
  workspacesOfLocation,
  type Delivery,
  type DeliveryEnd,
} from './ghl-deliveries.ts'
export {
  holdGhlRecords,
  readGhlRecords,
  saveGhlRecords,
  takeBackEvents,
  type GhlRecordKind,
  type KnownRecord,
} from './ghl-records.ts'
export {
  claimEnrichment,
  createEnrichmentHook,
  dueEnrichment,
  findLeadOfPerson,
  listEnrichmentHooks,
  markEnriching,
  markFullEnrichment,
  revokeEnrichmentHook,
  settleEnrichment,
  type EnrichmentCall,
  type EnrichmentEnd,
} from './enrichment.ts'
export { createHook, findHook, listHooks, revokeHook, type GhlHook } from './ghl-hooks.ts'
export {
  listBackfills,
  readBackfill,
  saveBackfill,
  startBackfill,
  stopBackfill,
  touchBackfill,
  type BackfillRecord,
} from './ghl-backfills.ts'
