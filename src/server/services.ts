/** What routes work with: wired once in server/index.ts, given to every route file. */
import type { Registry } from 'prom-client'
import type { Clock } from '../core/index.ts'
import type { Grounds } from '../decisions/index.ts'
import type { Capture } from '../events/index.ts'
import type { Enrichment, Intake, OpenSink } from '../integrations/index.ts'
import type { LiveModels, Registry as ModelRegistry } from '../models/index.ts'
import type { Config, IdSource, Logger } from '../platform/index.ts'
import type { Database, StateKey } from '../store/index.ts'
import type { Refusals } from './ghl/refusals.ts'
import type { Importers } from './imports/importer.ts'
import type { LiveHub } from './live/hub.ts'
import type { AccessChanges } from './auth/access-changes.ts'
import type { CaptureRate } from './auth/capture-rate.ts'
import type { Authenticate } from './principal.ts'

export interface Services {
  readonly config: Config
  readonly log: Logger
  readonly clock: Clock
  readonly newId: IdSource
  readonly database: Database
  readonly capture: Capture
  /** Counts what callers of the capture routes send. */
  readonly captureRate: CaptureRate
  /** What takes files in, by kind. */
  readonly importers: Importers
  /** Takes in what webhooks brought. */
  readonly intake: Intake
  /** Asks hooks about new and changed leads. */
  readonly enrichment: Enrichment
  /** How events of other systems come into the log, and who is told of it. */
  readonly openSink: OpenSink
  readonly onAppended: () => void
  /** Webhooks that were refused. */
  readonly refusals: Refusals
  readonly metrics: Registry
  /** Counts looks at what is kept for a while, by its name, for GET /metrics. */
  readonly onLook: (name: string, isHit: boolean) => void
  readonly authenticate: Authenticate
  /** Told when what somebody may do changed. */
  readonly accessChanges: AccessChanges
  /** Model versions: publish, alias, log. */
  readonly registry: ModelRegistry
  /** What is live, loaded. */
  readonly models: LiveModels
  /** What scoring stands on, by workspace. */
  readonly grounds: Grounds
  /** Scores a lead anew whose attributes changed. */
  readonly rescore: (lead: StateKey) => void
  /** Frames to those who watch. */
  readonly live: LiveHub
  readonly version: string
  /** Signs access tokens. */
  readonly tokenSecret: string
}
