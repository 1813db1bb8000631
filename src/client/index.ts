/**
 * client: the published TypeScript client, for browsers and Node. In: interactions of the host
 * program. Out: events at `POST /v1/events`, each exactly once. May import core and contract.
 */
export type { Interaction, InteractionContext, PropertyInteraction } from '../core/index.ts'
export { EnterpriseHub, type EnterpriseHubOptions } from './hub.ts'
export type { ClientError, OutboxStatistics, Receipt } from './outbox.ts'
