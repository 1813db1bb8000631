/** store: PostgreSQL, the one store of record. May import core and platform. */
export { transaction, type Endpoint } from './connection.ts'
export { openDatabase, type Database, type DatabaseOptions } from './database.ts'
export { readMigrations, type Migration } from './migrations.ts'
export {
  IDENTITY_KIND,
  appendRows,
  readLog,
  readPerson,
  type AppendResult,
  type AppendStatus,
  type IdentityKind,
  type LogRow,
  type LogSlice,
} from './event-log.ts'
