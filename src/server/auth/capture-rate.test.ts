import type { FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { parseConfig } from '../../platform/index.ts'
import type { Principal } from '../principal.ts'
import { createCaptureRate } from './capture-rate.ts'

const SITE: Principal = { kind: 'publishable', workspaceId: 1, keyId: 7, origins: [] }
const CRM: Principal = { kind: 'secret', workspaceId: 1, keyId: 8, scopes: ['events:write'] }

function setUp() {
  let now = 0
  let retryAfter = ''
  const reply = {
    header: (_name: string, value: string) => (retryAfter = value),
  } as unknown as FastifyReply
  const config = parseConfig({ CAPTURE_RATE_PUBLISHABLE: '100', CAPTURE_RATE_SECRET: '1000' })
  const rate = createCaptureRate({ now: () => 0, monotonic: () => now }, config)
  return {
    /** Seconds to wait; 0: taken. */
    send: (who: Principal, events: number): number => {
      try {
        rate(who, events, reply)
        return 0
      } catch (error) {
        expect(error).toMatchObject({ code: 'rate-limited' })
        return Number(retryAfter)
      }
    },
    wait: (ms: number) => (now += ms),
  }
}

test('a quiet key may send ten seconds at once; then it is told how long to wait', () => {
  const { send, wait } = setUp()
  expect(send(SITE, 1_000)).toBe(0)
  expect(send(SITE, 300)).toBe(0)
  expect(send(SITE, 1)).toBe(3)
  expect(send(CRM, 1)).toBe(0)
  wait(2_900)
  expect(send(SITE, 1)).toBe(1)
  wait(100)
  expect(send(SITE, 1)).toBe(0)
})

test('a key that keeps to its rate is never refused, and one above it gets just its rate', () => {
  const { send, wait } = setUp()
  for (let second = 0; second < 60; second++) {
    expect(send(SITE, 100)).toBe(0)
    wait(1_000)
  }
  let taken = 0
  for (let i = 0; i < 60_000; i++) {
    if (send(SITE, 1) === 0) taken++
    wait(1)
  }
  // 60 s of 100 a second and the burst of 10 s.
  expect(taken).toBeGreaterThan(6_900)
  expect(taken).toBeLessThanOrEqual(7_001)
})

test('a call without events counts as one, and one larger than the burst is taken', () => {
  const { send } = setUp()
  for (let i = 0; i < 1_001; i++) expect(send(SITE, 0)).toBe(0)
  expect(send(SITE, 0)).toBeGreaterThan(0)
  expect(send(CRM, 50_000)).toBe(0)
})
