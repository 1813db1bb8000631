/** Checks of the code itself that no standard tool makes: sizes, bans with "use X instead". */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const LIMIT = { columns: 100, fileLines: 400, functionLines: 70 }

/** Files or functions that may be longer, each with its reason. */
const EXEMPT: Record<string, string> = {}

interface Ban {
  pattern: RegExp
  instead: string
  allowed: string[]
}
const BANS: Ban[] = [
  {
    pattern: /\bDate\.now\(|new Date\(\)|performance\.now\(/,
    instead: 'take a Clock (core/clock.ts)',
    allowed: ['platform', 'dashboard', 'client'],
  },
  {
    pattern: /\bMath\.random\(|\brandomUUID\(/,
    instead: 'take a seeded Random (core/random.ts) or an IdSource',
    allowed: ['platform', 'dashboard', 'client'],
  },
  {
    pattern: /\bprocess\.env\b/,
    instead: 'take a slice of the configuration (platform/config.ts)',
    allowed: ['platform'],
  },
  { pattern: /\bconsole\./, instead: 'take a Logger (platform/log.ts)', allowed: ['cli'] },
  { pattern: /\bFIXME\b|\bTODO\b/, instead: 'finish it before merge', allowed: [] },
]

function walk(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return walk(path)
    const counts = /\.tsx?$/.test(entry.name) && !/\.test\.|\.d\.ts$|\.asm\.ts$/.test(entry.name)
    return counts ? [path] : []
  })
}

function tidyFile(path: string, text: string, folder: string): string[] {
  const faults: string[] = []
  const lines = text.split('\n')
  if (lines.length > LIMIT.fileLines && !(path in EXEMPT))
    faults.push(`${path}: ${lines.length} lines, limit ${LIMIT.fileLines}`)
  lines.forEach((line, i) => {
    if (line.length > LIMIT.columns && !line.includes('://'))
      faults.push(`${path}:${i + 1}: line over ${LIMIT.columns} columns`)
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) return
    for (const ban of BANS)
      if (!ban.allowed.includes(folder) && ban.pattern.test(line))
        faults.push(`${path}:${i + 1}: ${ban.pattern.source} is banned: ${ban.instead}`)
  })
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && ts.isBlock(node.body)) {
      const first = source.getLineAndCharacterOfPosition(node.body.getStart()).line
      const length = source.getLineAndCharacterOfPosition(node.body.end).line - first + 1
      const name = node.name && ts.isIdentifier(node.name) ? node.name.text : '(anonymous)'
      if (length > LIMIT.functionLines && !(`${path}#${name}` in EXEMPT))
        faults.push(
          `${path}:${first + 1}: function ${name} of ${length} lines, limit ${LIMIT.functionLines}`,
        )
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return faults
}

const files = [...walk(join(ROOT, 'src')), ...walk(join(ROOT, 'dashboard', 'src'))].map((path) =>
  relative(ROOT, path),
)

test('the code keeps its sizes and its bans', () => {
  const faults = files.flatMap((path) => {
    const folder = path.startsWith('dashboard') ? 'dashboard' : (path.split('/')[1] ?? '')
    return tidyFile(path, readFileSync(join(ROOT, path), 'utf8'), folder)
  })
  expect(faults).toEqual([])
})

test('every exemption names something that exists', () => {
  const gone = Object.keys(EXEMPT).filter((key) => !files.includes(key.split('#')[0] ?? ''))
  expect(gone).toEqual([])
})

test('no drawer files: a name says what is inside', () => {
  const drawers = /(^|\/)(utils?|helpers?|lib|types|common|manager|misc)\.tsx?$/
  expect(files.filter((path) => drawers.test(path))).toEqual([])
})

test('the checker sees what it bans', () => {
  expect(tidyFile('x.ts', 'const t = Date.now()\n', 'events')).toHaveLength(1)
  expect(tidyFile('x.ts', `function f() {\n${'g()\n'.repeat(80)}}\n`, 'events')).toHaveLength(1)
})
