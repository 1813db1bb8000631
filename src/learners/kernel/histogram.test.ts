import { expect, test } from 'vitest'
import { compileKernel, kernelModule } from '../../../scripts/build-kernel.ts'
import { fromBase64 } from '../trees/bytes.ts'
import { KERNEL_BASE64 } from './histogram-bytes.ts'

test('the committed kernel is what its source compiles to', async () => {
  const bytes = await compileKernel()
  expect(fromBase64(KERNEL_BASE64)).toEqual(new Uint8Array(bytes))
  expect(kernelModule(bytes)).toContain(KERNEL_BASE64.slice(0, 80))
})
