/** Reads the configuration: pure, all faults at once. Called at the roof only. */
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { isCron } from './cron.ts'
import { Settings, type Config, type SettingName } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigFault {
  readonly name: string
  readonly expected: string
  readonly example: string
}

export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(
      (f) => `${f.name}: expected ${f.expected}, e.g. ${f.name}=${f.example}`,
    )
    super(`The configuration has ${faults.length} fault(s):\n  ${lines.join('\n  ')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** The JSON Schema keywords that declarations of settings use. */
interface Declaration {
  readonly type?: string
  readonly anyOf?: readonly { readonly const?: string }[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  /** What a pattern accepts, in words. */
  readonly title?: string
  readonly default?: unknown
  readonly examples?: readonly string[]
  readonly description?: string
}

const declarations = Settings.properties as unknown as Record<SettingName, TSchema & Declaration>
const SWITCH: Record<string, boolean> = {
  on: true,
  true: true,
  yes: true,
  '1': true,
  off: false,
  false: false,
  no: false,
  '0': false,
}

/** What a declaration accepts, in words. */
function expectation(declaration: Declaration): string {
  const { type, anyOf, minimum, maximum, minLength, maxLength, title } = declaration
  if (anyOf !== undefined) return `one of ${anyOf.map((choice) => choice.const).join(', ')}`
  if (type === 'boolean') return 'on or off'
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`
  if (title !== undefined) return title
  if (maxLength !== undefined) return `text of ${minLength ?? 0} to ${maxLength} characters`
  return `text of at least ${minLength ?? 1} characters`
}

function convert(declaration: Declaration, text: string): unknown {
  if (declaration.type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (declaration.type === 'boolean') return SWITCH[text.toLowerCase()] ?? text
  return text
}

/**
 * The typed configuration from environment variables; `overrides` (command-line flags) win. An
 * empty value counts as absent.
 * @throws ConfigError naming every fault, with what was expected and an example.
 */
export function parseConfig(environment: Environment, overrides: Environment = {}): Config {
  const faults: ConfigFault[] = []
  const config: Record<string, unknown> = {}
  const blame = (name: SettingName, expected: string): void => {
    faults.push({ name, expected, example: declarations[name].examples?.[0] ?? '' })
  }
  for (const name of Object.keys(declarations) as SettingName[]) {
    const declaration = declarations[name]
    const text = (overrides[name] ?? environment[name] ?? '').trim()
    if (text === '') {
      if (declaration.default !== undefined) config[name] = declaration.default
      continue
    }
    const value = convert(declaration, text)
    if (Value.Check(declaration, value)) config[name] = value
    else blame(name, expectation(declaration))
  }
  if (config['ENVIRONMENT'] === 'production' && config['JWT_SECRET_KEY'] === undefined)
    if (!faults.some((fault) => fault.name === 'JWT_SECRET_KEY'))
      blame('JWT_SECRET_KEY', 'a secret of at least 32 characters (required in production)')
  const cron = config['RETRAIN_CRON']
  if (typeof cron === 'string' && !isCron(cron)) blame('RETRAIN_CRON', 'five cron fields, UTC')
  if (faults.length > 0) throw new ConfigError(faults)
  return config as unknown as Config
}

export interface SettingDescription {
  readonly name: string
  readonly expected: string
  readonly default: string
  readonly example: string
  readonly description: string
}

/** Every setting in declaration order, for docs/reference/configuration.md. */
export function describeSettings(): SettingDescription[] {
  return (Object.entries(declarations) as [string, Declaration][]).map(([name, declaration]) => ({
    name,
    expected: expectation(declaration),
    default:
      typeof declaration.default === 'boolean'
        ? declaration.default
          ? 'on'
          : 'off'
        : String((declaration.default as string | number | undefined) ?? ''),
    example: declaration.examples?.[0] ?? '',
    description: declaration.description ?? '',
  }))
}

/** The process environment; read nowhere else. */
export function systemEnvironment(): Environment {
  return process.env
}
