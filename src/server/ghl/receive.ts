/** Takes a webhook of GoHighLevel: stored when this resolves, taken in afterwards. */
import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { AppError } from '../../core/index.ts'
import type { GhlWebhookAnswer } from '../../contract/index.ts'
import { envelopeOf, parseBody, unreadSettings } from '../../integrations/index.ts'
import { adoptLocation, insertDelivery, workspacesOfLocation } from '../../store/index.ts'
import { createLimiter } from '../auth/limiter.ts'
import type { Services } from '../services.ts'

/** Deliveries of a location, or to a secret address, in ten seconds. */
const RATE = { attempts: 3_000, windowMs: 10_000 }
/** Workflows name no delivery: the same body within this time is a repetition. */
const REPEATED_SECONDS = 3_600

export interface Receiver {
  /** Of an application; verified before. */
  readonly signed: (body: Buffer, reply: FastifyReply) => Promise<GhlWebhookAnswer>
  /** On a secret address. */
  readonly secret: (
    hook: { readonly workspaceId: number; readonly hookId: number },
    body: Buffer,
    reply: FastifyReply,
  ) => Promise<GhlWebhookAnswer>
}

function parse(body: Buffer) {
  const fields = parseBody(body)
  if (fields === undefined) throw new AppError('malformed-json', 'send a JSON object in UTF-8')
  return envelopeOf(fields)
}

const digest = (...parts: (string | Buffer)[]): Buffer =>
  hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer')

export function createReceiver({ config, database, clock, intake }: Services): Receiver {
  const rate = createLimiter(clock, RATE)

  function turnAway(name: string, reply: FastifyReply): void {
    const seconds = rate.take(name)
    if (seconds === 0) return
    void reply.header('retry-after', String(seconds))
    throw new AppError('rate-limited', 'this address receives too much')
  }
  async function store(workspaceId: number, hookId: number | null, body: Buffer): Promise<boolean> {
    const { webhookId, type, contactId, sentAt } = parse(body)
    const isNamed = webhookId !== undefined
    const isNew = await database.withWorkspace(workspaceId, (client) =>
      insertDelivery(client, {
        key: isNamed ? digest('id:', webhookId) : digest(`body:${hookId ?? ''}:`, body),
        hookId,
        type,
        contactId: contactId ?? null,
        sentAt: sentAt === undefined ? null : new Date(sentAt),
        body,
        renewedAfterSeconds: isNamed || hookId === null ? null : REPEATED_SECONDS,
      }),
    )
    if (isNew) intake.hint()
    return isNew
  }
  return {
    async signed(body, reply) {
      const { locationId } = parse(body)
      if (locationId === undefined) return { received: true, stored: false, duplicate: false }
      turnAway(`location:${locationId}`, reply)
      let workspaces = await workspacesOfLocation(database.app, locationId)
      if (workspaces.length === 0 && config.GHL_WEBHOOK_PUBLIC_KEY !== undefined)
        workspaces = await adoptLocation(database.app, locationId, unreadSettings(locationId))
      let news = 0
      for (const workspaceId of workspaces) if (await store(workspaceId, null, body)) news++
      const stored = workspaces.length > 0
      return { received: true, stored, duplicate: stored && news === 0 }
    },
    async secret({ workspaceId, hookId }, body, reply) {
      turnAway(`hook:${hookId}`, reply)
      const isNew = await store(workspaceId, hookId, body)
      return { received: true, stored: true, duplicate: !isNew }
    },
  }
}
