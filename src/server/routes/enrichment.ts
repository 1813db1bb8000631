/** Enrichment hooks: registered, listed with how they do, revoked. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import {
  EnrichmentHookAnswer,
  EnrichmentHookBody,
  EnrichmentHooksAnswer,
  NumberParams,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { hookContext, refusalOfUrl } from '../../integrations/index.ts'
import { seal } from '../../platform/index.ts'
import {
  appendAudit,
  createEnrichmentHook,
  listEnrichmentHooks,
  revokeEnrichmentHook,
} from '../../store/index.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'

const tags = ['integrations']
const access = { config: { access: ADMIN } }

function listRoute(app: FastifyInstance, { database }: Services): void {
  app.get(
    '/v1/enrichment-hooks',
    {
      schema: {
        tags,
        summary: 'Enrichment hooks and how they do, newest first',
        response: { 200: EnrichmentHooksAnswer },
      },
      ...access,
    },
    async ({ principal }) => {
      const hooks = await database.withWorkspace(principal.workspaceId, listEnrichmentHooks)
      return {
        items: hooks.map((hook) => ({
          hook_id: hook.hookId,
          name: hook.name,
          url: hook.url,
          created_at: hook.createdAt.toISOString(),
          revoked_at: hook.revokedAt?.toISOString() ?? null,
          waiting: hook.waiting,
          is_full: hook.isFull,
          answered: hook.answered,
          failed: hook.failed,
          last_answered_at: hook.lastAnsweredAt?.toISOString() ?? null,
          last_failed_at: hook.lastFailedAt?.toISOString() ?? null,
          last_failure: hook.lastFailure,
        })),
        next_cursor: null,
      }
    },
  )
}

export function enrichmentRoutes(app: FastifyInstance, services: Services): void {
  const { database, config, registry } = services
  listRoute(app, services)
  app.post<{ Body: EnrichmentHookBody }>(
    '/v1/enrichment-hooks',
    {
      schema: {
        tags,
        summary: 'Register an address that is asked about new and changed leads',
        description: 'See docs/concepts/enrichment.md for what is sent, signed and answered.',
        body: EnrichmentHookBody,
        response: { 201: EnrichmentHookAnswer },
      },
      ...access,
    },
    async ({ principal, body: { name, url } }, reply) => {
      const refusal = refusalOfUrl(url, config.ENRICHMENT_PRIVATE_ADDRESSES)
      if (refusal !== null)
        throw new AppError('invalid-request', `the address ${refusal}`, [
          { path: '/url', message: refusal },
        ])
      const { workspaceId } = principal
      const secret = randomBytes(32)
      const sealed = seal(registry.masterKey, secret, hookContext(workspaceId))
      const hookId = await database.withWorkspace(workspaceId, async (client) => {
        const id = await createEnrichmentHook(client, { name, url, secret: sealed })
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'enrichment_hook.created',
          subject: `enrichment-hook:${id}`,
          details: { url },
        })
        return id
      })
      return reply.code(201).send({ hook_id: hookId, secret: secret.toString('base64url') })
    },
  )
  app.delete<{ Params: NumberParams }>(
    '/v1/enrichment-hooks/:id',
    {
      schema: { tags, summary: 'Revoke a hook; what waits is not asked', params: NumberParams },
      ...access,
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      await database.withWorkspace(workspaceId, async (client) => {
        if (!(await revokeEnrichmentHook(client, params.id))) throw new AppError('not-found')
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'enrichment_hook.revoked',
          subject: `enrichment-hook:${params.id}`,
        })
      })
      return reply.code(204).send()
    },
  )
}
