/** Where somebody who signs in looks first. */
import type { LeadsAnswer, MeAnswer, SessionAnswer } from '../../../src/contract/index.ts'
import { request } from './request.ts'
import { remember } from './session.ts'

/** An empty workspace shows nothing: as long as it is one, the demo is what there is to see. */
export async function lookAtDemoFirst({ user }: SessionAnswer): Promise<void> {
  if (user.workspace.simulated) return
  const leads = await request<LeadsAnswer>('GET', '/v1/leads?limit=1')
  if (leads.items.length > 0) return
  const me = await request<MeAnswer>('GET', '/v1/me')
  const demo = me.kind === 'user' ? me.workspaces.find(({ slug }) => slug === 'demo') : undefined
  if (demo === undefined) return
  const body = { workspace: demo.slug }
  remember(await request<SessionAnswer>('POST', '/v1/session/workspace', body))
}
