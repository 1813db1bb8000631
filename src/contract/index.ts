/** contract: one schema per HTTP body and socket frame; browser-safe. May import core. */
export * from './access.ts'
export * from './events.ts'
export * from './leads.ts'
export * from './listings.ts'
export * from './page.ts'
export * from './live.ts'
export * from './scores.ts'
export * from './retention.ts'
