/** Listings, in RESO names. */
import type { FastifyInstance } from 'fastify'
import { ListingsAnswer, ListingsBody, ListingsSaved, PageQuery } from '../../contract/index.ts'
import type { ListingBody } from '../../contract/index.ts'
import { listListings, saveListings } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { checkStorable } from './lead-changes.ts'
import { MAY_CHANGE, MAY_READ } from './leads.ts'
import { textCursor, toCursor } from './page.ts'

const tags = ['properties']

export function listingRoutes(app: FastifyInstance, { database }: Services): void {
  app.post<{ Body: ListingsBody }>(
    '/v1/properties',
    {
      schema: {
        tags,
        summary: 'Add or replace one listing or up to 1,000',
        body: ListingsBody,
        response: { 200: ListingsSaved },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, body }) => {
      const items = (
        'items' in body && Array.isArray(body.items) ? body.items : [body]
      ) as ListingBody[]
      items.forEach(checkStorable)
      const listings = items.map((item) => ({
        listingId: item.ListingId,
        data: item,
      }))
      await database.withWorkspace(principal.workspaceId, (client) =>
        saveListings(client, listings),
      )
      return { saved: items.length }
    },
  )
  app.get<{ Querystring: PageQuery }>(
    '/v1/properties',
    {
      schema: {
        tags,
        summary: 'Listings by ListingId',
        querystring: PageQuery,
        response: { 200: ListingsAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, query }) => {
      const { limit = 50 } = query
      const found = await database.withWorkspace(principal.workspaceId, (client) =>
        listListings(client, textCursor(query.cursor), limit + 1),
      )
      const page = found.slice(0, limit)
      return {
        items: page.map(({ data, listingId }) => ({ ...data, ListingId: listingId })),
        next_cursor: found.length > limit ? toCursor([page.at(-1).listingId]) : null,
      }
    },
  )
}
