/** Workspaces that hold a simulated market take no real leads: nobody could tell them apart. */
import { AppError } from '../core/index.ts'
import { isSimulated, type Database } from '../store/index.ts'

/** @throws AppError `simulated-workspace` when the workspace holds a simulated market. */
export async function refuseSimulated(database: Database, workspaceId: number): Promise<void> {
  if (await database.withWorkspace(workspaceId, isSimulated))
    throw new AppError(
      'simulated-workspace',
      'its leads are made up; real ones among them could not be told apart, ' +
        'and models would learn from both',
    )
}
