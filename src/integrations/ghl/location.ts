/**
 * What records mean in a location: names of its pipelines, calendars and fields, its zone, who of
 * its users is a member here. Read with a token; kept, so that webhooks are understood without one.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { declareAttributes, listMembers, type Database } from '../../store/index.ts'
import type { GhlClient } from './client.ts'
import { declaredFields } from './contacts.ts'
import { GhlCalendar, type GhlUser } from './records.ts'

export interface LocationSettings {
  readonly name: string
  readonly country: string
  /** IANA name that dates without a zone are meant in. */
  readonly zone: string | undefined
  /** Names of attributes by custom field. */
  readonly fields: ReadonlyMap<string, string>
  /** Members of the workspace by GoHighLevel user. */
  readonly owners: ReadonlyMap<string, number>
  readonly lostReasons: ReadonlyMap<string, string>
  readonly pipelines: ReadonlyMap<string, string>
  readonly stages: ReadonlyMap<string, string>
  readonly calendars: readonly GhlCalendar[]
  /** Pipelines, by name in lower case, in which winning means a signed listing. */
  readonly sellerPipelines: ReadonlySet<string>
}

export interface ReadLocation {
  readonly database: Pick<Database, 'withWorkspace'>
  readonly workspaceId: number
  readonly client: GhlClient
  readonly locationId: string
  /** Names of pipelines in which winning means a signed listing. */
  readonly sellerPipelines: readonly string[]
}

const USERS_PAGE = 100

async function readUsers(client: GhlClient, locationId: string, companyId: string) {
  const users: GhlUser[] = []
  for (;;) {
    const skip = users.length
    const query = { companyId, locationId, skip: String(skip), limit: String(USERS_PAGE) }
    const page = (await client.ask('users', { query })).users
    users.push(...page)
    if (page.length < USERS_PAGE) return users
  }
}

const textMap = (rows: readonly { id?: string | null; name?: string | null }[]) =>
  new Map(rows.map(({ id, name }) => [id ?? '', name ?? '']))

/** @throws SetupError that says what to do, e.g. when the token may not read the location */
export async function readLocationSettings(
  options: ReadLocation,
): Promise<{ settings: LocationSettings; userNames: ReadonlyMap<string, string> }> {
  const { client, locationId, database, workspaceId, sellerPipelines } = options
  const query = { locationId }
  const { location } = await client.ask('location', { path: { locationId } })
  const { customFields } = await client.ask('customFields', {
    path: { locationId },
    query: { model: 'contact' },
  })
  const users = await readUsers(client, locationId, location.companyId ?? '')
  const { pipelines } = await client.ask('pipelines', { query })
  const { lostReasons } = await client.ask('lostReasons', { query: { ...query, limit: 100 } })
  const { calendars } = await client.ask('calendars', { query })
  const { names, declarations } = declaredFields(customFields)
  const members = await database.withWorkspace(workspaceId, async (c) => {
    await declareAttributes(c, declarations)
    return listMembers(c)
  })
  const byEmail = new Map(members.map(({ email, userId }) => [email.toLowerCase(), userId]))
  const owners = users.flatMap(({ id, email }): [string, number][] => {
    const member = byEmail.get((email ?? '').toLowerCase())
    return member === undefined ? [] : [[id, member]]
  })
  return {
    settings: {
      name: location.name ?? locationId,
      country: location.country ?? 'US',
      zone: location.timezone ?? undefined,
      fields: names,
      owners: new Map(owners),
      lostReasons: textMap(lostReasons),
      pipelines: textMap(pipelines),
      stages: textMap(pipelines.flatMap(({ stages }) => stages ?? [])),
      calendars,
      sellerPipelines: new Set(sellerPipelines.map((name) => name.toLowerCase())),
    },
    userNames: new Map(users.map(({ id, name, email }) => [id, name ?? email ?? id])),
  }
}

const Pairs = Type.Array(Type.Tuple([Type.String(), Type.String()]))
const Stored = Type.Object({
  name: Type.String(),
  country: Type.String(),
  zone: Type.Union([Type.String(), Type.Null()]),
  fields: Pairs,
  owners: Type.Array(Type.Tuple([Type.String(), Type.Number()])),
  lostReasons: Pairs,
  pipelines: Pairs,
  stages: Pairs,
  calendars: Type.Array(GhlCalendar),
  sellerPipelines: Type.Array(Type.String()),
})
const stored = Compile(Stored)

/** As plain data, to be kept. */
export const settingsDocument = (settings: LocationSettings): Static<typeof Stored> => ({
  ...settings,
  zone: settings.zone ?? null,
  fields: [...settings.fields],
  owners: [...settings.owners],
  lostReasons: [...settings.lostReasons],
  pipelines: [...settings.pipelines],
  stages: [...settings.stages],
  calendars: settings.calendars.map(({ id, name }) => ({ id, name: name ?? null })),
  sellerPipelines: [...settings.sellerPipelines],
})

/** What is known of a location that was never read: records are taken for what they say. */
export const unreadLocation = (locationId: string): LocationSettings => ({
  name: locationId,
  country: 'US',
  zone: undefined,
  fields: new Map(),
  owners: new Map(),
  lostReasons: new Map(),
  pipelines: new Map(),
  stages: new Map(),
  calendars: [],
  sellerPipelines: new Set(),
})

/** The same as plain data. */
export const unreadSettings = (locationId: string) => settingsDocument(unreadLocation(locationId))

/** From plain data that settingsDocument made. */
export function settingsOf(document: unknown): LocationSettings {
  const { zone, ...rest } = stored.Parse(document)
  return {
    ...rest,
    zone: zone ?? undefined,
    fields: new Map(rest.fields),
    owners: new Map(rest.owners),
    lostReasons: new Map(rest.lostReasons),
    pipelines: new Map(rest.pipelines),
    stages: new Map(rest.stages),
    sellerPipelines: new Set(rest.sellerPipelines),
  }
}
