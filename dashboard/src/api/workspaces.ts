/** Going from one workspace to another. */
import type { SessionAnswer } from '../../../src/contract/index.ts'
import { request } from './request.ts'
import { remember } from './session.ts'

/** @throws Problem when it is none of one's workspaces any more. */
export async function enterWorkspace(workspace: string): Promise<void> {
  remember(await request<SessionAnswer>('POST', '/v1/session/workspace', { workspace }))
}
