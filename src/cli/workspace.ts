/** The workspace a command works in, named by --workspace. */
import { SetupError } from '../platform/index.ts'
import { ensureMainWorkspace, everyWorkspace, type Database } from '../store/index.ts'

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
