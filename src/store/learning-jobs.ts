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
  /** Why it was filed, in words; null: somebody asked, or it was due. */
  readonly reason: string | null
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
  reason: string | null
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
  reason: row.reason,
})

export interface JobRequest {
  readonly model: string
  readonly days: number | null
  readonly requestedBy: string
}

/** Somebody else's job for the same model is open. */
export interface JobRefusal {
  readonly open: LearningJob
}

async function openJobOf(client: Queryable, model: string): Promise<LearningJob | undefined> {
  const { rows } = await client.query<JobRow>(
    `select * from learning_jobs where workspace_id = current_workspace() and model = $1
       and status in ('waiting', 'running')`,
    [model],
  )
  return rows[0] && toJob(rows[0])
}

/** The id that `insert` answers, or the open job that kept it from being inserted. */
async function fileJob(
  client: Queryable,
  model: string,
  insert: () => Promise<string | undefined>,
): Promise<string | JobRefusal> {
  for (;;) {
    const jobId = await insert()
    if (jobId !== undefined) return jobId
    const open = await openJobOf(client, model)
    // None: it ended between the two looks.
    if (open !== undefined) return { open }
  }
}

/** Files a job for a worker; answers its number, or the job of that model that is open already. */
export function insertJob(
  client: Queryable,
  { model, days, requestedBy }: JobRequest,
): Promise<string | JobRefusal> {
  return fileJob(client, model, async () => {
    const { rows } = await client.query<{ job_id: string }>(
      `insert into learning_jobs (workspace_id, model, days, requested_by)
       values (current_workspace(), $1, $2, $3)
       on conflict (workspace_id, model) where status in ('waiting', 'running') do nothing
       returning job_id`,
      [model, days, requestedBy],
    )
    return rows[0]?.job_id
  })
}

/**
 * Files a job and holds it at once. A job that waits, or whose holder is gone, is taken over as
 * this request; one that is held stays and is answered.
 */
export function takeJob(
  client: Queryable,
  { model, days, requestedBy }: JobRequest,
  { holder, seconds }: { readonly holder: string; readonly seconds: number },
): Promise<string | JobRefusal> {
  return fileJob(client, model, async () => {
    const { rows } = await client.query<{ job_id: string }>(
      `insert into learning_jobs as j (workspace_id, model, days, requested_by, status, holder,
         attempts, started_at, lease_until)
       values (current_workspace(), $1, $2, $3, 'running', $4, 1, now(),
         now() + make_interval(secs => $5))
       on conflict (workspace_id, model) where status in ('waiting', 'running') do update
         set days = excluded.days, requested_by = excluded.requested_by, status = 'running',
           holder = excluded.holder, attempts = 1, progress = 0, started_at = now(),
           lease_until = excluded.lease_until
         where j.lease_until < now()
       returning job_id`,
      [model, days, requestedBy, holder, seconds],
    )
    return rows[0]?.job_id
  })
}

/** Files the retrainings of a moment of the schedule, in all workspaces; how many were new. */
export async function fileDueJobs(
  client: Queryable,
  models: readonly string[],
  due: number,
): Promise<number> {
  const { rows } = await client.query<{ filed: number }>(
    'select file_due_retrainings($1, to_timestamp($2 / 1000.0)) as filed',
    [models, due],
  )
  return rows[0]!.filed
}

export interface DriftJobRequest {
  readonly model: string
  /** The champion that drifted. */
  readonly version: number
  /** In words. */
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Files the retraining that a champion's drift asks for; undefined when one is open, when another
 * was filed for this champion within a day, or when one that saw it drifted ended within a day.
 */
export async function insertDriftJob(
  client: Queryable,
  { model, version, reason, now }: DriftJobRequest,
): Promise<string | undefined> {
  const { rows } = await client.query<{ job_id: string }>(
    `insert into learning_jobs
       (workspace_id, model, requested_by, requested_at, reason, for_version)
     select current_workspace(), $1, 'drift', to_timestamp($4 / 1000.0), $3, $2
     where not exists (select from learning_jobs j
       where j.workspace_id = current_workspace() and j.model = $1
         and j.requested_at > to_timestamp($4 / 1000.0) - interval '1 day'
         and (j.for_version = $2 or (j.status = 'done'
           and j.results->'championVersion' = to_jsonb($2::int)
           and jsonb_array_length(j.results->'championDrift') > 0)))
     on conflict (workspace_id, model) where status in ('waiting', 'running') do nothing
     returning job_id`,
    [model, version, reason, now],
  )
  return rows[0]?.job_id
}

/** Past runs from which a duration is told. */
const RUNS_TOLD = 5

/** Middle duration of the last runs of a model that ended well, seconds; null without any. */
export async function readJobSeconds(client: Queryable, model: string): Promise<number | null> {
  const { rows } = await client.query<{ seconds: number | null }>(
    `select percentile_cont(0.5) within group (order by seconds) as seconds from (
       select extract(epoch from finished_at - started_at)::float8 as seconds from learning_jobs
       where workspace_id = current_workspace() and model = $1 and status = 'done'
         and started_at is not null
       order by finished_at desc limit $2) runs`,
    [model, RUNS_TOLD],
  )
  return rows[0]!.seconds
}

/** Leads of the workspace and entries of their log: what a first training will read. */
export async function readLearningSize(
  client: Queryable,
): Promise<{ readonly leads: number; readonly entries: number }> {
  const { rows } = await client.query<{ leads: string; entries: string }>(
    `select (select count(*) from persons
         where workspace_id = current_workspace() and lead_id is not null) as leads,
       (select count(*) from event_log where workspace_id = current_workspace()) as entries`,
  )
  return { leads: Number(rows[0]!.leads), entries: Number(rows[0]!.entries) }
}

export async function readJob(client: Queryable, jobId: string): Promise<LearningJob | undefined> {
  const { rows } = await client.query<JobRow>(
    `select * from learning_jobs where workspace_id = current_workspace() and job_id = $1`,
    [jobId],
  )
  return rows[0] && toJob(rows[0])
}

/** Those of one model (or of another task of the learning thread), the latest first. */
export async function listJobs(
  client: Queryable,
  limit: number,
  model: string,
): Promise<LearningJob[]> {
  const { rows } = await client.query<JobRow>(
    `select * from learning_jobs where workspace_id = current_workspace() and model = $2
     order by requested_at desc limit $1`,
    [limit, model],
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
