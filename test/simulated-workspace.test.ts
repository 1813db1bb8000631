/** Nothing real is brought into a simulated market, by whatever way. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers of every shape are read */
import { expect, test } from 'vitest'
import { realWorkspaceOf, workspaceOf } from '../src/cli/workspace.ts'
import { startHub } from './support/hub.ts'

const FILE = 'Contact ID,Source,Won\na,web,yes\nb,web,no\n'

test('files, GoHighLevel and its workflows are sent to a workspace of their own', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const { owner } = hub.database
  await owner.query(`update workspaces set simulated = true where slug = 'main'`)
  const send = (query: string) =>
    fetch(`${hub.url}/v1/imports?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': 'text/csv' },
      body: FILE,
    })
  expect((await send('kind=leads&dry_run=true')).status).toBe(200)
  const refused = await send('kind=leads')
  expect(refused.status).toBe(409)
  expect(await refused.json()).toMatchObject({
    type: expect.stringMatching(/simulated-workspace$/) as string,
    remedy: expect.stringMatching(/make one under Workspaces/) as string,
  })
  const location = { location_id: 'loc1', token: 'pit-some-token' }
  for (const [path, body] of [
    ['/v1/ghl/imports', location],
    ['/v1/ghl/hooks', { name: 'New lead' }],
  ] as const) {
    const answer = await hub.call('POST', path, { as, body })
    expect([answer.status, String(answer.body.type)]).toEqual([
      409,
      expect.stringMatching(/simulated-workspace$/),
    ])
  }
  await expect(realWorkspaceOf(hub.database, 'main')).rejects.toThrow(/--workspace/)
  expect(await workspaceOf(hub.database, 'main')).toBeGreaterThan(0)
  const { rows } = await owner.query('select lead_id from persons where lead_id is not null')
  expect(rows).toEqual([])

  // In a workspace of one's own the same file goes in.
  await hub.call('POST', '/v1/workspaces', { as, body: { slug: 'own', name: 'Own' } })
  const own = await hub.call('POST', '/v1/session/workspace', { as, body: { workspace: 'own' } })
  const taken = await fetch(`${hub.url}/v1/imports?kind=leads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'text/csv' },
    body: FILE,
  })
  expect(taken.status).toBe(202)
})
