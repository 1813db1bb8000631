/** The people of a workspace, the workspaces themselves, and the audit log. */
import type { FastifyInstance } from 'fastify'
import {
  AuditAnswer,
  AuditVerification,
  NumberParams,
  PageQuery,
  UserAnswer,
  UserBody,
  UserChangeBody,
  UsersAnswer,
  WorkspaceAnswer,
  WorkspaceBody,
  WorkspacesAnswer,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  addMember,
  appendAudit,
  changeMember,
  createWorkspace,
  listMembers,
  listWorkspaces,
  readAudit,
  transaction,
  verifyAudit,
  type Member,
  type WorkspaceOfUser,
} from '../../store/index.ts'
import { hashPassword, inventPassword } from '../auth/passwords.ts'
import { actorOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { numberCursor, toCursor } from './page.ts'
import { userOf } from './session.ts'

const EVERYONE: Access = { role: 'agent', scope: 'leads:read' }
const tags = ['people']

const toUser = (member: Member) => ({
  user_id: member.userId,
  email: member.email,
  name: member.name,
  role: member.role,
  team: member.team,
  disabled_at: member.disabledAt?.toISOString() ?? null,
})

function addUserRoute(app: FastifyInstance, { database }: Services): void {
  app.post<{ Body: UserBody }>(
    '/v1/users',
    {
      schema: { tags, summary: 'Add a person', body: UserBody, response: { 201: UserAnswer } },
      config: { access: ADMIN },
    },
    async ({ principal, body }, reply) => {
      const { workspaceId } = principal
      const { email, name, role, team = '' } = body
      const password = body.password ?? inventPassword()
      const passwordHash = await hashPassword(password)
      const answer = await database.withWorkspace(workspaceId, async (client) => {
        const fields = { email, name, role, team, passwordHash }
        const { userId, created, joined } = await addMember(client, workspaceId, fields)
        if (!joined) throw new AppError('conflict', 'they are a member of this workspace already')
        const actor = actorOf(principal)
        const details = { role, team }
        const fact = { actor, action: 'user.added', subject: `user:${userId}`, details }
        await appendAudit(client, workspaceId, fact)
        const [member] = await listMembers(client, userId)
        // Somebody with an account elsewhere keeps their password: it is not ours to set.
        const isShown = created && body.password === undefined
        return { ...toUser(member!), ...(isShown ? { password } : {}) }
      })
      return reply.code(201).send(answer)
    },
  )
}

function userRoutes(app: FastifyInstance, { database }: Services): void {
  app.get(
    '/v1/users',
    {
      schema: { tags, summary: 'The people of the workspace', response: { 200: UsersAnswer } },
      config: { access: EVERYONE },
    },
    async ({ principal }) => {
      const members = await database.withWorkspace(principal.workspaceId, (client) =>
        listMembers(client),
      )
      return { items: members.map(toUser), next_cursor: null }
    },
  )
  app.patch<{ Params: NumberParams; Body: UserChangeBody }>(
    '/v1/users/:id',
    {
      schema: {
        tags,
        summary: 'Change role or team, disable or enable; effective within 5 s',
        params: NumberParams,
        body: UserChangeBody,
        response: { 200: UserAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      return database.withWorkspace(workspaceId, async (client) => {
        const admins = await changeMember(client, params.id, body)
        if (admins === undefined) throw new AppError('not-found')
        if (admins === 0)
          throw new AppError('conflict', 'a workspace needs an administrator: name another first')
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'user.changed',
          subject: `user:${params.id}`,
          details: body,
        })
        const [member] = await listMembers(client, params.id)
        return toUser(member!)
      })
    },
  )
}

const toWorkspace = (workspace: WorkspaceOfUser) => ({
  workspace_id: workspace.workspaceId,
  slug: workspace.slug,
  name: workspace.name,
  simulated: workspace.simulated,
  time_zone: workspace.timeZone,
  role: workspace.role,
})

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

function workspaceRoutes(app: FastifyInstance, { database }: Services): void {
  app.get(
    '/v1/workspaces',
    {
      schema: { tags, summary: 'Your workspaces', response: { 200: WorkspacesAnswer } },
      config: { access: EVERYONE },
    },
    async ({ principal }) => {
      const mine = await listWorkspaces(database.app, userOf(principal).userId)
      return { items: mine.map(toWorkspace), next_cursor: null }
    },
  )
  app.post<{ Body: WorkspaceBody }>(
    '/v1/workspaces',
    {
      schema: {
        tags,
        summary: 'Make a workspace; you administer it',
        body: WorkspaceBody,
        response: { 201: WorkspaceAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, body }, reply) => {
      const { userId } = userOf(principal)
      const { slug, name, time_zone: timeZone = 'America/New_York' } = body
      if (!isTimeZone(timeZone))
        throw new AppError('invalid-request', `"${timeZone}" is no time zone`, [
          { path: '/time_zone', message: 'must be an IANA name, e.g. America/Chicago' },
        ])
      const made = await transaction(database.app, async (client) => {
        const id = await createWorkspace(client, { slug, name, timeZone }, userId)
        if (id === undefined) throw new AppError('conflict', `the slug "${slug}" is taken`)
        const [actor, subject] = [actorOf(principal), `workspace:${id}`]
        await appendAudit(client, id, { actor, action: 'workspace.created', subject })
        return id
      })
      const mine = await listWorkspaces(database.app, userId)
      const found = mine.find(({ workspaceId }) => workspaceId === made)
      return reply.code(201).send(toWorkspace(found!))
    },
  )
}

function auditRoutes(app: FastifyInstance, { database }: Services): void {
  app.get<{ Querystring: PageQuery }>(
    '/v1/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'The audit log, newest first',
        querystring: PageQuery,
        response: { 200: AuditAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, query }) => {
      const { limit = 50 } = query
      const before = numberCursor(query.cursor, 1)?.[0]
      const entries = await database.withWorkspace(principal.workspaceId, (client) =>
        readAudit(client, before, limit + 1),
      )
      const page = entries.slice(0, limit)
      return {
        items: page.map(({ entryNo, at, ...rest }) => ({
          ...rest,
          entry_no: entryNo,
          at: at.toISOString(),
        })),
        next_cursor: entries.length > limit ? toCursor([page.at(-1).entryNo]) : null,
      }
    },
  )
  app.get(
    '/v1/audit/verification',
    {
      schema: {
        tags: ['audit'],
        summary: 'Whether the chain of the audit log is intact',
        response: { 200: AuditVerification },
      },
      config: { access: ADMIN },
    },
    async ({ principal }) => {
      const broken = await verifyAudit(database.app, principal.workspaceId)
      return { intact: broken === undefined, first_broken_entry: broken ?? null }
    },
  )
}

export function peopleRoutes(app: FastifyInstance, services: Services): void {
  userRoutes(app, services)
  addUserRoute(app, services)
  workspaceRoutes(app, services)
  auditRoutes(app, services)
}
