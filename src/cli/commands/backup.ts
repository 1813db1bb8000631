/** `backup`: the whole product, consistent, into one folder. */
import { resolve } from 'node:path'
import { systemClock } from '../../platform/index.ts'
import { openDatabase, writeBackup } from '../../store/index.ts'
import type { Define } from '../terminal.ts'
import { productVersion } from '../version.ts'

export const define: Define = (command, terminal) => {
  command
    .requiredOption('--out <dir>', 'new folder for the backup; it will hold secrets')
    .action(async ({ out }: { out: string }) => {
      const config = terminal.config()
      const folder = resolve(out)
      const database = await openDatabase(config, terminal.log(config))
      const bar = terminal.progress('backing up', 1)
      try {
        const manifest = await writeBackup(database, {
          out: folder,
          dataDir: resolve(config.DATA_DIR),
          productVersion: productVersion(),
          createdAt: new Date(systemClock.now()).toISOString(),
          onTable: (name, done, total) => bar.update(done / total, name),
        })
        bar.end()
        const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0)
        const elsewhere = config.MODEL_STORE?.startsWith('s3://')
          ? `; the models stay in ${config.MODEL_STORE}`
          : ''
        terminal.result(
          { folder, rows, tables: manifest.tables.length, files: manifest.files.length },
          () =>
            `${rows} rows of ${manifest.tables.length} tables and ${manifest.files.length} ` +
            `files in ${folder}${elsewhere}; keep it safe, it holds secrets`,
        )
      } finally {
        bar.end()
        await database.close()
      }
    })
}
