/**
 * Builds the WebAssembly kernel: `node scripts/build-kernel.ts` compiles
 * src/learners/kernel/histogram.asm.ts and writes its bytes, as base64, to
 * src/learners/kernel/histogram-bytes.ts, so that the learners need no file at run time.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'

const FOLDER = join(import.meta.dirname, '..', 'src', 'learners', 'kernel')
const SOURCE = 'histogram.asm.ts'
const OPTIONS = [
  '-O3',
  '--noAssert',
  '--runtime=stub',
  '--importMemory',
  '--sharedMemory',
  '--maximumMemory=65535',
  '--enable=simd',
  '--enable=threads',
]

/** Compiles the kernel's source to WebAssembly bytes. */
export async function compileKernel(): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined
  const faults: string[] = []
  const { error } = await asc.main([SOURCE, '--outFile=out.wasm', ...OPTIONS], {
    readFile: (name) => (name === SOURCE ? readFileSync(join(FOLDER, SOURCE), 'utf8') : null),
    writeFile: (name, contents) => {
      if (name === 'out.wasm') bytes = contents as Uint8Array
    },
    listFiles: () => [],
    stderr: { write: (text: string | Uint8Array) => void faults.push(String(text)) },
  })
  if (error || !bytes) throw new Error(`AssemblyScript: ${faults.join('')}`, { cause: error })
  return bytes
}

/** The text of histogram-bytes.ts for these bytes. */
export function kernelModule(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,88}/g) ?? []
  const text = lines.map((line) => `  '${line}',`).join('\n')
  return `/** The compiled kernel, made by scripts/build-kernel.ts: do not edit. ${bytes.length} bytes. */
export const KERNEL_BASE64 = [
${text}
].join('')
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(join(FOLDER, 'histogram-bytes.ts'), kernelModule(await compileKernel()))
