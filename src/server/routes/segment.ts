/** The Segment HTTP tracking API, so that its public SDKs send here unchanged. */
import type { FastifyInstance } from 'fastify'
import { SegmentAnswer, SegmentBatch, SegmentMessage } from '../../contract/index.ts'
import { AppError, toProblem, type Problem } from '../../core/index.ts'
import type { Capture } from '../../events/index.ts'
import { fromSegment, segmentIdentity } from '../../integrations/index.ts'
import type { Access, Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { MAY_CAPTURE, RATE_DESCRIPTION, tally } from './capture.ts'

type Kind = 'track' | 'page' | 'identify'
const MAY_SEND = { ...MAY_CAPTURE, writeKey: true } as const satisfies Access
const KINDS: readonly string[] = ['track', 'page', 'screen', 'identify', 'alias', 'group']

interface Refusal {
  readonly index: number
  readonly problem: Problem
}

const unknownType = (type: string): Problem =>
  toProblem('invalid-request', `unknown message type "${type}"`)

/** Links the two names of a message; false when they cannot be stored. */
const linker =
  (capture: Capture) =>
  async (workspaceId: number, message: SegmentMessage): Promise<boolean> => {
    const pair = segmentIdentity(message)
    if (pair === undefined) return true
    const { anonymousId, leadId } = pair
    if (!anonymousId.isWellFormed() || !leadId.isWellFormed()) return false
    await capture.identify(workspaceId, anonymousId, leadId)
    return true
  }

/** Records messages of any kind; refused ones come back with their index. */
function receiver({ capture, clock }: Services) {
  const link = linker(capture)

  return async (
    { workspaceId, kind }: Principal,
    messages: readonly (SegmentMessage & { type: string })[],
    shared: SegmentMessage['context'],
  ): Promise<Refusal[]> => {
    const refused: Refusal[] = []
    const events: object[] = []
    const indexes: number[] = []
    for (const [index, message] of messages.entries()) {
      if (!KINDS.includes(message.type)) {
        refused.push({ index, problem: unknownType(message.type) })
        continue
      }
      const event = fromSegment(message, shared)
      if (event === undefined) {
        if (!(await link(workspaceId, message)))
          refused.push({ index, problem: toProblem('invalid-text') })
        continue
      }
      events.push(event)
      indexes.push(index)
    }
    const fates = await capture.take(workspaceId, events, clock.now(), kind === 'publishable')
    for (const { index, problem } of tally(fates).rejected)
      refused.push({ index: indexes[index]!, problem })
    return refused
  }
}

export function segmentRoutes(app: FastifyInstance, services: Services): void {
  const { captureRate } = services
  const receive = receiver(services)
  for (const kind of ['track', 'page', 'identify'] satisfies Kind[])
    app.post<{ Body: SegmentMessage }>(
      `/v1/${kind}`,
      {
        schema: {
          tags: ['segment'],
          summary: `Segment ${kind}`,
          description: RATE_DESCRIPTION,
          body: SegmentMessage,
          response: { 200: SegmentAnswer },
        },
        config: { access: MAY_SEND },
      },
      async (request, reply) => {
        captureRate(request.principal, 1, reply)
        const messages = [{ ...request.body, type: kind }]
        const [refusal] = await receive(request.principal, messages, undefined)
        if (refusal !== undefined) throw asError(refusal.problem)
        return { success: true }
      },
    )
  app.post<{ Body: { batch: SegmentMessage[]; context?: SegmentMessage['context'] } }>(
    '/v1/batch',
    {
      schema: {
        tags: ['segment'],
        summary: 'Segment batch',
        description: RATE_DESCRIPTION,
        body: SegmentBatch,
        response: { 200: SegmentAnswer },
      },
      config: { access: MAY_SEND },
    },
    async (request, reply) => {
      const { batch, context } = request.body
      captureRate(request.principal, batch.length, reply)
      const messages = batch.map((message) => ({ ...message, type: message.type ?? '' }))
      const rejected = await receive(request.principal, messages, context)
      return rejected.length === 0 ? { success: true } : { success: true, rejected }
    },
  )
}

function asError(problem: Problem): AppError {
  const code = problem.type.slice(problem.type.lastIndexOf('/') + 1) as AppError['code']
  return new AppError(code, problem.detail, problem.errors)
}
