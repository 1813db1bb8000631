/** The workspace a command works in, named by --workspace. */
import { SetupError } from '../platform/index.ts'
import {
  appendAudit,
  ensureMainWorkspace,
  everyWorkspace,
  isSimulated,
  type Database,
} from '../store/index.ts'

/** @throws SetupError when there is no such workspace. */
export async function workspaceOf(database: Database, slug: string): Promise<number> {
  // The server may never have run on this database.
  await ensureMainWorkspace(database.owner)
  const workspaces = await everyWorkspace(database.owner)
  const found = workspaces.find((workspace) => workspace.slug === slug)
  if (found !== undefined) return found.workspaceId
  throw new SetupError(
    `There is no workspace "${slug}"; there is ${workspaces.map((w) => w.slug).join(', ')}.`,
  )
}

/**
 * The same, for what brings real leads.
 * @throws SetupError when there is no such workspace, or it holds a simulated market.
 */
export async function realWorkspaceOf(database: Database, slug: string): Promise<number> {
  const workspaceId = await workspaceOf(database, slug)
  if (await database.withWorkspace(workspaceId, isSimulated))
    throw new SetupError(
      `The workspace "${slug}" holds a simulated market: real leads among made-up ones could not ` +
        'be told apart. Name one of your own with --workspace; main is always there.',
    )
  return workspaceId
}

/** Writes into the audit log what somebody at the machine did, who is nobody the product knows. */
export async function auditCommand(
  database: Database,
  workspaceId: number,
  action: string,
  subject = `workspace:${workspaceId}`,
): Promise<void> {
  const details = { from: 'command line' }
  await appendAudit(database.app, workspaceId, { actor: 'system', action, subject, details })
}
