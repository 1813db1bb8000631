/** `train`: retrains now and prints the champion/challenger decision. */
import { InvalidArgumentError } from 'commander'
import { runRetraining, TRAINABLE, type RunReport } from '../../learning/index.ts'
import { createIdSource, modelKey, SetupError, systemClock } from '../../platform/index.ts'
import { findWorkspace, finishJob, insertJob, openDatabase } from '../../store/index.ts'
import type { Define, Terminal } from '../terminal.ts'

interface Flags {
  readonly model: string
  readonly days?: number
  readonly workspace: string
}

/** Longest a training on the command line may take before a worker may repeat it. */
const LEASE_SECONDS = 6 * 3600

function wholeDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1)
    throw new InvalidArgumentError('Expected a whole number of days from 1.')
  return days
}

const shown = (value: number | null): string => (value === null ? 'none' : value.toFixed(4))

function text(report: RunReport): string {
  const { verdict, split, model, version, championVersion } = report
  const line = (name: string, found: RunReport['challenger'] | null): string[] =>
    found === null
      ? []
      : [
          `  ${name.padEnd(11)} AUC ${shown(found.rocAuc)}  log loss ${shown(found.logLoss)}  ` +
            `ECE ${shown(found.ece)}`,
        ]
  const judged =
    split.kind === 'time'
      ? `${split.holdoutRows} later rows of held-out leads`
      : `${split.holdoutRows} rows, each judged by a model of other leads`
  return [
    `${model}: ${verdict.decision} (${verdict.because})`,
    version === null
      ? `  champion stays: ${championVersion === null ? 'none' : `version ${championVersion}`}`
      : `  version ${version} is live`,
    `  ${report.rows} rows of ${report.leads} leads, ${report.positives} with the outcome; ` +
      judged,
    ...line('challenger', report.challenger),
    ...line('champion', report.champion),
    ...line('prior', report.prior),
    ...line('rules', report.rule),
  ].join('\n')
}

async function train(flags: Flags, terminal: Terminal): Promise<void> {
  const specs = TRAINABLE.filter(({ name }) => flags.model === 'all' || flags.model === name)
  if (specs.length === 0)
    throw new SetupError(
      `there is no model "${flags.model}" to train; there are all, ` +
        TRAINABLE.map(({ name }) => name).join(', '),
    )
  const config = terminal.config()
  const database = await openDatabase(config, terminal.log(config))
  const holder = createIdSource()()
  const progress = terminal.progress('training', 1)
  try {
    const workspace = await findWorkspace(database.app, flags.workspace)
    if (workspace === undefined)
      throw new SetupError(`there is no workspace "${flags.workspace}": check --workspace`)
    const { workspaceId, settings } = workspace
    const reports: RunReport[] = []
    for (const spec of specs) {
      const days = flags.days ?? null
      const jobId = await database.withWorkspace(workspaceId, (client) =>
        insertJob(client, {
          model: spec.name,
          days,
          requestedBy: 'train',
          heldBy: { holder, seconds: LEASE_SECONDS },
        }),
      )
      const finish = (end: Parameters<typeof finishJob>[3]): Promise<boolean> =>
        database.withWorkspace(workspaceId, (client) => finishJob(client, jobId, holder, end))
      try {
        const report = await runRetraining({
          registry: { database, masterKey: modelKey(config) },
          workspaceId,
          spec,
          settings,
          now: systemClock.now(),
          days,
          actor: 'train',
          progress: (f, note) => progress.update(f, note),
        })
        await finish({ results: report })
        reports.push(report)
      } catch (error) {
        await finish({ error: error instanceof Error ? error.message : String(error) })
        throw error
      }
    }
    progress.end()
    terminal.result({ workspace: flags.workspace, models: reports }, () =>
      reports.map(text).join('\n'),
    )
  } finally {
    progress.end()
    await database.close()
  }
}

export const define: Define = (command, terminal) => {
  command
    .option('--model <name>', 'which model, or all', 'all')
    .option('--days <n>', 'learn from the last so many days only', wholeDays)
    .option('--workspace <slug>', 'which workspace', 'main')
    .action((flags: Flags) => train(flags, terminal))
}
