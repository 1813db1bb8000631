/** Row-level security, read from the catalogue: a table or function that is added is judged too. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'

/** Tables of the product as a whole: what they hold belongs to no workspace and to nobody. */
const SHARED = ['identity_epoch', 'partition_leases', 'state_rebuilds']

/** Policies of another form than the one below, with what makes them safe. */
const OTHER_POLICIES: Record<string, RegExp> = {
  // A user is visible where it is a member.
  users: /EXISTS.*m\.user_id = users\.user_id.*m\.workspace_id = current_workspace\(\)/s,
}

const TENANT = '(workspace_id = current_workspace())'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

async function read<R extends object>(text: string): Promise<R[]> {
  return (await database.owner.query<R>(text)).rows
}

/** Schemas that the runtime role can look into, except those of PostgreSQL itself. */
const OURS = `n.nspname !~ '^(pg_|information_schema$)'
  and has_schema_privilege('enterprisehub_app', n.oid, 'usage')`

test('every table the runtime can reach has row-level security', async () => {
  const tables = await read<{ name: string; secured: boolean; kind: string }>(
    `select c.oid::regclass::text as name, c.relrowsecurity as secured, c.relkind as kind
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm', 'f') and ${OURS} order by 1`,
  )
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['event_log', 'event_log_00000', 'event_log_00003', 'lead_bases']),
  )
  const open = tables.filter(({ secured }) => !secured).map(({ name }) => name)
  expect(open, 'add the policy of migrations/0001 to the new table').toEqual(SHARED)
  const written = await read<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relrowsecurity and ${OURS}
       and has_table_privilege('enterprisehub_app', c.oid, 'insert, update, delete, truncate')`,
  )
  expect(written, 'shared tables are written by functions only').toEqual([])
})

test('every policy of the runtime compares with the workspace of the transaction', async () => {
  const policies = await read<{
    table: string
    using: string | null
    check: string | null
    command: string
    permissive: boolean
  }>(
    `select p.polrelid::regclass::text as table, p.polcmd as command,
       p.polpermissive as permissive, pg_get_expr(p.polqual, p.polrelid) as using,
       pg_get_expr(p.polwithcheck, p.polrelid) as check
     from pg_policy p where exists (select from unnest(p.polroles) r(role)
       where r.role = 0 or pg_has_role('enterprisehub_app', r.role, 'member')) order by 1`,
  )
  expect(policies.length).toBeGreaterThan(15)
  for (const { table, using, check } of policies) {
    const other = OTHER_POLICIES[table]
    if (other === undefined)
      expect({ table, using, check }).toEqual({ table, using: TENANT, check: TENANT })
    else expect(`${using} ${check}`, table).toMatch(other)
  }
})

test('the runtime may not read, write or own a part of the log, nor empty any table', async () => {
  const reachable = await read(
    `select c.oid::regclass::text as name from pg_class c
     join pg_inherits i on i.inhrelid = c.oid
     where c.relkind in ('r', 'p') and (
       has_any_column_privilege('enterprisehub_app', c.oid, 'select, insert, update')
       or has_table_privilege('enterprisehub_app', c.oid, 'delete'))`,
  )
  expect(reachable).toEqual([])
  const emptied = await read(
    `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and ${OURS} and
       has_table_privilege('enterprisehub_app', c.oid, 'truncate, trigger, references')`,
  )
  expect(emptied).toEqual([])
})

test('views look with the rights of whoever asks', async () => {
  const views = await read<{ name: string; options: string[] | null }>(
    `select c.relname as name, c.reloptions as options from pg_class c
     join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and ${OURS}`,
  )
  expect(views.length).toBeGreaterThan(0)
  for (const { name, options } of views)
    expect(options ?? [], name).toContain('security_invoker=true')
})

test('functions that see several workspaces belong to a role that cannot log in', async () => {
  const functions = await read<{
    name: string
    owner: string
    everybody: boolean
    path: string | null
  }>(
    `select p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner,
       (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))
         as everybody,
       (select c from unnest(p.proconfig) c where c like 'search_path=%') as path
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and ${OURS} order by 1`,
  )
  expect(functions.length).toBeGreaterThan(30)
  for (const { name, ...rest } of functions)
    expect({ name, ...rest }).toEqual({
      name,
      owner: 'enterprisehub_capture',
      everybody: false,
      // Nothing that a session makes can stand in for what the function means.
      path: 'search_path=pg_catalog, public, pg_temp',
    })
  const [role] = await read(
    `select rolcanlogin, rolsuper, rolbypassrls from pg_roles
     where rolname = 'enterprisehub_capture'`,
  )
  expect(role).toEqual({ rolcanlogin: false, rolsuper: false, rolbypassrls: false })
})
