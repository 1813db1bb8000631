/** Imports of GoHighLevel over HTTP: started, watched, paused, gone on with, cancelled. */
import type { FastifyInstance } from 'fastify'
import {
  GhlAnswer,
  GhlImportAnswer,
  GhlImportBody,
  GhlImportParams,
  GhlResumeBody,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import type { BackfillCounts } from '../../integrations/index.ts'
import {
  appendAudit,
  countDeliveries,
  listBackfills,
  listLocations,
  readBackfill,
  type BackfillRecord,
} from '../../store/index.ts'
import { createGhlImports, type GhlImports } from '../ghl/imports.ts'
import { actorOf, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { WEBHOOK_PATH } from './ghl-webhooks.ts'
import { ADMIN } from './keys.ts'

const tags = ['gohighlevel']
const access = { config: { access: ADMIN } }

function toAnswer(record: BackfillRecord, isHeld: boolean): GhlImportAnswer {
  const { found, leads, shared, events, outcomes, notes, skipped, refused } =
    record.counts as BackfillCounts
  const { emails, phones } = shared
  // The last page is stored a moment before the import says how far it is.
  const isDone = record.state === 'done'
  return {
    location_id: record.locationId,
    state: record.state,
    reading: record.reading,
    fraction: isDone ? 1 : Math.min(1, Math.max(0, record.fraction)),
    remaining_seconds: record.remainingSeconds,
    error:
      record.state === 'interrupted'
        ? 'The server stopped during the import: give the token again, it goes on where it was.'
        : record.error,
    token_held: isHeld && !isDone && record.state !== 'failed',
    history: record.history,
    requested_by: record.requestedBy,
    started_at: record.startedAt.toISOString(),
    touched_at: record.touchedAt.toISOString(),
    finished_at: record.finishedAt?.toISOString() ?? null,
    counts: {
      ...{ found, leads, events, outcomes, notes, skipped, refused },
      shared: { emails, phones },
    },
  }
}

function stateRoute(app: FastifyInstance, services: Services, imports: GhlImports): void {
  const { database, refusals } = services
  app.get(
    '/v1/ghl',
    {
      schema: {
        tags,
        summary: 'Connected locations, their imports, and what webhooks bring',
        response: { 200: GhlAnswer },
      },
      ...access,
    },
    async ({ principal: { workspaceId } }): Promise<GhlAnswer> => {
      const { count, last } = refusals.read()
      return database.withWorkspace(workspaceId, async (client) => {
        const { lastReceivedAt, kept, ...counts } = await countDeliveries(client)
        const locations = await listLocations(client)
        return {
          locations: locations.map(({ locationId, name, connectedAt }) => ({
            location_id: locationId,
            name,
            connected_at: connectedAt.toISOString(),
          })),
          imports: (await listBackfills(client)).map((record) =>
            toAnswer(record, imports.holdsToken(workspaceId, record.locationId)),
          ),
          webhooks: {
            path: WEBHOOK_PATH,
            ...counts,
            kept: [...kept],
            last_received_at: lastReceivedAt?.toISOString() ?? null,
            refused: count,
            last_refused_at: last === null ? null : new Date(last.at).toISOString(),
            last_refusal: last?.reason ?? null,
          },
        }
      })
    },
  )
}

type Act = (imports: GhlImports, workspaceId: number, locationId: string) => Promise<void>
type Done = (
  principal: Principal,
  locationId: string,
  action: string,
  act: Act,
) => Promise<GhlImportAnswer>

/** Does it, notes who did, answers how it stands. */
const doer =
  ({ database }: Services, imports: GhlImports): Done =>
  async (principal, locationId, action, act) => {
    const { workspaceId } = principal
    await act(imports, workspaceId, locationId)
    return database.withWorkspace(workspaceId, async (client) => {
      const subject = `ghl-location:${locationId}`
      const entry = { actor: actorOf(principal), action: `ghl_import.${action}`, subject }
      await appendAudit(client, workspaceId, entry)
      const record = await readBackfill(client, locationId)
      if (record === undefined) throw new AppError('not-found')
      return toAnswer(record, imports.holdsToken(workspaceId, locationId))
    })
  }

function startRoute(app: FastifyInstance, done: Done): void {
  app.post<{ Body: GhlImportBody }>(
    '/v1/ghl/imports',
    {
      schema: {
        tags,
        summary: 'Connect a location and import it, read only',
        description: 'The token is proved first, kept in memory only, and never logged.',
        body: GhlImportBody,
        response: { 202: GhlImportAnswer },
      },
      ...access,
    },
    async ({ principal, body }, reply) => {
      const { location_id: locationId, token, history = false, seller_pipelines } = body
      const sellerPipelines = seller_pipelines ?? []
      const requestedBy = actorOf(principal)
      const answer = await done(principal, locationId, 'started', (all, workspaceId) =>
        all.start({ workspaceId, locationId, history, sellerPipelines, requestedBy }, token),
      )
      return reply.code(202).send(answer)
    },
  )
}

function resumeRoute(app: FastifyInstance, done: Done): void {
  app.post<{ Params: GhlImportParams; Body: GhlResumeBody }>(
    '/v1/ghl/imports/:location/resume',
    {
      schema: {
        tags,
        summary: 'Go on with an import that was paused, failed or was interrupted',
        params: GhlImportParams,
        body: GhlResumeBody,
        response: { 202: GhlImportAnswer },
      },
      ...access,
    },
    async ({ principal, params, body }, reply) => {
      const by = actorOf(principal)
      const answer = await done(principal, params.location, 'resumed', (all, workspaceId, id) =>
        all.resume(workspaceId, id, by, body.token),
      )
      return reply.code(202).send(answer)
    },
  )
}

const STOPS = [
  { verb: 'pause', state: 'paused', summary: 'Pause an import; its place is kept' },
  {
    verb: 'cancel',
    state: 'cancelled',
    summary: 'Cancel an import; what was imported stays, the next one begins anew',
  },
] as const

export function ghlImportRoutes(app: FastifyInstance, services: Services): void {
  const imports = createGhlImports(services)
  const done = doer(services, imports)
  app.addHook('onClose', () => imports.close())
  stateRoute(app, services, imports)
  startRoute(app, done)
  resumeRoute(app, done)
  for (const { verb, state, summary } of STOPS)
    app.post<{ Params: GhlImportParams }>(
      `/v1/ghl/imports/:location/${verb}`,
      {
        schema: { tags, summary, params: GhlImportParams, response: { 200: GhlImportAnswer } },
        ...access,
      },
      ({ principal, params }) =>
        done(principal, params.location, state, (all, workspaceId, id) =>
          all.stop(workspaceId, id, state),
        ),
    )
}
