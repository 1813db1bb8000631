/** `train`: retrains now and prints the champion/challenger decision. */
import { InvalidArgumentError } from 'commander'
import { TRAINABLE, type RunReport } from '../../learning/index.ts'
import { createIdSource, modelKey, SetupError } from '../../platform/index.ts'
import { findWorkspace, openDatabase, takeJob, type JobRequest } from '../../store/index.ts'
import { LEASE_SECONDS, runHeldJob } from '../../worker/index.ts'
import type { Define, Terminal } from '../terminal.ts'

interface Flags {
  readonly model: string
  readonly days?: number
  readonly workspace: string
}

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
  const log = terminal.log(config)
  const database = await openDatabase(config, log)
  const options = { database, config, log, masterKey: modelKey(config), holder: createIdSource()() }
  const progress = terminal.progress('training', specs.length)
  try {
    const workspace = await findWorkspace(database.app, flags.workspace)
    if (workspace === undefined)
      throw new SetupError(`there is no workspace "${flags.workspace}": check --workspace`)
    const { workspaceId } = workspace
    const reports: RunReport[] = []
    for (const [i, { name: model }] of specs.entries()) {
      const request = { model, days: flags.days ?? null, requestedBy: 'train' }
      const onProgress = (share: number): void => progress.update(i + share, model)
      reports.push(await trainOne(options, workspaceId, request, onProgress))
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

type Options = Parameters<typeof runHeldJob>[0]

/** @throws SetupError when the model is being retrained already, or nothing could be learned. */
async function trainOne(
  options: Options,
  workspaceId: number,
  request: JobRequest,
  onProgress: (share: number) => void,
): Promise<RunReport> {
  const { database, holder } = options
  const jobId = await database.withWorkspace(workspaceId, (client) =>
    takeJob(client, request, { holder, seconds: LEASE_SECONDS }),
  )
  if (typeof jobId !== 'string') {
    const { requestedBy, requestedAt, progress } = jobId.open
    throw new SetupError(
      `${request.model} is being retrained already: asked for by ${requestedBy} at ` +
        `${requestedAt.toISOString()}, ${Math.round(progress * 100)} % done`,
    )
  }
  const end = await runHeldJob(options, { workspaceId, jobId }, { onProgress })
  if (end === undefined) throw new SetupError('the training was taken over by another process')
  if ('error' in end) throw new SetupError(end.error)
  return end.results as RunReport
}

export const define: Define = (command, terminal) => {
  command
    .option('--model <name>', 'which model, or all', 'all')
    .option('--days <n>', 'learn from the last so many days only', wholeDays)
    .option('--workspace <slug>', 'which workspace', 'main')
    .action((flags: Flags) => train(flags, terminal))
}
