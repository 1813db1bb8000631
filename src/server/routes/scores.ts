/** Scores: of one lead with reasons, of many, and how one lead's went. */
import type { FastifyInstance } from 'fastify'
import {
  LeadParams,
  PageQuery,
  ScoreAnswer,
  ScoreHistoryAnswer,
  ScoresAnswer,
  ScoresBody,
} from '../../contract/index.ts'
import { leadScoring } from '../../models/index.ts'
import { findLead, readPredictions } from '../../store/index.ts'
import { createScorer } from '../scores/scorer.ts'
import type { Services } from '../services.ts'
import { MAY_READ, requireLead, viewerOf } from './leads.ts'
import { numberCursor, toCursor } from './page.ts'

const tags = ['scores']
/** Leads of one call scored side by side: they mostly wait for the database. */
const AT_ONCE = 4

function historyRoute(app: FastifyInstance, { database }: Services): void {
  app.get<{ Params: LeadParams; Querystring: PageQuery }>(
    '/v1/leads/:id/score-history',
    {
      schema: {
        tags,
        summary: 'Scores that were shown, acted on or taken daily, newest first',
        params: LeadParams,
        querystring: PageQuery,
        response: { 200: ScoreHistoryAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params, query }) => {
      const { personId, leadId } = await requireLead(database, principal, params.id)
      const { limit = 50 } = query
      const before = numberCursor(query.cursor, 1)?.[0]
      const found = await database.withWorkspace(principal.workspaceId, (client) =>
        readPredictions(client, { model: leadScoring.name, personId, before, limit: limit + 1 }),
      )
      const page = found.slice(0, limit)
      return {
        lead_id: leadId,
        items: page.map((p) => ({
          score: p.score,
          probability: p.probability,
          interval: p.interval === null ? null : [...p.interval],
          model: { name: p.model, version: p.version },
          as_of: new Date(p.asOf).toISOString(),
          as_of_position: p.asOfPosition,
          made_at: p.madeAt.toISOString(),
          why: p.why,
        })),
        next_cursor: found.length > limit ? toCursor([page.at(-1).predictionId]) : null,
      }
    },
  )
}

export function scoreRoutes(app: FastifyInstance, services: Services): void {
  const { database } = services
  const scorer = createScorer(services)
  app.get<{ Params: LeadParams }>(
    '/v1/leads/:id/score',
    {
      schema: {
        tags,
        summary: 'The chance of an offer or purchase now, with interval, prior and reasons',
        params: LeadParams,
        response: { 200: ScoreAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const lead = await requireLead(database, principal, params.id)
      return scorer.scoreOf(principal.workspaceId, lead, { reasons: true, shown: true })
    },
  )
  app.post<{ Body: ScoresBody }>(
    '/v1/scores',
    {
      schema: {
        tags,
        summary: 'Scores of up to 100 leads',
        body: ScoresBody,
        response: { 200: ScoresAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, body }) => {
      const { workspaceId } = principal
      const ids = [...new Set(body.lead_ids)]
      const leads = await database.withWorkspace(workspaceId, async (client) => {
        const found = []
        for (const id of ids) found.push(await findLead(client, viewerOf(principal), id))
        return found
      })
      const items: ScoreAnswer[] = []
      const options = { reasons: body.factors === true, shown: true }
      const known = leads.flatMap((lead, i) => (lead === undefined ? [] : [{ lead, id: ids[i]! }]))
      for (let from = 0; from < known.length; from += AT_ONCE) {
        const answers = known.slice(from, from + AT_ONCE).map(async ({ lead, id }) => {
          return { ...(await scorer.scoreOf(workspaceId, lead, options)), lead_id: id }
        })
        items.push(...(await Promise.all(answers)))
      }
      return { items, not_found: ids.filter((_, i) => leads[i] === undefined) }
    },
  )
  historyRoute(app, services)
}
