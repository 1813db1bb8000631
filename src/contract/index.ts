/** contract: one schema per HTTP body and socket frame; browser-safe. May import core. */
export * from './events.ts'
