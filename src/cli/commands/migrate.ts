/** `migrate`: brings the database schema up to date. */
import { openDatabase } from '../../store/index.ts'
import type { Define } from '../terminal.ts'

export const define: Define = (command, terminal) => {
  command.action(async () => {
    const config = terminal.config()
    const database = await openDatabase(config, terminal.log(config))
    await database.close()
    terminal.result(
      { schema_version: database.schemaVersion },
      () => `the database schema is at version ${database.schemaVersion}`,
    )
  })
}
