/** `ghl fake`: GoHighLevel as far as the product uses it, on this machine, with made-up people. */
import { Option, type Command } from 'commander'
import { loadOperations, seedLocation, startFake } from '../../integrations/index.ts'
import { seededRandom } from '../../math/index.ts'
import { systemClock } from '../../platform/index.ts'
import { midnight, whole } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'
import { untilSignal } from '../until-signal.ts'

interface Flags {
  readonly port: number
  readonly contacts: number
  readonly messages?: number
  readonly users: number
  readonly seed: number
  readonly until?: number
  readonly location: string
  readonly token: string
  readonly rateLimit: boolean
  readonly refuseEvery?: number
  readonly failEvery?: number
  readonly hangEvery?: number
  readonly expireAfter?: number
  readonly failAfterCreate?: true
}

const DAY_MS = 86_400_000
const MESSAGES_EACH = 10

async function serve(flags: Flags, terminal: Terminal): Promise<void> {
  const { contacts, messages = contacts * MESSAGES_EACH, location: locationId, token } = flags
  const operations = await loadOperations(terminal.config().EH_SHARED ?? '../shared')
  const until = flags.until ?? Math.floor(systemClock.now() / DAY_MS) * DAY_MS
  const random = seededRandom(flags.seed)
  const location = seedLocation({
    locationId,
    contacts,
    messages,
    users: flags.users,
    until,
    random,
  })
  const fake = await startFake({
    operations,
    location,
    token,
    port: flags.port,
    clock: systemClock,
    faults: {
      burst: flags.rateLimit ? 100 : null,
      refuse_every: flags.refuseEvery ?? null,
      fail_every: flags.failEvery ?? null,
      hang_every: flags.hangEvery ?? null,
      expire_after: flags.expireAfter ?? null,
      fail_after_create: flags.failAfterCreate === true,
    },
  })
  const document = {
    url: fake.url,
    location_id: locationId,
    token,
    checked_against: operations.source,
    operations: operations.count,
    contacts,
    messages,
  }
  terminal.result(
    document,
    () =>
      `A stand-in of GoHighLevel runs on ${fake.url}\n` +
      `with ${contacts} contacts and ${messages} messages. ` +
      `Requests are checked against ${operations.source}. Import from it with\n` +
      `  GHL_API_KEY=${token} enterprisehub ghl backfill --location ${locationId} ` +
      `--base-url ${fake.url}`,
  )
  await untilSignal()
  await fake.close()
}

export function defineFake(command: Command, terminal: Terminal): void {
  command
    .command('fake')
    .description('a stand-in of GoHighLevel on this machine, with made-up people')
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .option('--port <n>', 'TCP port on 127.0.0.1; 0 takes a free one', whole(0, 65_535), 4010)
    .option('--contacts <n>', 'contacts', whole(1, 200_000), 500)
    .option('--messages <n>', 'messages in all (ten for each contact)', whole(0, 5_000_000))
    .option('--users <n>', 'agents', whole(0, 1000), 12)
    .option('--seed <n>', 'the same seed makes the same people', whole(0, 4294967295), 1)
    .option('--until <date>', 'nothing happened later (today)', midnight)
    .option('--location <id>', 'its location', 'fakeLocation00000001')
    .option('--token <token>', 'the token that is accepted', 'pit-fake-0000-0000')
    .option('--no-rate-limit', 'take any number of requests')
    .option('--refuse-every <n>', 'every nth request answers 429', whole(1, 1e9))
    .option('--fail-every <n>', 'every nth request answers 500', whole(1, 1e9))
    .option('--hang-every <n>', 'every nth request is never answered', whole(1, 1e9))
    .option('--expire-after <n>', 'the token expires after n requests', whole(0, 1e9))
    .option('--fail-after-create', 'creates, then answers 500')
    .action((flags: Flags) => serve(flags, terminal))
}
