/**
 * platform: the machine the product runs on: configuration, log, clock, identifiers, secrets,
 * metrics. May import core.
 */
export { systemClock } from './clock.ts'
export {
  ConfigError,
  describeSettings,
  parseConfig,
  systemEnvironment,
  type ConfigFault,
  type Environment,
  type SettingDescription,
} from './config.ts'
export { lastDue } from './cron.ts'
export { bytesOf, readDelimited, type DelimitedFile, type OnOpen } from './delimited-file.ts'
export { folderHolder, lockFolder, type FolderLock } from './folder-lock.ts'
export { growSlowly, SMALL_YOUNG } from './heaps.ts'
export { createIdSource, type IdSource } from './identifiers.ts'
export { modelKey, randomKey, seal, unseal } from './envelope.ts'
export { createKept } from './kept.ts'
export { createLog, type LineStream, type Logger } from './log.ts'
export { createMetrics } from './metrics.ts'
export { toE164 } from './phone.ts'
export { processAlive, processStart } from './process-identity.ts'
export { redactFields, redactText } from './redact.ts'
export { keepSecret, readSecret, secretPath } from './secrets.ts'
export type { Config, SettingName } from './settings.ts'
export { SetupError } from './setup-error.ts'
export { startThreads, type Threads } from './threads.ts'
export { createTrouble, type Trouble } from './trouble.ts'
export { readTextLines, type TextLine } from './text-lines.ts'
