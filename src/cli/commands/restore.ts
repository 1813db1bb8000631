/** `restore`: an empty product from a backup of the same or an older version. */
import { resolve } from 'node:path'
import { restoreBackup } from '../../store/index.ts'
import type { Define } from '../terminal.ts'

export const define: Define = (command, terminal) => {
  command
    .requiredOption('--from <dir>', 'folder written by backup')
    .action(async ({ from }: { from: string }) => {
      const config = terminal.config()
      const folder = resolve(from)
      const bar = terminal.progress('restoring', 1)
      try {
        const manifest = await restoreBackup({
          from: folder,
          settings: config,
          log: terminal.log(config),
          onTable: (name, done, total) => bar.update(done / total, name),
        })
        bar.end()
        const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0)
        terminal.result(
          { folder, rows, tables: manifest.tables.length, created_at: manifest.created_at },
          () => `${rows} rows of ${manifest.tables.length} tables restored from ${folder}`,
        )
      } finally {
        bar.end()
      }
    })
}
