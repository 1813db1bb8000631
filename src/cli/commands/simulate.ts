/** `simulate`: the seeded market, into files or to a running server. */
import { InvalidArgumentError, Option } from 'commander'
import { SetupError, systemClock } from '../../platform/index.ts'
import { createMarket, DEMO_MARKET, type Market } from '../../simulation/index.ts'
import { writeMarket } from '../market/files.ts'
import { streamMarket } from '../market/live.ts'
import { address, midnight, whole } from '../arguments.ts'
import type { Define, Terminal } from '../terminal.ts'

const DAY_MS = 86_400_000
/** Files start on this day whenever they are made, so that the same seed gives the same bytes. */
const FIXED_START = '2026-01-01'

interface Flags {
  readonly leads: number
  readonly days: number
  readonly seed: number
  readonly start?: number
  readonly out?: string
  readonly live?: string
  readonly rate: number
  readonly key?: string
  readonly stamp: 'original' | 'now'
  readonly truthEvery: number
  readonly bounds?: true
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0) || value > 100_000)
    throw new InvalidArgumentError('Expected a number above 0, at most 100000.')
  return value
}

export const define: Define = (command, terminal) => {
  command
    .option('--leads <n>', 'number of leads', whole(1, 200_000), DEMO_MARKET.leads)
    .option('--days <n>', 'number of days', whole(2, 1000), DEMO_MARKET.days)
    .option(
      '--seed <n>',
      'the same seed gives the same bytes',
      whole(0, 4294967295),
      DEMO_MARKET.seed,
    )
    .option('--start <date>', `first day (files: ${FIXED_START}; --live: ends yesterday)`, midnight)
    .option('--out <dir>', 'write listings, leads, events, outcomes, parameters and truth')
    .option('--truth-every <days>', 'days between rows of truth.csv', whole(1, 1000), 7)
    .option('--bounds', 'add to truth.csv what the best possible observer would say (slower)')
    .option('--live <url>', 'stream to a running server', address)
    .option('--rate <n>', 'events a second with --live', positive, 20)
    .option('--key <key>', 'API key for --live')
    .addOption(
      new Option('--stamp <which>', 'times of live events: of the market, or of sending')
        .choices(['original', 'now'])
        .default('original'),
    )
    .action(async (flags: Flags) => {
      if ((flags.out === undefined) === (flags.live === undefined))
        command.error('say where to: either --out DIR or --live URL')
      await (flags.out === undefined ? live : files)(flags, terminal)
    })
}

function marketOf(flags: Flags, startMs: number): Market {
  const { seed, leads, days } = flags
  return createMarket({ seed, leads, days, startMs: flags.start ?? startMs })
}

async function files(flags: Flags, terminal: Terminal): Promise<void> {
  const folder = flags.out!
  const market = marketOf(flags, midnight(FIXED_START))
  const progress = terminal.progress('simulating', flags.days)
  const written = await writeMarket(market, {
    folder,
    truthEvery: flags.truthEvery,
    bounds: flags.bounds === true,
    onDay: (day) => progress.update(day, `day ${day}`),
  }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error)
      throw new SetupError(`cannot write to ${folder}: ${error.message}`)
    throw error
  })
  progress.end()
  const { seed, leads, days } = flags
  terminal.result(
    { ...written, simulated: true, market: market.prefix, seed, leads, days, out: folder },
    () =>
      `simulated market ${market.prefix}: ${written.events} events, ` +
      `${written.outcomes} outcomes, ${market.homes.length} listings in ${folder}`,
  )
}

async function live(flags: Flags, terminal: Terminal): Promise<void> {
  const today = Math.floor(systemClock.now() / DAY_MS) * DAY_MS
  const market = marketOf(flags, today - flags.days * DAY_MS)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const progress = terminal.progress('streaming', flags.days)
  const told = new Set<string>()
  try {
    const sent = await streamMarket(market, {
      url: flags.live!,
      key: flags.key,
      rate: flags.rate,
      stampNow: flags.stamp === 'now',
      clock: systemClock,
      signal: stop.signal,
      onDay: (day) => progress.update(day, `day ${day}`),
      onFault: (text) => {
        const kind = text.slice(0, 40)
        if (!told.has(kind)) terminal.note(text)
        told.add(kind)
      },
    })
    progress.end()
    const { seed, leads, days } = flags
    terminal.result(
      { simulated: true, market: market.prefix, seed, leads, days, url: flags.live, ...sent },
      () =>
        `${sent.complete ? 'streamed' : 'stopped after'} ${sent.sent} items: ` +
        `${sent.accepted} accepted, ${sent.duplicates} duplicates, ` +
        `${sent.rejected} rejected, ${sent.retries} retries`,
    )
  } finally {
    progress.end()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
