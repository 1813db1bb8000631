/** A running product whose leads are scored, for benchmarks of what happens live. */
import { rmSync } from 'node:fs'
import { encodeModel, publishVersion, setAlias } from '../src/models/index.ts'
import { freePort, openBeside, productFolder, serve, stop } from '../test/support/served.ts'
import { makeKey } from '../test/support/keys.ts'
import { makeWorkspace } from '../test/support/workspaces.ts'
import { benchModel } from './live-model.ts'

const MASTER_KEY = '5a'.repeat(32)

export interface LiveProduct {
  readonly url: string
  readonly port: number
  /** Key of the workspace, for writing events and leads. */
  readonly key: string
  /** Size of the model that scores. */
  readonly model: { readonly trees: number; readonly bytes: number }
  readonly close: () => Promise<void>
}

/** Starts it with default settings and a workspace `main` with a champion; see live-model.ts. */
export async function startLiveProduct(
  environment: Record<string, string> = {},
): Promise<LiveProduct> {
  const dataDir = productFolder('live')
  const port = await freePort()
  const served = await serve(dataDir, port, { ...environment, MODEL_ENCRYPTION_KEY: MASTER_KEY })
  const database = await openBeside(dataDir)
  const close = async (): Promise<void> => {
    await database.close()
    await stop(served)
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const workspaceId = await makeWorkspace(database, 'main')
    const key = await makeKey(database, 'main', ['events:write', 'leads:read', 'leads:write'])
    const model = benchModel()
    const registry = { database, masterKey: Buffer.from(MASTER_KEY, 'hex') }
    const version = await publishVersion(registry, workspaceId, model, { createdBy: 'bench' })
    const order = { name: 'lead_scoring', alias: 'champion', version } as const
    await setAlias(registry, workspaceId, { ...order, actor: 'bench', reason: 'bench' })
    const trees = [...model.boosters, ...model.bags].reduce((sum, m) => sum + m.trees, 0)
    const { url } = served
    return { url, port, key, model: { trees, bytes: encodeModel(model).length }, close }
  } catch (error) {
    await close()
    throw error
  }
}
