/** How long a workspace keeps events. */
import type { FastifyInstance } from 'fastify'
import { RetentionSetting } from '../../contract/index.ts'
import { appendAudit, readRetention, saveRetention } from '../../store/index.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'

const tags = ['workspace']

export function retentionRoutes(app: FastifyInstance, { database }: Services): void {
  app.get(
    '/v1/retention',
    {
      schema: { tags, summary: 'How long events are kept', response: { 200: RetentionSetting } },
      config: { access: ADMIN },
    },
    async ({ principal }): Promise<RetentionSetting> => {
      const { eventsDays, outcomes } = await database.withWorkspace(
        principal.workspaceId,
        readRetention,
      )
      return { events_days: eventsDays, outcomes }
    },
  )
  app.put<{ Body: RetentionSetting }>(
    '/v1/retention',
    {
      schema: {
        tags,
        summary: 'Delete events after so many days; what they taught the states stays',
        body: RetentionSetting,
        response: { 200: RetentionSetting },
      },
      config: { access: ADMIN },
    },
    async ({ principal, body }) => {
      const { workspaceId } = principal
      const { events_days: eventsDays, outcomes } = body
      await database.withWorkspace(workspaceId, async (client) => {
        await saveRetention(client, { eventsDays, outcomes })
        await appendAudit(client, workspaceId, {
          actor: actorOf(principal),
          action: 'retention.changed',
          subject: `workspace:${workspaceId}`,
          details: body,
        })
      })
      return body
    },
  )
}
