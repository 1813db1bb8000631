/** What the caller changes about themself. */
import type { FastifyInstance } from 'fastify'
import { PasswordBody, ProfileBody, SessionAnswer, UserAnswer } from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  announce,
  appendAudit,
  changeProfile,
  findAccount,
  findSession,
  listMembers,
  refundAttempt,
  setPassword,
  takeAttempt,
  transaction,
} from '../../store/index.ts'
import { PER_ACCOUNT, turnAway } from '../auth/guesses.ts'
import { openSession } from '../auth/open-session.ts'
import { hashPassword, passwordMatches } from '../auth/passwords.ts'
import { hashSecret } from '../auth/tokens.ts'
import { actorOf, userOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { toProfile, toUser } from './member.ts'

const tags = ['session']
const EVERYONE = { config: { access: { role: 'agent', scope: 'leads:read' } as const } }

function passwordRoute(app: FastifyInstance, services: Services): void {
  const { database, accessChanges } = services
  app.post<{ Body: PasswordBody }>(
    '/v1/me/password',
    {
      schema: {
        tags,
        summary: 'Change your password; ends all your sessions but the new one',
        body: PasswordBody,
        response: { 200: SessionAnswer },
      },
      ...EVERYONE,
    },
    async (request, reply) => {
      const { userId, workspaceId } = userOf(request.principal)
      const guesses = hashSecret(`password:${userId}`)
      turnAway(reply, await takeAttempt(database.app, guesses, PER_ACCOUNT))
      const before = await findSession(database.app, userId, workspaceId)
      const account = before && (await findAccount(database.app, before.email))
      const { current_password, new_password } = request.body
      if (!(await passwordMatches(current_password, account?.passwordHash)))
        throw new AppError('wrong-credentials')
      await refundAttempt(database.app, guesses)
      const passwordHash = await hashPassword(new_password)
      const actor = actorOf(request.principal)
      await transaction(database.app, async (client) => {
        await setPassword(client, userId, passwordHash)
        await appendAudit(client, workspaceId, {
          actor,
          action: 'user.password_changed',
          subject: actor,
        })
        await announce(client, 'access')
      })
      accessChanges.tell()
      const session = await findSession(database.app, userId, workspaceId)
      if (session === undefined) throw new AppError('unauthenticated')
      return openSession(app, services, reply, session)
    },
  )
}

function profileRoute(app: FastifyInstance, { database, clock }: Services): void {
  app.patch<{ Body: ProfileBody }>(
    '/v1/me',
    {
      schema: {
        tags,
        summary: 'Change your name, time zone or working hours',
        body: ProfileBody,
        response: { 200: UserAnswer },
      },
      ...EVERYONE,
    },
    async ({ principal, body }) => {
      const { userId, workspaceId } = userOf(principal)
      const change = toProfile(body)
      return database.withWorkspace(workspaceId, async (client) => {
        await changeProfile(client, userId, change)
        const actor = actorOf(principal)
        const details = { fields: Object.keys(body) }
        const fact = { actor, action: 'user.profile_changed', subject: actor, details }
        await appendAudit(client, workspaceId, fact)
        const [member] = await listMembers(client, userId)
        return toUser(member!, clock.now())
      })
    },
  )
}

export function profileRoutes(app: FastifyInstance, services: Services): void {
  passwordRoute(app, services)
  profileRoute(app, services)
}
