/** The first start: workspaces, the first administrator, the secret that signs tokens. */
import { existsSync } from 'node:fs'
import type { Config, Logger } from '../platform/index.ts'
import { keepSecret, secretPath, SetupError } from '../platform/index.ts'
import { ensureMainWorkspace, transaction, type Database } from '../store/index.ts'
import { hashPassword, inventPassword } from './auth/passwords.ts'

const ADMIN_EMAIL = 'admin@localhost'
const ADMIN_PASSWORD = 'admin-password'

/** @throws SetupError in production without JWT_SECRET_KEY. */
export function tokenSecret(config: Config): string {
  if (config.JWT_SECRET_KEY !== undefined) return config.JWT_SECRET_KEY
  if (config.ENVIRONMENT === 'production')
    throw new SetupError(
      'JWT_SECRET_KEY is required in production: openssl rand -hex 32 makes one.',
    )
  return keepSecret(config.DATA_DIR, 'jwt-secret')
}

export interface BootstrapOptions {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  /** Prints a line to the person who starts the product; never into the log. */
  readonly announce?: (line: string) => void
}

/**
 * Makes what must exist: workspace `main`, with EH_DEMO also `demo`, and in a database without
 * users the first administrator, whose password is announced once when it was generated.
 */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { config, database, log } = options
  const { announce = (line) => process.stderr.write(`${line}\n`) } = options
  const email = (config.EH_ADMIN_EMAIL ?? ADMIN_EMAIL).toLowerCase()
  const invented = await transaction(database.owner, async (client) => {
    // Two processes that start at once make one administrator.
    await client.query('select pg_advisory_xact_lock(7313)')
    await ensureMainWorkspace(client)
    if (config.EH_DEMO)
      await client.query(
        `insert into workspaces (slug, name, simulated) values ('demo', 'Demo (simulated)', true)
         on conflict do nothing`,
      )
    const users = await client.query('select from users limit 1')
    const isFirst = users.rowCount === 0
    let password = config.EH_ADMIN_PASSWORD
    if (isFirst) {
      password ??= keepSecret(config.DATA_DIR, ADMIN_PASSWORD, inventPassword)
      await client.query(
        `insert into users (email, name, password_hash) values ($1, 'Administrator', $2)`,
        [email, await hashPassword(password)],
      )
      await client.query(
        `insert into memberships (workspace_id, user_id, role)
         select w.workspace_id, u.user_id, 'admin' from workspaces w, users u
         where w.slug = 'main'`,
      )
      log.info('first administrator made')
    }
    // Who runs the product may look at its demonstration.
    await client.query(
      `insert into memberships (workspace_id, user_id, role)
       select d.workspace_id, m.user_id, 'admin' from workspaces d, workspaces w
       join memberships m using (workspace_id)
       where d.slug = 'demo' and w.slug = 'main' and m.role = 'admin' and m.disabled_at is null
       on conflict do nothing`,
    )
    return isFirst && config.EH_ADMIN_PASSWORD === undefined ? password : undefined
  })
  const path = secretPath(config.DATA_DIR, ADMIN_PASSWORD)
  if (invented !== undefined)
    announce(`Sign in as ${email} with the password ${invented} (kept in ${path})`)
  else if (existsSync(path))
    announce(`Sign in as ${email}; the password of the first start is kept in ${path}`)
}
