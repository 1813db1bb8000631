import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'dashboard/src/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Nothing is decided by it but how long a hanging test is waited for, on a busy machine too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    globalSetup: ['test/support/test-cluster.ts'],
    // Two cores: with two workers they wait a third of the time, for flushes, pages and processes.
    maxWorkers: 3,
    // Files share the modules of their worker: modules keep nothing of what they served.
    isolate: false,
    env: { TZ: 'UTC' },
  },
})
