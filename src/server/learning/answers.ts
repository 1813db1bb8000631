/** Records of learning, which are kept as they were written, as the contract shows them. */
import { Compile } from 'typebox/compile'
import {
  Evaluation,
  Learned,
  RetrainResults,
  TrainingRecord,
  type LiveHealth,
  type ModelVersion,
  type RetrainStatus,
} from '../../contract/index.ts'
import {
  CLOSINGS_MAX,
  type Evaluation as Measured,
  type LiveHealth as Health,
  type Readiness,
} from '../../learning/index.ts'
import type { LearningJob, VersionRecord } from '../../store/index.ts'

const isRecord = Compile(TrainingRecord)
const isResults = Compile(RetrainResults)
const isLearned = Compile(Learned)
const isEvaluation = Compile(Evaluation)

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

/** The same document with its keys in snake_case. */
function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [snake(k), inSnakeCase(v)]))
}

/** Null for a version that was published without such a record. */
export function toTrainingRecord(metrics: unknown): TrainingRecord | null {
  const record = inSnakeCase(metrics)
  return isRecord.Check(record) ? record : null
}

/** @throws Error when it is none: the contract and the code have parted. */
function toEvaluation(measured: Measured): Evaluation {
  const evaluation = inSnakeCase(measured)
  if (!isEvaluation.Check(evaluation)) throw new Error('an evaluation is not as the contract says')
  return evaluation
}

export function toLiveHealth({ openConverted, evaluation, ...counts }: Health): LiveHealth {
  return {
    ...counts,
    open_converted: openConverted,
    evaluation: evaluation && toEvaluation(evaluation),
  }
}

const isoOrNull = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString()

/** What a look found, as it was kept; null when an older version wrote it. */
export function toLearned(results: unknown): Learned | null {
  const { closings, ...rest } = results as Readiness
  const test = {
    ...closings,
    closingsMost: CLOSINGS_MAX,
    from: isoOrNull(closings.from),
    to: isoOrNull(closings.to),
  }
  const learned = inSnakeCase({ ...rest, closings: test })
  return isLearned.Check(learned) ? learned : null
}

export function toVersion(record: VersionRecord): ModelVersion {
  const { model, version, createdAt, createdBy, note, aliases, metrics } = record
  return {
    model,
    version,
    created_at: createdAt.toISOString(),
    created_by: createdBy,
    note,
    aliases: [...aliases],
    training: toTrainingRecord(metrics),
  }
}

export function toRetrainStatus(job: LearningJob): RetrainStatus {
  const results = inSnakeCase(job.results)
  return {
    job_id: job.jobId,
    model: job.model,
    status: job.status,
    progress: job.progress,
    results: isResults.Check(results) ? results : null,
    error: job.error,
    requested_by: job.requestedBy,
    requested_at: job.requestedAt.toISOString(),
    reason: job.reason,
  }
}
