/** Finds out who calls, from the Authorization header. */
import { AppError } from '../../core/index.ts'
import type { Config } from '../../platform/index.ts'
import type { Database } from '../../store/index.ts'
import type { Authenticate } from '../principal.ts'

export function createAuthenticate(_: { config: Config; database: Database }): Authenticate {
  return () => {
    throw new AppError('unauthenticated')
  }
}
