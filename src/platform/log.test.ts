import { expect, test } from 'vitest'
import { createLog } from './log.ts'

function record(format: 'json' | 'text'): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  return { lines, log: createLog({ LOG_LEVEL: 'info', LOG_FORMAT: format }, stream) }
}

const PRIVATE = ['ann@example.com', '+1 (415) 555-0100', '415-555-0100', 'hunter22', 'eyJhbGciOi']

test('secrets and personal data never reach the log, wherever they stand', () => {
  for (const format of ['json', 'text'] as const) {
    const { lines, log } = record(format)
    log.info({ email: PRIVATE[0], user: { phone: PRIVATE[1], password: PRIVATE[3] } }, 'signed in')
    log.warn(`mail to ${PRIVATE[0]} or ${PRIVATE[1]} or ${PRIVATE[2]} failed`)
    log.error({ err: new Error('postgresql://owner:hunter22@db/hub refused') }, 'lost')
    log.info('Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc')
    expect(lines).toHaveLength(4)
    for (const secret of PRIVATE) expect(lines.join('')).not.toContain(secret)
    expect(lines[0]).toContain('signed in')
  }
})

test('numbers and identifiers stay readable', () => {
  const { lines, log } = record('json')
  log.info({ position: 1_234_567_890_123, id: '0190-1111-2222' }, 'appended')
  expect(JSON.parse(lines[0]!)).toMatchObject({ position: 1_234_567_890_123, id: '0190-1111-2222' })
})

test('text lines are for people', () => {
  const { lines, log } = record('text')
  log.info({ port: 4000 }, 'listening')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}listening port=4000\n$/)
})
