/** What routes work with: wired once in server/index.ts, given to every route file. */
import type { Registry } from 'prom-client'
import type { Clock } from '../core/index.ts'
import type { Capture } from '../events/index.ts'
import type { Config, IdSource, Logger } from '../platform/index.ts'
import type { Database } from '../store/index.ts'
import type { Authenticate } from './principal.ts'

/** What the product makes of a person after an event; see worker. */
export interface Readiness {
  /** False when the state did not reach `position` within `waitMs`. */
  readonly reached: (position: number, waitMs: number) => Promise<boolean>
}

export interface Services {
  readonly config: Config
  readonly log: Logger
  readonly clock: Clock
  readonly newId: IdSource
  readonly database: Database
  readonly capture: Capture
  readonly readiness: Readiness
  readonly metrics: Registry
  readonly authenticate: Authenticate
  readonly version: string
  /** Signs access tokens. */
  readonly tokenSecret: string
}
