/** API keys: made and revoked by administrators; shown once. */
import type { FastifyInstance } from 'fastify'
import { KeyAnswer, KeyBody, KeysAnswer, NumberParams } from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  announce,
  appendAudit,
  createKey,
  listKeys,
  revokeKey,
  type ApiKey,
} from '../../store/index.ts'
import { hashSecret, inventKey } from '../auth/tokens.ts'
import { actorOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'

export const ADMIN: Access = { role: 'admin', scope: 'admin' }
const tags = ['keys']

const toBody = (key: ApiKey) => ({
  key_id: key.keyId,
  kind: key.kind,
  name: key.name,
  hint: key.hint,
  scopes: [...key.scopes],
  origins: [...key.origins],
  created_at: key.createdAt.toISOString(),
  revoked_at: key.revokedAt?.toISOString() ?? null,
})

/** @throws AppError `invalid-request`: a secret key needs scopes, a publishable one origins. */
function checkKind({ kind, scopes = [], origins = [] }: KeyBody): void {
  const [path, message] =
    kind === 'secret'
      ? scopes.length === 0 || origins.length > 0
        ? ['/scopes', 'a secret key needs scopes and no origins']
        : []
      : origins.length === 0 || scopes.length > 0
        ? ['/origins', 'a publishable key needs origins and no scopes']
        : []
  if (path !== undefined && message !== undefined)
    throw new AppError('invalid-request', message, [{ path, message }])
}

export function keyRoutes(app: FastifyInstance, services: Services): void {
  const { database, accessChanges } = services
  app.get(
    '/v1/keys',
    {
      schema: { tags, summary: 'API keys, newest first', response: { 200: KeysAnswer } },
      config: { access: ADMIN },
    },
    async ({ principal }) => {
      const keys = await database.withWorkspace(principal.workspaceId, listKeys)
      return { items: keys.map(toBody), next_cursor: null }
    },
  )
  app.post<{ Body: KeyBody }>(
    '/v1/keys',
    {
      schema: { tags, summary: 'Make an API key', body: KeyBody, response: { 201: KeyAnswer } },
      config: { access: ADMIN },
    },
    async (request, reply) => {
      const { principal, body } = request
      checkKind(body)
      const { kind, name, scopes = [] } = body
      const origins = (body.origins ?? []).map((origin) => origin.toLowerCase())
      const { key, hint } = inventKey(kind)
      const createdBy = principal.kind === 'user' ? principal.userId : null
      const { workspaceId } = principal
      const made = await database.withWorkspace(workspaceId, async (client) => {
        const fields = { kind, name, hint, scopes, origins, createdBy, hash: hashSecret(key) }
        const stored = await createKey(client, fields)
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'key.created',
          subject: `key:${stored.keyId}`,
          details: { kind, scopes, origins },
        })
        return stored
      })
      return reply.code(201).send({ ...toBody(made), key })
    },
  )
  app.delete<{ Params: NumberParams }>(
    '/v1/keys/:id',
    {
      schema: { tags, summary: 'Revoke an API key, at once', params: NumberParams },
      config: { access: ADMIN },
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      await database.withWorkspace(workspaceId, async (client) => {
        if (!(await revokeKey(client, params.id))) throw new AppError('not-found')
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'key.revoked',
          subject: `key:${params.id}`,
        })
        await announce(client, 'access')
      })
      accessChanges.tell()
      return reply.code(204).send()
    },
  )
}
