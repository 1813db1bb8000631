import { defineConfig } from 'vitest/config'

/** Minutes of processor time together: `npm run test:long`, and .ci/run, run them, not `npm test`. */
const LONG = [
  'src/simulation/bound.test.ts',
  'src/simulation/churn-bound.test.ts',
  'test/acting-screen.test.ts',
  'test/dialogs-screen.test.ts',
  'test/feature-upgrade.test.ts',
  'test/first-hour-screen.test.ts',
  'test/ghl-backfill.test.ts',
  'test/ghl-imports.test.ts',
  'test/ghl-screen.test.ts',
  'test/ghl-webhooks.test.ts',
  'test/loss/client.test.ts',
  'test/loss/loss.test.ts',
  'test/operating.test.ts',
  'test/readiness.test.ts',
  'test/screens.test.ts',
  'test/team-screen.test.ts',
]
const isLong = process.env['EH_TESTS'] === 'long'
const usual = ['src/**/*.test.ts', 'test/**/*.test.ts', 'dashboard/src/**/*.test.{ts,tsx}']

export default defineConfig({
  test: {
    include: isLong ? LONG : usual,
    exclude: ['**/node_modules/**', '**/dist/**', ...(isLong ? [] : LONG)],
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
