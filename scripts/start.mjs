/** `npm start`: prepares the machine, then runs the whole product with its demo. */
import { join } from 'node:path'
import { become, ensureDashboard, ensureInstalled, fail, findNode, ROOT } from './prepare.mjs'

try {
  await ensureInstalled()
  const node = findNode()
  await ensureDashboard()
  const env = { ...process.env, EH_DEMO: process.env.EH_DEMO ?? 'on' }
  become(node, [join(ROOT, 'src/cli/main.ts'), 'serve', ...process.argv.slice(2)], env)
} catch (error) {
  fail(error)
}
