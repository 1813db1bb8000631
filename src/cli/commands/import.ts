/** `import`: leads, listings, events and outcomes from files. */
import { resolve } from 'node:path'
import { Argument } from 'commander'
import { openDatabase } from '../../store/index.ts'
import { IMPORT_KINDS, type ImportKindName } from '../import/index.ts'
import type { Define } from '../terminal.ts'
import { auditCommand, realWorkspaceOf, workspaceOf } from '../workspace.ts'

interface Flags {
  readonly mapping?: string
  readonly workspace: string
  readonly dryRun?: true
  readonly history?: true
}

export const define: Define = (command, terminal) => {
  command
    .addArgument(new Argument('<kind>', 'what the file holds').choices(Object.keys(IMPORT_KINDS)))
    .argument('<file>', 'CSV or TSV, events and outcomes also JSON lines; also gzipped')
    .option('--mapping <file>', 'JSON: which column is what; guessed and shown without it')
    .option('--workspace <slug>', 'workspace to import into', 'main')
    .option(
      '--history',
      'events and outcomes were known when they happened (the log of another system), ' +
        'so that models may learn from them',
    )
    .option('--dry-run', 'say what would be imported and change nothing')
    .addHelpText(
      'after',
      '\nRows that cannot be taken in are written to FILE.rejected.jsonl with line and reason.' +
        '\nImporting a file again changes nothing. Edit the mapping that' +
        '\n  enterprisehub import leads FILE --dry-run --json' +
        '\nprints, and pass it with --mapping.',
    )
    .action(async (kind: ImportKindName, file: string, flags: Flags) => {
      const config = terminal.config()
      const database = await openDatabase(config, terminal.log(config))
      try {
        const find = flags.dryRun === true ? workspaceOf : realWorkspaceOf
        const workspaceId = await find(database, flags.workspace)
        const report = await IMPORT_KINDS[kind]({
          file,
          mapping: flags.mapping,
          database,
          workspaceId,
          dataDir: resolve(config.DATA_DIR),
          history: flags.history === true,
          dryRun: flags.dryRun === true,
          interactive: !terminal.json && process.stdin.isTTY && process.stderr.isTTY,
          note: terminal.note,
          progress: terminal.progress,
        })
        if (flags.dryRun !== true) await auditCommand(database, workspaceId, `${kind}.imported`)
        terminal.result(report.document, () => report.text)
      } finally {
        await database.close()
      }
    })
}
