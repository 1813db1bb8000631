/**
 * Database roles. `enterprisehub_app` holds the grants of the running product and
 * `enterprisehub_capture` owns the few functions that see several workspaces; neither can log in.
 * The product logs in as `eh_<database>`, a member of enterprisehub_app: no superuser, no owner,
 * bound by row-level security.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg'
import { SetupError } from '../platform/index.ts'
import type { Endpoint } from './connection.ts'

const GROUPS = ['enterprisehub_app', 'enterprisehub_capture'] as const

/**
 * How the product itself logs in. Its password follows from the owner's, so every process that
 * may migrate can also run and nothing needs to be stored.
 */
export function runtimeEndpoint(owner: Endpoint): Endpoint {
  const user = `eh_${owner.database}`
  if (Buffer.byteLength(user) > 63)
    throw new SetupError(
      `The database name ${owner.database} is too long: use at most 60 bytes in DATABASE_URL.`,
    )
  const password = createHmac('sha256', owner.password)
    .update(`enterprisehub-runtime:${owner.database}`)
    .digest('hex')
  return { ...owner, user, password }
}

/**
 * The verifier PostgreSQL stores instead of a password, so that the password itself never travels
 * in a statement (which a server may log).
 * Reference: RFC 5802 section 3 and RFC 7677; the format is PostgreSQL's scram-common.c.
 */
function scramVerifier(password: string): string {
  const iterations = 4_096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64')
  const server = sign('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`
}

async function tolerate(work: Promise<unknown>, codes: readonly string[]): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!codes.includes((error as { code?: string }).code ?? '')) throw error
  }
}

/** Two databases of one server may make the same role at once. */
const EXISTS = ['42710', '23505']

async function createMissing(client: ClientBase, runtime: Endpoint): Promise<void> {
  const found = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [[...GROUPS, runtime.user]],
  )
  const known = new Set(found.rows.map((row) => row.rolname))
  for (const group of GROUPS)
    if (!known.has(group)) await tolerate(client.query(`create role ${group} nologin`), EXISTS)
  if (!known.has(runtime.user)) {
    const verifier = escapeLiteral(scramVerifier(runtime.password))
    const role = `create role ${escapeIdentifier(runtime.user)} login password ${verifier}`
    await tolerate(client.query(`${role} in role enterprisehub_app`), EXISTS)
  }
  // Whoever is not a superuser must be a member to hand functions over.
  await client.query(`do $$ begin
    if not (select rolsuper from pg_roles where rolname = current_user)
      and not pg_has_role(current_user, 'enterprisehub_capture', 'set') then
      execute format('grant enterprisehub_capture to %I', current_user);
    end if;
  end $$`)
}

/**
 * Makes the roles that are missing; safe to repeat.
 * @throws SetupError when the owner may not create roles.
 */
export async function ensureRoles(client: ClientBase, runtime: Endpoint): Promise<void> {
  try {
    await createMissing(client, runtime)
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error
    throw new SetupError(
      'The user of DATABASE_URL may not create roles: run "alter role <user> ' +
        'createrole" as a superuser.',
      { cause: error },
    )
  }
  const database = escapeIdentifier(runtime.database)
  const user = escapeIdentifier(runtime.user)
  // The group has grants in every database of the product on this server; only the own is entered.
  await client.query(`grant connect on database ${database} to ${user}`)
  await tolerate(client.query(`revoke connect, temporary on database ${database} from public`), [
    '42501',
  ])
}

/** Gives the runtime role the password it should have (the owner's was changed). */
export async function resetRuntimePassword(client: ClientBase, runtime: Endpoint): Promise<void> {
  const verifier = escapeLiteral(scramVerifier(runtime.password))
  await client.query(`alter role ${escapeIdentifier(runtime.user)} password ${verifier}`)
}
