/** Webhooks of GoHighLevel: signed by applications, or on a secret address for workflows. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import {
  GhlHookAnswer,
  GhlHookBody,
  GhlHookParams,
  GhlHooksAnswer,
  GhlWebhookAnswer,
  GhlWebhookBody,
  NumberParams,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { isSigned, webhookKeys } from '../../integrations/index.ts'
import {
  appendAudit,
  createHook,
  findHook,
  listHooks,
  revokeHook,
  type GhlHook,
} from '../../store/index.ts'
import { createLimiter } from '../auth/limiter.ts'
import { hashSecret } from '../auth/tokens.ts'
import { createReceiver } from '../ghl/receive.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { refuseSimulated } from '../simulated.ts'
import { ADMIN } from './keys.ts'

const tags = ['gohighlevel']
export const WEBHOOK_PATH = '/api/ghl/webhook'
const BODY_BYTES_MAX = 1024 * 1024
/** Wrong secrets and signatures that one address may send a minute before it is told to wait. */
const WRONG = { attempts: 120, windowMs: 60_000 }
const SECRET = /^[\w-]{43}$/

const toBody = (hook: GhlHook) => ({
  hook_id: hook.hookId,
  name: hook.name,
  hint: hook.hint,
  created_at: hook.createdAt.toISOString(),
  revoked_at: hook.revokedAt?.toISOString() ?? null,
})

type Keys = ReturnType<typeof webhookKeys>

function receiveRoutes(app: FastifyInstance, services: Services, keys: Keys): void {
  const { clock, database, refusals } = services
  const receiver = createReceiver(services)
  const wrong = createLimiter(clock, WRONG)
  const refuse = (ip: string, error: AppError): AppError => {
    refusals.note(error.message)
    const isFlood = wrong.take(ip) > 0
    return isFlood ? new AppError('rate-limited', 'too many wrong webhooks from here') : error
  }
  const schema = {
    tags,
    body: GhlWebhookBody,
    response: { 200: GhlWebhookAnswer },
  }
  const rest = {
    bodyLimit: BODY_BYTES_MAX,
    config: { access: 'public' as const },
    validatorCompiler: () => () => true,
  }
  app.post<{ Body: Buffer | null }>(
    WEBHOOK_PATH,
    {
      ...rest,
      schema: {
        ...schema,
        summary: 'A webhook of an application of GoHighLevel',
        description:
          'Signed with Ed25519 over the bytes of the body (X-GHL-Signature). 200 means durable; ' +
          'the same webhookId again changes nothing.',
      },
    },
    async ({ headers, body, ip }, reply) => {
      const signature = headers['x-ghl-signature']
      const bytes = body ?? Buffer.alloc(0)
      if (typeof signature !== 'string' || signature === 'N/A')
        throw refuse(ip, new AppError('webhook-not-verified', 'X-GHL-Signature is missing'))
      if (!isSigned(bytes, signature, keys))
        throw refuse(
          ip,
          new AppError('webhook-not-verified', 'X-GHL-Signature does not fit the body'),
        )
      return receiver.signed(bytes, reply)
    },
  )
  app.post<{ Body: Buffer | null; Params: GhlHookParams }>(
    `${WEBHOOK_PATH}/:secret`,
    {
      ...rest,
      schema: {
        ...schema,
        summary: 'A webhook of a workflow of GoHighLevel, on a secret address',
        description: 'Not signed: the address is the secret. The same body within an hour is one.',
        params: GhlHookParams,
      },
    },
    async ({ params: { secret }, body, ip }, reply) => {
      const hook = SECRET.test(secret)
        ? await findHook(database.app, hashSecret(secret))
        : undefined
      if (hook === undefined)
        throw refuse(ip, new AppError('not-found', 'there is no such address, or it was revoked'))
      return receiver.secret(hook, body ?? Buffer.alloc(0), reply)
    },
  )
}

function hookRoutes(app: FastifyInstance, { database }: Services): void {
  const access = { config: { access: ADMIN } }
  app.get(
    '/v1/ghl/hooks',
    {
      schema: {
        tags,
        summary: 'Secret addresses, newest first',
        response: { 200: GhlHooksAnswer },
      },
      ...access,
    },
    async ({ principal }) => {
      const hooks = await database.withWorkspace(principal.workspaceId, listHooks)
      return { items: hooks.map(toBody), next_cursor: null }
    },
  )
  app.post<{ Body: GhlHookBody }>(
    '/v1/ghl/hooks',
    {
      schema: {
        tags,
        summary: 'Make a secret address for workflows',
        body: GhlHookBody,
        response: { 201: GhlHookAnswer },
      },
      ...access,
    },
    async ({ principal, body }, reply) => {
      const { workspaceId } = principal
      await refuseSimulated(database, workspaceId)
      const secret = randomBytes(32).toString('base64url')
      const hint = `${secret.slice(0, 4)}…${secret.slice(-4)}`
      const made = await database.withWorkspace(workspaceId, async (client) => {
        const fields = { name: body.name, hint, hash: hashSecret(secret) }
        const hook = await createHook(client, fields)
        const subject = `ghl-hook:${hook.hookId}`
        const actor = actorOf(principal)
        await appendAudit(client, workspaceId, { actor, action: 'ghl_hook.created', subject })
        return hook
      })
      return reply.code(201).send({ ...toBody(made), path: `${WEBHOOK_PATH}/${secret}` })
    },
  )
  app.delete<{ Params: NumberParams }>(
    '/v1/ghl/hooks/:id',
    {
      schema: { tags, summary: 'Revoke a secret address; effective at once', params: NumberParams },
      ...access,
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      await database.withWorkspace(workspaceId, async (client) => {
        if (!(await revokeHook(client, params.id))) throw new AppError('not-found')
        const subject = `ghl-hook:${params.id}`
        const actor = actorOf(principal)
        await appendAudit(client, workspaceId, { actor, action: 'ghl_hook.revoked', subject })
      })
      return reply.code(204).send()
    },
  )
}

export function ghlWebhookRoutes(app: FastifyInstance, services: Services): void {
  const keys = webhookKeys(services.config.GHL_WEBHOOK_PUBLIC_KEY)
  // In a scope of its own: only here are bodies taken as the bytes that were sent.
  void app.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    receiveRoutes(scope, services, keys)
    ready()
  })
  hookRoutes(app, services)
}
