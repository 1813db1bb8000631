/** The HTTP application: hooks, problem details, documentation, routes. */
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { AppError } from '../core/index.ts'
import { installCors } from './auth/cors.ts'
import { mayUse, type Principal } from './principal.ts'
import { installProblems, refuseMessage, refuseRequest } from './problems.ts'
import { auditRoutes } from './routes/audit.ts'
import { captureRoutes } from './routes/capture.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { featureRebuildRoutes } from './routes/feature-rebuild.ts'
import { ghlImportRoutes } from './routes/ghl-imports.ts'
import { ghlWebhookRoutes } from './routes/ghl-webhooks.ts'
import { enrichmentRoutes } from './routes/enrichment.ts'
import { healthRoutes } from './routes/health.ts'
import { importRoutes } from './routes/imports.ts'
import { interactionRoutes } from './routes/interactions.ts'
import { invitationRoutes } from './routes/invitations.ts'
import { keyRoutes } from './routes/keys.ts'
import { leadActionRoutes } from './routes/lead-actions.ts'
import { leadChangeRoutes } from './routes/lead-changes.ts'
import { leadRightsRoutes } from './routes/lead-rights.ts'
import { leadFeatureRoutes } from './routes/lead-features.ts'
import { leadRecordRoutes } from './routes/lead-record.ts'
import { leadUndoRoute } from './routes/lead-undo.ts'
import { leadRoutes } from './routes/leads.ts'
import { listingRoutes } from './routes/listings.ts'
import { installSockets, liveRoutes } from './routes/live.ts'
import { linkRoutes } from './routes/links.ts'
import { learningRoutes } from './routes/learning.ts'
import { readinessRoutes } from './routes/readiness.ts'
import { modelDriftRoutes } from './routes/model-drift.ts'
import { profileRoutes } from './routes/profile.ts'
import { retentionRoutes } from './routes/retention.ts'
import { savedFilterRoutes } from './routes/saved-filters.ts'
import { scoreRoutes } from './routes/scores.ts'
import { segmentRoutes } from './routes/segment.ts'
import { sessionRoutesOf } from './routes/session.ts'
import { userRoutes } from './routes/users.ts'
import { workspaceRoutes } from './routes/workspaces.ts'
import type { Services } from './services.ts'

/** 1,000 events of 4 kB; larger bodies are refused before they are read whole. */
const BODY_BYTES_MAX = 4 * 1024 * 1024
/** A request that takes longer to arrive costs its sender the connection. */
const ARRIVAL_MS = 60_000

/** Query strings and path parameters are text: numbers and booleans are converted, bodies never. */
function compileSchema(schema: TSchema, httpPart: string | undefined) {
  const checker = Compile(schema)
  const converts = httpPart === 'querystring' || httpPart === 'params'
  return (data: unknown) => {
    const value = converts ? checker.Convert(data) : data
    if (checker.Check(value)) return { value }
    const faults = checker.Errors(value).slice(0, 8)
    const error = new AppError(
      'invalid-request',
      faults.map((fault) => `${fault.instancePath || '/'} ${fault.message}`).join('; '),
      faults.map((fault) => ({ path: fault.instancePath || '/', message: fault.message })),
    )
    return { error }
  }
}

function installAccess(app: FastifyInstance, services: Services): void {
  app.decorateRequest('principal', null as never)
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined && !route.schema?.hide)
      throw new Error(`${String(route.method)} ${route.url} declares no access`)
  })
  const admit = (request: FastifyRequest, principal: Principal): void => {
    const { access } = request.routeOptions.config
    if (access === undefined || access === 'public') return
    if (!mayUse(principal, access)) {
      const need = principal.kind === 'user' ? `role ${access.role}` : `scope ${access.scope}`
      throw new AppError('forbidden', `this needs ${need}`)
    }
    request.principal = principal
  }
  const identify = (
    request: FastifyRequest,
    key: string | undefined,
    done: (error?: Error) => void,
  ): void => {
    try {
      const principal = services.authenticate(request, key)
      if (principal instanceof Promise) {
        principal.then((found) => admit(request, found)).then(() => done(), done)
        return
      }
      admit(request, principal)
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  }
  // With callbacks: who calls is nearly always known at once, and then no promise is made.
  app.addHook('onRequest', (request, _reply, done) => {
    const { access } = request.routeOptions.config
    if (access === undefined || access === 'public') {
      done()
      return
    }
    // Who calls is known once the body is read (below).
    if (access.writeKey === true && request.headers.authorization === undefined) {
      done()
      return
    }
    identify(request, undefined, done)
  })
  app.addHook('preValidation', (request, _reply, done) => {
    const { access } = request.routeOptions.config
    // Null until somebody was admitted.
    if (typeof access !== 'object' || (request.principal as Principal | null) !== null) {
      done()
      return
    }
    const { writeKey } = (request.body ?? {}) as { writeKey?: unknown }
    if (typeof writeKey === 'string') identify(request, writeKey, done)
    else done(new AppError('unauthenticated'))
  })
}

/** The security headers, worked out once: the plug-in would work them out for every request. */
async function securityHeaders(config: Services['config']): Promise<Record<string, string>> {
  const model = fastify()
  await model.register(helmet, {
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: config.ENVIRONMENT === 'production',
  })
  model.get('/', (_request, reply) => reply.code(204).send())
  const { headers } = await model.inject('/')
  await model.close()
  const { date: _date, connection: _connection, ...rest } = headers
  return rest as Record<string, string>
}

async function installHeaders(app: FastifyInstance, { config }: Services): Promise<void> {
  const headers = await securityHeaders(config)
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers)
    done()
  })
}

/** Names of requests: unique, also across restarts and processes; guessable, which harms nobody. */
function requestIds(first: string): () => string {
  let count = 0
  return () => `${first}-${(++count).toString(36)}`
}

async function installDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'EnterpriseHub',
        version,
        description: 'Behavioral learning and lead intelligence for real-estate teams.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Access token or API key' },
        },
      },
      security: [{ bearer: [] }],
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, () =>
    app.swagger(),
  )
}

const ROUTES = [
  healthRoutes,
  sessionRoutesOf,
  keyRoutes,
  profileRoutes,
  linkRoutes,
  userRoutes,
  invitationRoutes,
  workspaceRoutes,
  auditRoutes,
  retentionRoutes,
  learningRoutes,
  modelDriftRoutes,
  readinessRoutes,
  leadRoutes,
  leadChangeRoutes,
  featureRebuildRoutes,
  leadFeatureRoutes,
  leadRecordRoutes,
  leadActionRoutes,
  leadUndoRoute,
  savedFilterRoutes,
  leadRightsRoutes,
  scoreRoutes,
  liveRoutes,
  listingRoutes,
  importRoutes,
  ghlWebhookRoutes,
  ghlImportRoutes,
  enrichmentRoutes,
  captureRoutes,
  interactionRoutes,
  segmentRoutes,
]

export async function buildApp(services: Services): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = services.log
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: ARRIVAL_MS,
    // Refused by a hook of ours instead, with a problem document.
    http: { requireHostHeader: false },
    clientErrorHandler: refuseMessage,
    frameworkErrors: refuseRequest,
    genReqId: requestIds(services.newId()),
    trustProxy: false,
    routerOptions: { ignoreTrailingSlash: true },
    // Keys like __proto__ are only ever copied as text (canonicalJson), never assigned.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => compileSchema(schema, httpPart))
  installProblems(app)
  // An expectation that is not known is not met, which RFC 9110 (10.1.1) allows.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  await installSockets(app, services.log)
  app.addHook('onRequest', (request, _reply, done) => {
    const { httpVersion, headers } = request.raw
    if (httpVersion === '1.0' || headers.host !== undefined) done()
    else done(new AppError('invalid-request', 'HTTP/1.1 needs a Host header'))
  })
  const allowPreflight = installCors(app)
  await installHeaders(app, services)
  installAccess(app, services)
  await app.register(jwt, {
    secret: services.tokenSecret,
    sign: { algorithm: 'HS256' },
    verify: { algorithms: ['HS256'] },
  })
  await installDocumentation(app, services.version)
  for (const routes of ROUTES) routes(app, services)
  await dashboardRoutes(app)
  allowPreflight()
  return app
}
