import { expect, test } from 'vitest'
import { ConfigError, describeSettings, parseConfig } from './config.ts'

test('nothing set gives the documented defaults', () => {
  const config = parseConfig({})
  expect(config).toMatchObject({ PORT: 4000, HOST: '127.0.0.1', DATA_DIR: './.data' })
  expect(config).toMatchObject({ EH_DEMO: false, ENABLE_BEHAVIORAL_LEARNING: true })
  expect(config.DATABASE_URL).toBeUndefined()
})

test('flags win over the environment, and empty values count as absent', () => {
  expect(parseConfig({ PORT: '5000' }, { PORT: '6000' }).PORT).toBe(6000)
  expect(parseConfig({ PORT: ' ' }).PORT).toBe(4000)
  expect(parseConfig({ EH_DEMO: 'On' }).EH_DEMO).toBe(true)
})

test('all faults are told at once, with name, expectation and example', () => {
  const bad = { PORT: '70000', DATABASE_URL: 'mysql://x', LOG_LEVEL: 'loud', EH_DEMO: 'maybe' }
  try {
    parseConfig(bad)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { faults, message } = error as ConfigError
    expect(faults.map((fault) => fault.name).sort()).toEqual(Object.keys(bad).sort())
    expect(message).toContain('PORT: expected a whole number from 0 to 65535, e.g. PORT=4000')
    expect(message).toContain('one of trace, debug, info')
    expect(faults.every((fault) => fault.example !== '')).toBe(true)
  }
})

test('production refuses to invent the signing secret', () => {
  expect(() => parseConfig({ ENVIRONMENT: 'production' })).toThrow(/JWT_SECRET_KEY/)
  const secret = 'x'.repeat(32)
  expect(parseConfig({ ENVIRONMENT: 'production', JWT_SECRET_KEY: secret }).ENVIRONMENT).toBe(
    'production',
  )
})

test('every example of a setting with a checkable form is accepted by its own declaration', () => {
  for (const { name, example, description } of describeSettings()) {
    expect(description, name).not.toBe('')
    expect(() => parseConfig({ [name]: example, JWT_SECRET_KEY: 'y'.repeat(32) })).not.toThrow()
  }
})
