/** The workspaces that the caller may enter. */
import type { FastifyInstance } from 'fastify'
import { WorkspaceAnswer, WorkspaceBody, WorkspacesAnswer } from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  appendAudit,
  createWorkspace,
  listWorkspaces,
  transaction,
  type WorkspaceOfUser,
} from '../../store/index.ts'
import { actorOf, userOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { checkTimeZone } from './member.ts'

const EVERYONE: Access = { role: 'agent', scope: 'leads:read' }
const tags = ['people']

const toWorkspace = (workspace: WorkspaceOfUser) => ({
  workspace_id: workspace.workspaceId,
  slug: workspace.slug,
  name: workspace.name,
  simulated: workspace.simulated,
  time_zone: workspace.timeZone,
  role: workspace.role,
})

export function workspaceRoutes(app: FastifyInstance, { database }: Services): void {
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
      checkTimeZone(timeZone)
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
