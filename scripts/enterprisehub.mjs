#!/usr/bin/env node
/** `enterprisehub <command>`: the command line, in Node 24. */
import { join } from 'node:path'
import { become, ensureInstalled, fail, findNode, ROOT } from './prepare.mjs'

try {
  await ensureInstalled()
  become(findNode(), [join(ROOT, 'src/cli/main.ts'), ...process.argv.slice(2)])
} catch (error) {
  fail(error)
}
