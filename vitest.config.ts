import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'dashboard/src/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    globalSetup: ['test/support/test-cluster.ts'],
    // Two cores: more workers only fight with PostgreSQL for them.
    maxWorkers: 2,
    env: { TZ: 'UTC' },
  },
})
