/** `npm test`: prepares the machine, then runs every check in Node 24. */
import { join } from 'node:path'
import { become, ensureDashboard, ensureInstalled, fail, findNode, ROOT } from './prepare.mjs'

try {
  await ensureInstalled()
  const node = findNode()
  await ensureDashboard()
  become(node, [join(ROOT, 'scripts/check.mjs'), ...process.argv.slice(2)])
} catch (error) {
  fail(error)
}
