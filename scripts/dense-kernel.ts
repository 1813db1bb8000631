/**
 * Compiles src/math/kernel/dense.asm.ts (AssemblyScript) to WebAssembly and writes it, as base64,
 * to src/math/kernel/dense.wasm.ts. A test compiles again and compares.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import asc from 'assemblyscript/asc'

const FOLDER = join(import.meta.dirname, '..', 'src', 'math', 'kernel')

/** The compiled kernel as base64; throws with the compiler's messages when the source is wrong. */
export async function compileDenseKernel(): Promise<string> {
  const options = ['-O3', '--runtime', 'stub', '--noAssert', '--initialMemory', '64']
  const args = ['dense.asm.ts', '--baseDir', FOLDER, '--outFile', 'dense.wasm', ...options]
  let binary = new Uint8Array()
  const faults: string[] = []
  const { error } = await asc.main([...args, '--enable', 'simd'], {
    stderr: { write: (text: string | Uint8Array) => void faults.push(String(text)) },
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') binary = Uint8Array.from(contents)
    },
  })
  if (error) throw new Error(`dense.asm.ts does not compile:\n${faults.join('')}`)
  return Buffer.from(binary).toString('base64')
}

function kernelModule(base64: string): string {
  const lines = base64.match(/.{1,88}/g) ?? []
  const body = lines.map((line) => `  '${line}',`).join('\n')
  return [
    '/** Built from dense.asm.ts by scripts/dense-kernel.ts; do not edit. */',
    `export const DENSE_WASM = [\n${body}\n].join('')\n`,
  ].join('\n')
}

if (import.meta.main)
  writeFileSync(join(FOLDER, 'dense.wasm.ts'), kernelModule(await compileDenseKernel()))
