/** Models: what is live, how it does, retraining and rolling back. */
import type { FastifyInstance } from 'fastify'
import {
  JobParams,
  ModelHealth,
  ModelLogAnswer,
  ModelParams,
  RetrainAccepted,
  RetrainBody,
  RetrainingsAnswer,
  RetrainStatus,
  RollbackAnswer,
  RollbackBody,
  VersionsAnswer,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { estimateSeconds, liveHealth, TRAINABLE } from '../../learning/index.ts'
import { loadChampion, setAlias, versionLog, versionsOf } from '../../models/index.ts'
import { appendAudit, insertJob, listJobs, readJob } from '../../store/index.ts'
import { toLiveHealth, toRetrainStatus, toTrainingRecord, toVersion } from '../learning/answers.ts'
import { specNamed } from '../learning/spec-named.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { MAY_READ } from './leads.ts'

const tags = ['models']
/** Retrainings and changes of what is live that are listed, newest first. */
const LISTED = 50
const MINUTE_SECONDS = 60

function retrainRoutes(app: FastifyInstance, { database }: Services): void {
  app.post<{ Body: RetrainBody }>(
    '/v1/ml/trigger-retrain',
    {
      schema: {
        tags,
        summary: 'Retrain a model and let it stand against the champion',
        body: RetrainBody,
        response: { 202: RetrainAccepted },
      },
      config: { access: ADMIN },
    },
    async ({ principal, body }, reply) => {
      const { workspaceId } = principal
      const { name: model } = specNamed(body.model ?? 'lead_scoring')
      const actor = actorOf(principal)
      const { jobId, seconds } = await database.withWorkspace(workspaceId, async (client) => {
        const id = await insertJob(client, { model, days: body.days ?? null, requestedBy: actor })
        if (typeof id !== 'string')
          throw new AppError(
            'conflict',
            `${model} is being retrained already: job ${id.open.jobId} (${id.open.status})`,
          )
        const subject = `model:${model}`
        await appendAudit(client, workspaceId, {
          actor,
          action: 'model.retrain',
          subject,
          details: { job_id: id },
        })
        return { jobId: id, seconds: await estimateSeconds(client, model) }
      })
      return reply.status(202).send({
        job_id: jobId,
        status: 'waiting',
        estimated_duration_minutes: Math.max(1, Math.ceil(seconds / MINUTE_SECONDS)),
      })
    },
  )
  app.get<{ Params: JobParams }>(
    '/v1/ml/retrain-status/:job_id',
    {
      schema: {
        tags,
        summary: 'How far a retraining is and what it found',
        params: JobParams,
        response: { 200: RetrainStatus },
      },
      config: { access: ADMIN },
    },
    async ({ principal, params }) => {
      const job = await database.withWorkspace(principal.workspaceId, (client) =>
        readJob(client, params.job_id),
      )
      if (job === undefined) throw new AppError('not-found', `there is no job ${params.job_id}`)
      return toRetrainStatus(job)
    },
  )
}

function listRoutes(app: FastifyInstance, { database, registry }: Services): void {
  app.get(
    '/v1/ml/retrainings',
    {
      schema: {
        tags,
        summary: 'Retrainings under way and done, the latest first',
        response: { 200: RetrainingsAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal }) => {
      const jobs = await database.withWorkspace(principal.workspaceId, (client) =>
        Promise.all(TRAINABLE.map(({ name }) => listJobs(client, LISTED, name))),
      )
      return { items: jobs.flat().map(toRetrainStatus) }
    },
  )
  app.get<{ Params: ModelParams }>(
    '/v1/ml/models/:name/log',
    {
      schema: {
        tags,
        summary: 'Which version was live from when, the latest first',
        params: ModelParams,
        response: { 200: ModelLogAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const { name } = specNamed(params.name)
      const moves = await versionLog(registry, principal.workspaceId, name, LISTED)
      return {
        items: moves.map(({ alias, version, at, actor, reason }) => ({
          alias,
          version,
          at: at.toISOString(),
          actor,
          reason,
        })),
      }
    },
  )
}

function readRoutes(app: FastifyInstance, { database, registry, clock }: Services): void {
  app.get(
    '/v1/ml/models',
    {
      schema: {
        tags,
        summary: 'Versions that stand under an alias',
        response: { 200: VersionsAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal }) => {
      const all = await versionsOf(registry, principal.workspaceId)
      return { items: all.filter(({ aliases }) => aliases.length > 0).map(toVersion) }
    },
  )
  app.get<{ Params: ModelParams }>(
    '/v1/ml/models/:name/versions',
    {
      schema: {
        tags,
        summary: 'All versions of a model, newest first',
        params: ModelParams,
        response: { 200: VersionsAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const { name } = specNamed(params.name)
      return { items: (await versionsOf(registry, principal.workspaceId, name)).map(toVersion) }
    },
  )
  app.get<{ Params: ModelParams }>(
    '/v1/ml/models/:name/health',
    {
      schema: {
        tags,
        summary: 'How the champion did when trained, and how its shown predictions came out',
        params: ModelParams,
        response: { 200: ModelHealth },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const { workspaceId } = principal
      const { name } = specNamed(params.name)
      const champion = await loadChampion(registry, workspaceId, name)
      if (champion === undefined) {
        const live = { predictions: 0, open: 0, open_converted: 0, settled: 0, evaluation: null }
        return { model: name, version: null, held_out: null, live }
      }
      const { version, model } = champion
      const { horizonDays } = model.spec
      const query = { model: name, version, horizonDays }
      const live = await liveHealth(database, workspaceId, query, clock.now())
      const known = await versionsOf(registry, workspaceId, name)
      const metrics = known.find((v) => v.version === version)?.metrics
      return {
        model: name,
        version,
        held_out: toTrainingRecord(metrics),
        live: toLiveHealth(live),
      }
    },
  )
}

function rollbackRoute(app: FastifyInstance, { database, registry }: Services): void {
  app.post<{ Params: ModelParams; Body: RollbackBody }>(
    '/v1/ml/models/:name/rollback',
    {
      schema: {
        tags,
        summary: 'Make an earlier version live again; by default the one before',
        params: ModelParams,
        body: RollbackBody,
        response: { 200: RollbackAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      const { name } = specNamed(params.name)
      const moves = await versionLog(registry, workspaceId, name)
      const lived = moves.filter(({ alias }) => alias === 'champion').map((move) => move.version)
      const version = body.version ?? lived.find((v) => v !== null && v !== lived[0]) ?? null
      if (version === null)
        throw new AppError('not-found', `no other version of ${name} was live: name one`)
      const actor = actorOf(principal)
      await setAlias(registry, workspaceId, {
        name,
        alias: 'champion',
        version,
        actor,
        reason: 'rolled back',
      })
      await database.withWorkspace(workspaceId, (client) =>
        appendAudit(client, workspaceId, {
          actor,
          action: 'model.rollback',
          subject: `model:${name}`,
          details: { version },
        }),
      )
      return { model: name, version }
    },
  )
}

export function learningRoutes(app: FastifyInstance, services: Services): void {
  retrainRoutes(app, services)
  listRoutes(app, services)
  readRoutes(app, services)
  rollbackRoute(app, services)
}
