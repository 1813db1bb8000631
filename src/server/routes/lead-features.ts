/** What is known of leads, feature by feature, now or as it was known at a past moment. */
import type { FastifyInstance } from 'fastify'
import {
  FeatureBatchAnswer,
  FeatureCatalogueAnswer,
  FeaturesAnswer,
  FeaturesBody,
  FeaturesQuery,
  LeadParams,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { FEATURES } from '../../features/index.ts'
import { findErased, findLeads, IDENTITY_KIND } from '../../store/index.ts'
import { createWorkspaceCoverage } from '../features/coverage.ts'
import { createExtract } from '../features/extract.ts'
import type { Services } from '../services.ts'
import { MAY_READ, requireLead, viewerOf } from './leads.ts'

const tags = ['leads']
const NAMES = new Set(FEATURES.map(({ name }) => name))

/** Milliseconds since the epoch; null: now. @throws AppError for a moment ahead. */
function pastOf(asOf: string | undefined, now: number): number | null {
  if (asOf === undefined) return null
  const past = Date.parse(asOf)
  if (past > now)
    throw new AppError('invalid-request', 'as_of lies ahead: nothing is known of it yet')
  return past
}

/** @throws AppError naming a feature that is not declared. */
function wantedOf(names: readonly string[] | undefined): ReadonlySet<string> | null {
  const wrong = names?.find((name) => !NAMES.has(name))
  if (wrong !== undefined)
    throw new AppError('invalid-request', `there is no feature "${wrong}": see GET /v1/features`)
  return names === undefined ? null : new Set(names)
}

function oneRoute(app: FastifyInstance, services: Services): void {
  const { database, clock } = services
  const extract = createExtract(services)
  app.get<{ Params: LeadParams; Querystring: FeaturesQuery }>(
    '/v1/leads/:id/features',
    {
      schema: {
        tags,
        summary: 'Every feature of a lead, now or as known at a past moment; null: too little data',
        params: LeadParams,
        querystring: FeaturesQuery,
        response: { 200: FeaturesAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params, query }) => {
      const lead = await requireLead(database, principal, params.id)
      const past = pastOf(query.as_of, clock.now())
      const asked = [{ id: lead.leadId, lead }]
      const { items } = await extract(principal.workspaceId, asked, { past, wanted: null })
      const [answer] = items
      if (answer !== undefined) return answer
      throw new AppError('not-found', 'what was known then is no longer kept: ask for later')
    },
  )
}

function batchRoute(app: FastifyInstance, services: Services): void {
  const { database, clock, grounds } = services
  const extract = createExtract(services)
  app.post<{ Body: FeaturesBody }>(
    '/v1/features',
    {
      schema: {
        tags,
        summary: 'Features and behavioral profiles of up to 100 leads',
        description:
          'As GET /v1/leads/:id/features, of many at once, with what the models say. Every id is ' +
          'answered: in items, or by name in not_found, erased or not_kept.',
        body: FeaturesBody,
        response: { 200: FeatureBatchAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, body }) => {
      const { workspaceId } = principal
      const ids = [...new Set(body.lead_ids)]
      const past = pastOf(body.as_of, clock.now())
      const wanted = wantedOf(body.features)
      const { leads, erased } = await database.withWorkspace(workspaceId, async (client) => {
        const found = await findLeads(client, viewerOf(principal), ids)
        const missing = ids.filter((id) => !found.has(id))
        const names = missing.map((value) => ({ kind: IDENTITY_KIND.lead, value }))
        const gone = await findErased(client, names)
        return { leads: found, erased: new Set(gone.map(({ value }) => value)) }
      })
      const asked = ids.flatMap((id) => {
        const lead = leads.get(id)
        return lead === undefined ? [] : [{ id, lead }]
      })
      const ground = past === null ? await grounds.of(workspaceId, { patient: true }) : undefined
      const { items, notKept } = await extract(workspaceId, asked, { past, wanted, ground })
      return {
        items,
        not_found: ids.filter((id) => !leads.has(id) && !erased.has(id)),
        erased: [...erased],
        not_kept: notKept,
      }
    },
  )
}

function catalogueRoute(app: FastifyInstance, services: Services): void {
  const coverage = createWorkspaceCoverage(services)
  app.get(
    '/v1/features',
    {
      schema: {
        tags,
        summary: 'Every feature: for how many leads it is known, and how fresh it is',
        description:
          'Measured on 300 leads drawn at random, in the background, at most once in ten minutes.',
        response: { 200: FeatureCatalogueAnswer },
      },
      config: { access: MAY_READ },
    },
    ({ principal }) => coverage.of(principal.workspaceId),
  )
}

export function leadFeatureRoutes(app: FastifyInstance, services: Services): void {
  catalogueRoute(app, services)
  oneRoute(app, services)
  batchRoute(app, services)
}
