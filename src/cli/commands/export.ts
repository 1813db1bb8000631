/** `export`: a workspace's data, in files that can be imported again. */
import { resolve } from 'node:path'
import { Argument, Option } from 'commander'
import { openDatabase } from '../../store/index.ts'
import { exportEvents, type ExportFormat } from '../export/events.ts'
import type { Define } from '../terminal.ts'
import { auditCommand, workspaceOf } from '../workspace.ts'

interface Flags {
  readonly out: string
  readonly workspace: string
  readonly format: ExportFormat
}

export const define: Define = (command, terminal) => {
  command
    .addArgument(new Argument('<kind>', 'what to export').choices(['events']))
    .requiredOption('--out <dir>', 'folder for the files; they hold personal data')
    .option('--workspace <slug>', 'workspace to export', 'main')
    .addOption(
      new Option('--format <format>', 'JSON lines keep everything; CSV has no identity links')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    )
    .action(async (_kind: string, flags: Flags) => {
      const config = terminal.config()
      const database = await openDatabase(config, terminal.log(config))
      const bar = terminal.progress('exporting events', 1)
      try {
        const workspaceId = await workspaceOf(database, flags.workspace)
        // Before, not after: what was begun may be kept.
        await auditCommand(database, workspaceId, 'events.exported')
        const report = await exportEvents({
          database,
          workspaceId,
          folder: resolve(flags.out),
          format: flags.format,
          onEvents: (written, position, last) =>
            bar.update(last === 0 ? 1 : position / last, `${written} events`),
        })
        bar.end()
        terminal.result(
          { kind: 'events', ...report },
          () => `${report.events} events and ${report.links} identity links in ${report.file}`,
        )
      } finally {
        bar.end()
        await database.close()
      }
    })
}
