/** What is there to learn from, what can be learned of it, and the test of the last closings. */
import type { FastifyInstance } from 'fastify'
import { LookAccepted, ReadinessAnswer } from '../../contract/index.ts'
import { EVENT_TYPES } from '../../core/index.ts'
import { READINESS } from '../../learning/index.ts'
import { leadScoring, versionsOf } from '../../models/index.ts'
import { insertJob, listJobs, readOutcomeCounts } from '../../store/index.ts'
import { toLearned } from '../learning/answers.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'

const tags = ['models']
/** Looks that are searched for one that ended well. */
const LOOKS = 10

export function readinessRoutes(app: FastifyInstance, { database, registry }: Services): void {
  app.get(
    '/v1/learning/readiness',
    {
      schema: {
        tags,
        summary: 'Outcomes by kind, what can be learned from them, and the last-closings test',
        response: { 200: ReadinessAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal: { workspaceId } }) => {
      const { counts, jobs } = await database.withWorkspace(workspaceId, async (client) => ({
        counts: await readOutcomeCounts(client),
        jobs: await listJobs(client, LOOKS, READINESS),
      }))
      const versions = await versionsOf(registry, workspaceId, leadScoring.name)
      const live = versions.find(({ aliases }) => aliases.includes('champion'))
      const [latest] = jobs
      const done = jobs.find(({ status }) => status === 'done')
      return {
        leads: counts.leads,
        outcomes: counts.dated.map(({ type, leads, first, last }) => ({
          type,
          label: EVENT_TYPES[type].label,
          leads,
          from: first.toISOString(),
          to: last.toISOString(),
        })),
        undated: {
          converted: counts.undated.converted,
          not_converted: counts.undated.notConverted,
        },
        model_version: live?.version ?? null,
        job: {
          status: latest?.status ?? ('none' as const),
          progress: latest?.progress ?? 0,
          error: latest?.error ?? null,
        },
        computed_at: done?.requestedAt.toISOString() ?? null,
        learned: done === undefined ? null : toLearned(done.results),
      }
    },
  )
  app.post(
    '/v1/learning/readiness',
    {
      schema: {
        tags,
        summary: 'Look again at what can be learned; in the background, some seconds to minutes',
        response: { 202: LookAccepted },
      },
      config: { access: ADMIN },
    },
    async ({ principal }, reply) => {
      const request = { model: READINESS, days: null, requestedBy: actorOf(principal) }
      const filed = await database.withWorkspace(principal.workspaceId, (client) =>
        insertJob(client, request),
      )
      // A look under way is as good.
      const job_id = typeof filed === 'string' ? filed : filed.open.jobId
      return reply.status(202).send({ job_id })
    },
  )
}
