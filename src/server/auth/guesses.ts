/** How often somebody may try a secret. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../core/index.ts'
import { takeAttempt } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { createLimiter } from './limiter.ts'
import { hashSecret } from './tokens.ts'

/** Guesses at one account, in all processes together; a right password does not count. */
export const PER_ACCOUNT = { attempts: 10, windowMs: 5 * 60_000 }
/** Attempts of one address at any account: each costs 20 ms and 19 MiB. */
const PER_ADDRESS = { attempts: 60, windowMs: 60_000 }

/** @throws AppError `rate-limited` unless there is nothing to wait for. */
export function turnAway(reply: FastifyReply, waitSeconds: number): void {
  if (waitSeconds === 0) return
  void reply.header('retry-after', String(waitSeconds))
  throw new AppError('rate-limited', `too many attempts; try again in ${waitSeconds} s`)
}

/** Counts what one network address tries; more than PER_ADDRESS is turned away. */
export function createAddressGate({ clock, database }: Pick<Services, 'clock' | 'database'>) {
  // Before the database is asked: a flood from one address costs no query.
  const here = createLimiter(clock, PER_ADDRESS)
  return async ({ ip }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    turnAway(reply, here.take(ip))
    turnAway(reply, await takeAttempt(database.app, hashSecret(`address:${ip}`), PER_ADDRESS))
  }
}
