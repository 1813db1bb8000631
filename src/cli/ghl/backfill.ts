/** `ghl backfill`: imports a location of GoHighLevel, read only. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Option, type Command } from 'commander'
import {
  backfill,
  createGhlClient,
  GHL_BASE_URL,
  type BackfillReport,
} from '../../integrations/index.ts'
import { seededRandom } from '../../math/index.ts'
import { SetupError, systemClock } from '../../platform/index.ts'
import { openDatabase } from '../../store/index.ts'
import { address, whole } from '../arguments.ts'
import { servedSink } from '../import/served.ts'
import type { Terminal } from '../terminal.ts'
import { auditCommand, realWorkspaceOf } from '../workspace.ts'

interface Flags {
  readonly location: string
  readonly baseUrl: string
  readonly workspace: string
  readonly rate: number
  readonly timeout: number
  readonly sellerPipeline: readonly string[]
  readonly history?: true
}

/** GoHighLevel allows 100: some are left for whatever else uses the token. */
const USUAL_RATE = 90

const duration = (seconds: number): string =>
  seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([reason, count]) => `\n  ${count} ${reason}`)
    .join('')

function describe({ location, counts, requests, seconds, waitedSeconds }: BackfillReport): string {
  const { leads, shared, events, outcomes, notes, skipped, refused } = counts
  const left = counts.owners_not_members
  return [
    `${location.name}: ${leads.created} leads created, ${leads.changed} changed, ` +
      `${leads.unchanged} as before; ${leads.matched} were here already under another name.`,
    `${events.new} events new, ${events.known} known; ${outcomes.won} won and ` +
      `${outcomes.lost} lost; ${notes} notes new.`,
    `${shared.emails} e-mail addresses and ${shared.phones} phones are shared: kept as several ` +
      'people. Merge those who are one.',
    ...(leads.erased > 0 ? [`${leads.erased} were erased at their request and stay so.`] : []),
    ...(left.length > 0
      ? [`No members here, so their leads have no owner: ${left.join(', ')}. Invite and repeat.`]
      : []),
    ...(Object.keys(skipped).length > 0 ? [`Not events:${listed(skipped)}`] : []),
    ...(Object.keys(refused).length > 0 ? [`Refused:${listed(refused)}`] : []),
    `${requests} requests in ${duration(Math.round(seconds))}, of which ` +
      `${duration(Math.round(waitedSeconds))} waiting for the rate limit.`,
  ].join('\n')
}

async function run(flags: Flags, terminal: Terminal): Promise<void> {
  const config = terminal.config()
  const token = config.GHL_API_KEY
  if (token === undefined)
    throw new SetupError(
      'Set GHL_API_KEY to a private integration token (GoHighLevel: Settings, Private ' +
        'Integrations; read-only scopes suffice).',
    )
  if (flags.baseUrl === GHL_BASE_URL && flags.rate > 100)
    throw new SetupError('GoHighLevel allows 100 requests in ten seconds: lower --rate.')
  const client = createGhlClient({
    baseUrl: flags.baseUrl,
    token,
    rate: flags.rate,
    timeoutMs: flags.timeout,
    clock: systemClock,
    random: seededRandom(systemClock.now() % 2 ** 32),
    sleep,
  })
  const database = await openDatabase(config, terminal.log(config))
  const bar = terminal.progress('importing', 1)
  try {
    const workspaceId = await realWorkspaceOf(database, flags.workspace)
    await auditCommand(
      database,
      workspaceId,
      'ghl_import.started',
      `ghl-location:${flags.location}`,
    )
    const history = flags.history === true
    const report = await backfill({
      database,
      workspaceId,
      client,
      locationId: flags.location,
      clock: systemClock,
      history,
      sellerPipelines: flags.sellerPipeline,
      openSink: servedSink(database),
      onProgress: ({ reading, fraction, remainingSeconds }) =>
        bar.update(fraction, `${reading}, ${duration(remainingSeconds)} left`),
    })
    bar.end()
    terminal.result(report, () => describe(report))
  } finally {
    bar.end()
    await database.close()
  }
}

export function defineBackfill(command: Command, terminal: Terminal): void {
  command
    .command('backfill')
    .description('import contacts, conversations, appointments, opportunities and notes, read only')
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .requiredOption('--location <id>', 'the location (sub-account) to import')
    .option('--base-url <url>', 'where its API is', address, GHL_BASE_URL)
    .option('--workspace <slug>', 'workspace to import into', 'main')
    .option('--rate <n>', 'requests in ten seconds', whole(1, 1_000_000), USUAL_RATE)
    .option('--timeout <ms>', 'how long an answer may take', whole(10, 600_000), 30_000)
    .option(
      '--seller-pipeline <name...>',
      'pipelines in which winning means a signed listing, not a purchase',
      [],
    )
    .option(
      '--history',
      'events were known when they happened, so that models may learn from them (as for import)',
    )
    .addHelpText(
      'after',
      '\nThe token is GHL_API_KEY. Nothing is written to GoHighLevel. An import that was cut off' +
        '\ngoes on where it was; one that is repeated changes nothing.',
    )
    .action((flags: Flags) => run(flags, terminal))
}
