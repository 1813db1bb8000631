/** Filters that a person keeps for their lists of leads; everybody has their own. */
import type { FastifyInstance } from 'fastify'
import {
  NumberParams,
  SavedFilterAnswer,
  SavedFilterBody,
  SavedFiltersAnswer,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { deleteFilter, listFilters, saveFilter, type SavedFilter } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { checkStorable } from './lead-changes.ts'
import { MAY_READ } from './leads.ts'
import { userOf } from '../principal.ts'

const tags = ['leads']
const config = { access: MAY_READ }

const toAnswer = ({ filterId, name, query }: SavedFilter): SavedFilterAnswer => ({
  filter_id: filterId,
  name,
  query,
})

export function savedFilterRoutes(app: FastifyInstance, { database }: Services): void {
  app.get(
    '/v1/saved-filters',
    {
      schema: { tags, summary: 'Your saved filters', response: { 200: SavedFiltersAnswer } },
      config,
    },
    async ({ principal }) => {
      const { userId, workspaceId } = userOf(principal)
      const filters = await database.withWorkspace(workspaceId, (c) => listFilters(c, userId))
      return { items: filters.map(toAnswer), next_cursor: null }
    },
  )
  app.post<{ Body: SavedFilterBody }>(
    '/v1/saved-filters',
    {
      schema: {
        tags,
        summary: 'Keep a filter; one of the same name is replaced',
        body: SavedFilterBody,
        response: { 201: SavedFilterAnswer },
      },
      config,
    },
    async ({ principal, body }, reply) => {
      const { userId, workspaceId } = userOf(principal)
      checkStorable(body)
      const saved = await database.withWorkspace(workspaceId, (c) => saveFilter(c, userId, body))
      if (saved === undefined)
        throw new AppError('conflict', 'you keep 50 filters already: delete one first')
      return reply.code(201).send(toAnswer(saved))
    },
  )
  app.delete<{ Params: NumberParams }>(
    '/v1/saved-filters/:id',
    { schema: { tags, summary: 'Delete a saved filter', params: NumberParams }, config },
    async ({ principal, params }, reply) => {
      const { userId, workspaceId } = userOf(principal)
      const isGone = await database.withWorkspace(workspaceId, (c) =>
        deleteFilter(c, userId, params.id),
      )
      if (!isGone) throw new AppError('not-found', 'you keep no such filter')
      return reply.code(204).send()
    },
  )
}
