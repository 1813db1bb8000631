/** The published package as a program meets it: installed, imported by plain Node, type-checked. */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'enterprisehub-package-'))
const installed = join(folder, 'node_modules', 'enterprisehub')
const run = (...args: string[]): string =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

beforeAll(() => {
  mkdirSync(installed, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'))
  run(join(ROOT, 'scripts', 'build.mjs'), '--out', join(installed, 'dist'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('plain Node imports it, with no other package there', () => {
  writeFileSync(
    join(folder, 'main.js'),
    `import { EnterpriseHub } from 'enterprisehub'
     const fetch = async (url, { body }) => {
       console.log(url, JSON.parse(body).events[0].type)
       return Response.json({ accepted: 1, duplicates: 0, rejected: [] }, { status: 202 })
     }
     const hub = new EnterpriseHub({ url: 'http://127.0.0.1:4000', apiKey: 'eh_sk_x', fetch })
     const { status } = await hub.recordInteraction({
       leadId: 'lead_123', type: 'property_view', propertyId: 'prop_456' })
     console.log(status)`,
  )
  expect(run('main.js')).toBe('http://127.0.0.1:4000/v1/events property_view\nstored\n')
})

test('TypeScript knows its methods, and that a property event needs a property', () => {
  // A dependency of the package, so npm puts it there.
  symlinkSync(join(ROOT, 'node_modules', 'typebox'), join(folder, 'node_modules', 'typebox'))
  writeFileSync(
    join(folder, 'main.ts'),
    `import { EnterpriseHub, type Receipt } from 'enterprisehub'
     const hub = new EnterpriseHub({ url: 'http://127.0.0.1:4000', apiKey: 'eh_sk_x' })
     const receipt: Receipt = await hub.propertyView({ leadId: 'l', propertyId: 'p' })
     await hub.recordInteraction({ leadId: 'l', type: 'property_view', propertyId: 'p' })
     await hub.recordInteraction({ leadId: 'l', type: 'page_visit' })
     // @ts-expect-error a view is of a property
     await hub.propertyView({ leadId: 'l' })
     // @ts-expect-error a view is of a property
     await hub.recordInteraction({ leadId: 'l', type: 'property_view' })
     // @ts-expect-error written by the product itself
     await hub.recordInteraction({ leadId: 'l', type: 'engagement_graded' })
     if (receipt.status === 'rejected') receipt.problem.detail.length`,
  )
  const program = ts.createProgram([join(folder, 'main.ts')], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  })
  // The program and what the package brings; its dependency’s own types are its own matter.
  const files = program
    .getSourceFiles()
    .filter((file) => !program.isSourceFileDefaultLibrary(file) && !/typebox/.test(file.fileName))
  expect(files.map(({ fileName }) => relative(realpathSync(folder), fileName))).toEqual(
    expect.arrayContaining(['main.ts', 'node_modules/enterprisehub/dist/client/hub.d.ts']),
  )
  const faults = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ]
  expect(
    faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  ).toEqual([])
})
