/** Invitations: a one-time link that an administrator hands over, until the product sends mail. */
import type { FastifyInstance } from 'fastify'
import {
  InvitationAnswer,
  InvitationBody,
  InvitationsAnswer,
  NumberParams,
  PageQuery,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  appendAudit,
  createLink,
  listInvitations,
  listMembers,
  revokeInvitation,
  type StoredLink,
} from '../../store/index.ts'
import { inventLink } from '../auth/tokens.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { numberCursor, toCursor } from './page.ts'

const INVITATION_DAYS = 7
const tags = ['people']

const toInvitation = (link: StoredLink) => ({
  invitation_id: link.linkId,
  email: link.email,
  role: link.role,
  team: link.team,
  created_at: link.createdAt.toISOString(),
  expires_at: link.expiresAt.toISOString(),
})

function inviteRoute(app: FastifyInstance, { database }: Services): void {
  app.post<{ Body: InvitationBody }>(
    '/v1/invitations',
    {
      schema: {
        tags,
        summary: 'Invite somebody; the answer holds the one-time link to hand over',
        body: InvitationBody,
        response: { 201: InvitationAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, body }, reply) => {
      const { workspaceId } = principal
      const { role, team = '' } = body
      const email = body.email.toLowerCase()
      const createdBy = actorOf(principal)
      const { path, hash } = inventLink('invitation')
      const made = await database.withWorkspace(workspaceId, async (client) => {
        const present = (await listMembers(client)).find((member) => member.email === email)
        if (present !== undefined)
          throw new AppError(
            'conflict',
            present.disabledAt === null
              ? 'they are a member of this workspace already'
              : 'they are a member who was disabled: enable them instead',
          )
        const fields = { hash, email, userId: null, role, team, createdBy }
        const link = await createLink(client, {
          kind: 'invitation',
          days: INVITATION_DAYS,
          ...fields,
        })
        await appendAudit(client, workspaceId, {
          actor: createdBy,
          action: 'invitation.created',
          subject: `invitation:${link.linkId}`,
          details: { role, team },
        })
        return link
      })
      return reply.code(201).send({ ...toInvitation(made), path })
    },
  )
}

function openInvitationRoutes(app: FastifyInstance, { database }: Services): void {
  app.get<{ Querystring: PageQuery }>(
    '/v1/invitations',
    {
      schema: {
        tags,
        summary: 'Invitations that were not used or revoked, newest first',
        querystring: PageQuery,
        response: { 200: InvitationsAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, query }): Promise<InvitationsAnswer> => {
      const { limit = 50 } = query
      const before = numberCursor(query.cursor, 1)?.[0]
      const found = await database.withWorkspace(principal.workspaceId, (client) =>
        listInvitations(client, before, limit + 1),
      )
      const page = found.slice(0, limit)
      return {
        items: page.map(toInvitation),
        next_cursor: found.length > limit ? toCursor([page.at(-1).linkId]) : null,
      }
    },
  )
  app.delete<{ Params: NumberParams }>(
    '/v1/invitations/:id',
    {
      schema: { tags, summary: 'Revoke an invitation, at once', params: NumberParams },
      config: { access: ADMIN },
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      await database.withWorkspace(workspaceId, async (client) => {
        if (!(await revokeInvitation(client, params.id))) throw new AppError('not-found')
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'invitation.revoked',
          subject: `invitation:${params.id}`,
        })
      })
      return reply.code(204).send()
    },
  )
}

export function invitationRoutes(app: FastifyInstance, services: Services): void {
  inviteRoute(app, services)
  openInvitationRoutes(app, services)
}
