/**
 * Retrainings: asked for, under way, done. All but `claimJob` and `findWorkspace` need a client
 * inside withWorkspace.
 */
import type { Queryable } from './connection.ts'

export type JobStatus = 'waiting' | 'running' | 'done' | 'failed'

export interface LearningJob {
  readonly jobId: string
  readonly model: string
  readonly days: number | null
  readonly status: JobStatus
  /** 0 to 1. */
  readonly progress: number
  readonly results: unknown
  readonly error: string | null
  readonly requestedBy: string
  readonly requestedAt: Date
}

interface JobRow {
  job_id: string
  model: string
  days: number | null
  status: JobStatus
  progress: number
  results: unknown
  error: string | null
  requested_by: string
  requested_at: Date
}

const toJob = (row: JobRow): LearningJob => ({
  jobId: row.job_id,
  model: row.model,
  days: row.days,
  status: row.status,
  progress: row.progress,
  results: row.results,
  error: row.error,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
})

export interface JobRequest {
  readonly model: string
  readonly days: number | null
  readonly requestedBy: string
  /** Holds it at once, for so many seconds; without it the job waits for a worker. */
  readonly heldBy?: { readonly holder: string; readonly seconds: number }
}

/** Files a job; answers its number. */
export async function insertJob(client: Queryable, request: JobRequest): Promise<string> {
  const { model, days, requestedBy, heldBy } = request
  const { rows } = await client.query<{ job_id: string }>(
    `insert into learning_jobs
       (workspace_id, model, days, requested_by, status, holder, lease_until)
     values (current_workspace(), $1, $2, $3,
       case when $4::text is null then 'waiting' else 'running' end, $4,
       case when $4::text is null then '-infinity' else now() + make_interval(secs => $5) end)
     returning job_id`,
    [model, days, requestedBy, heldBy?.holder ?? null, heldBy?.seconds ?? 0],
  )
  return rows[0]!.job_id
}

export async function readJob(client: Queryable, jobId: string): Promise<LearningJob | undefined> {
  const { rows } = await client.query<JobRow>(
    `select * from learning_jobs where workspace_id = current_workspace() and job_id = $1`,
    [jobId],
  )
  return rows[0] && toJob(rows[0])
}

/** The latest first. */
export async function listJobs(client: Queryable, limit: number): Promise<LearningJob[]> {
  const { rows } = await client.query<JobRow>(
    `select * from learning_jobs where workspace_id = current_workspace()
     order by requested_at desc limit $1`,
    [limit],
  )
  return rows.map(toJob)
}

/** Says how far it is and keeps the lease; false when somebody else holds the job. */
export async function renewJob(
  client: Queryable,
  jobId: string,
  holder: string,
  { progress, seconds }: { readonly progress: number; readonly seconds: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update learning_jobs set progress = $3, lease_until = now() + make_interval(secs => $4)
     where workspace_id = current_workspace() and job_id = $1 and holder = $2
       and status = 'running'`,
    [jobId, holder, progress, seconds],
  )
  return rowCount === 1
}

/** Ends a job with what it found, or with why it failed; false when somebody else holds it. */
export async function finishJob(
  client: Queryable,
  jobId: string,
  holder: string,
  end: { readonly results: unknown } | { readonly error: string },
): Promise<boolean> {
  const failed = 'error' in end
  const { rowCount } = await client.query(
    `update learning_jobs set status = $3, results = $4, error = $5, finished_at = now(),
       progress = case when $3 = 'done' then 1 else progress end, lease_until = '-infinity'
     where workspace_id = current_workspace() and job_id = $1 and holder = $2
       and status = 'running'`,
    [
      jobId,
      holder,
      failed ? 'failed' : 'done',
      failed ? null : JSON.stringify(end.results),
      failed ? end.error : null,
    ],
  )
  return rowCount === 1
}

/** Comparisons with a champion that ended in the last 365 days. */
export async function countComparisons(client: Queryable, model: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from learning_jobs
     where workspace_id = current_workspace() and model = $1 and status = 'done'
       and results->'champion' <> 'null'::jsonb
       and finished_at > now() - interval '365 days'`,
    [model],
  )
  return Number(rows[0]!.n)
}

/** The oldest job that nobody holds, now held. */
export async function claimJob(
  client: Queryable,
  holder: string,
  seconds: number,
): Promise<{ workspaceId: number; jobId: string } | undefined> {
  const { rows } = await client.query<{ workspace_id: number; job_id: string }>(
    'select * from claim_learning_job($1, $2)',
    [holder, seconds],
  )
  return rows[0] && { workspaceId: rows[0].workspace_id, jobId: rows[0].job_id }
}

/** The workspace of a slug and its settings; undefined when there is none. */
export async function findWorkspace(
  client: Queryable,
  slug: string,
): Promise<{ workspaceId: number; settings: unknown } | undefined> {
  const { rows } = await client.query<{ workspace_id: number; settings: unknown }>(
    'select * from workspace_named($1)',
    [slug],
  )
  return rows[0] && { workspaceId: rows[0].workspace_id, settings: rows[0].settings }
}

export type JobEnd = Parameters<typeof finishJob>[3]

/** What a claimed job is to do, with the settings of its workspace. */
export async function readJobTask(
  client: Queryable,
  jobId: string,
): Promise<{ model: string; days: number | null; actor: string; settings: unknown } | undefined> {
  const { rows } = await client.query<{
    model: string
    days: number | null
    actor: string
    settings: unknown
  }>(
    `select j.model, j.days, j.requested_by as actor, w.settings
     from learning_jobs j join workspaces w using (workspace_id)
     where j.workspace_id = current_workspace() and j.job_id = $1`,
    [jobId],
  )
  return rows[0]
}

/** Segments of persons; null without one. */
export async function readSegments(
  client: Queryable,
  personIds: readonly number[],
): Promise<Map<number, string | null>> {
  const { rows } = await client.query<{ person_id: string; segment: string | null }>(
    `select person_id, segment from persons
     where workspace_id = current_workspace() and person_id = any($1)`,
    [personIds],
  )
  return new Map(rows.map(({ person_id, segment }) => [Number(person_id), segment]))
}
