/** GET /ws: what happens in the workspace, as it happens. Frames: contract/live.ts. */
import websocket from '@fastify/websocket'
import type { EventEmitter } from 'node:events'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import { SOCKET_PROTOCOL, SubscribeMessage } from '../../contract/index.ts'
import type { Logger } from '../../platform/index.ts'
import { visibleOwners } from '../../store/index.ts'
import { refuseMessage } from '../problems.ts'
import type { Services } from '../services.ts'
import { MAY_READ, viewerOf } from './leads.ts'

/** A subscription is far smaller; larger messages end the connection. */
const MESSAGE_BYTES_MAX = 4_096
/** Sockets of one workspace; more are refused with code 1013. */
const SOCKETS_MAX = 500
/** Twice without an answer, and the connection counts as dead. */
const BEAT_MS = 30_000
/** Not understood so often, and the client is broken. */
const FAULTS_MAX = 20
/** Codes of RFC 6455 and, from 4000 on, our own. */
const CLOSE = { unauthenticated: 4401, tryLater: 1013, policy: 1008 } as const

/** What of a `ws` socket is used. */
interface Socket {
  readonly bufferedAmount: number
  send(text: string | Uint8Array, how: { binary: boolean }, sent: () => void): void
  ping(): void
  close(code: number, reason?: string): void
  terminate(): void
  on(event: 'message', listener: (data: Buffer) => void): void
  on(event: 'pong' | 'close', listener: () => void): void
}

const message = Compile(SubscribeMessage)

function parse(text: string): SubscribeMessage | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'send JSON: {"subscribe": ["scores"]}'
  }
  if (message.Check(value)) return value
  const [fault] = message.Errors(value)
  return `${fault?.instancePath || '/'} ${fault?.message ?? 'is not understood'}`
}

/** Ends when the socket closes, its credentials end, or it stops answering. */
function attend(socket: Socket, request: FastifyRequest, services: Services): void {
  const { database, live, log } = services
  const { principal } = request
  const { workspaceId } = principal
  const { watcher, leave } = live.join(workspaceId, {
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    send: (text, sent) => socket.send(text, { binary: false }, sent),
  })
  const viewer = viewerOf(principal)
  const seeOwners = async (): Promise<void> => {
    if (viewer === null) return watcher.setOwners(null)
    const owners = await database.withWorkspace(workspaceId, (client) =>
      visibleOwners(client, viewer),
    )
    watcher.setOwners(new Set(owners))
  }
  let isAlive = true
  const check = async (): Promise<void> => {
    try {
      await services.authenticate(request)
    } catch {
      return socket.close(CLOSE.unauthenticated, 'signed out')
    }
    await seeOwners()
  }
  const warn = (error: unknown): void => log.warn({ err: error }, 'a socket could not be checked')
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
    check().catch(warn)
  }, BEAT_MS)
  const unlisten = services.accessChanges.listen(() => {
    check().catch(warn)
  })
  // In order, and none before it is known whose leads may be seen.
  let turn = seeOwners().catch((error: unknown) => {
    log.warn({ err: error }, 'a socket could not be opened')
    socket.close(CLOSE.tryLater)
  })
  let faults = 0
  const receive = (text: string): void => {
    const parsed = parse(text)
    if (typeof parsed !== 'string') return watcher.subscribe(parsed.subscribe, parsed.after_seq)
    watcher.tell(parsed)
    if (++faults > FAULTS_MAX) socket.close(CLOSE.policy, 'too many messages not understood')
  }
  socket.on('pong', () => (isAlive = true))
  socket.on('message', (data: Buffer) => {
    turn = turn.then(() => receive(data.toString('utf8')))
  })
  socket.on('close', () => {
    clearInterval(timer)
    unlisten()
    leave()
  })
}

/**
 * Before all other hooks: the socket of a request that one of them refuses is only let go when the
 * plugin has marked it.
 */
export async function installSockets(app: FastifyInstance, log: Logger): Promise<void> {
  await app.register(websocket, {
    errorHandler: (error, socket: Socket) => {
      log.debug({ err: error }, 'a socket failed')
      socket.terminate()
    },
    options: {
      maxPayload: MESSAGE_BYTES_MAX,
      // Of what the client offers only this: the token beside it is none.
      handleProtocols: (offered: Set<string>) => offered.has(SOCKET_PROTOCOL) && SOCKET_PROTOCOL,
    },
  })
  // A handshake that is none is answered like every other message that is not understood.
  const { websocketServer } = app as unknown as { websocketServer: EventEmitter }
  websocketServer.on('wsClientError', refuseMessage)
}

export function liveRoutes(app: FastifyInstance, services: Services): void {
  app.get(
    '/ws',
    {
      websocket: true,
      schema: { hide: true, summary: 'Frames of what happens; see contract/live.ts' },
      config: { access: MAY_READ },
    },
    (socket: Socket, request) => {
      if (services.live.watchersOf(request.principal.workspaceId) >= SOCKETS_MAX) {
        socket.close(CLOSE.tryLater, 'too many sockets in this workspace')
        return
      }
      attend(socket, request, services)
    },
  )
}
