/** Values that a JSON schema of the served OpenAPI document allows, seeded. */
import type { SeededRandom } from '../../src/math/index.ts'

export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

/** What texts of a certain name must be to mean something; `mark` names the request. */
export interface Vocabulary {
  readonly random: SeededRandom
  readonly mark: string
  /** Texts by the name of their field. */
  readonly words: Readonly<Record<string, () => unknown>>
}

const OPEN_KEYS = ['price', 'note', 'ключ', 'a b', 'nested']

function text({ minLength = 0, maxLength = 60 }: Schema, { mark, random }: Vocabulary): string {
  const value = mark + 'x'.repeat(random.int(4))
  return value.padEnd(minLength, 'y').slice(0, maxLength)
}

function object(schema: Schema, vocabulary: Vocabulary, depth: number): Record<string, unknown> {
  const { random, mark } = vocabulary
  const { properties = {}, required = [], additionalProperties } = schema
  const value: Record<string, unknown> = {}
  for (const [name, of] of Object.entries(properties))
    if (required.includes(name) || random.next() < 0.4)
      value[name] = schemaValue(of, vocabulary, name, depth + 1)
  const isOpen = additionalProperties !== false && Object.keys(properties).length === 0
  if (isOpen) {
    value['mark'] = mark
    for (let n = random.int(3); n > 0; n--)
      value[OPEN_KEYS[random.int(OPEN_KEYS.length)]!] = [1, mark, null, { deep: [mark] }][
        random.int(4)
      ]
  }
  return value
}

/** A value of the schema; fields with a name of the vocabulary get theirs. */
export function schemaValue(schema: Schema, vocabulary: Vocabulary, name = '', depth = 0): unknown {
  const { random, words } = vocabulary
  const word = words[name]
  if (word !== undefined && schema.type !== 'object' && schema.type !== 'array') return word()
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[random.int(schema.enum.length)]
  if (schema.anyOf !== undefined)
    return schemaValue(schema.anyOf[random.int(schema.anyOf.length)]!, vocabulary, name, depth)
  switch (schema.type) {
    case 'string':
      return text(schema, vocabulary)
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = 1_000 } = schema
      return minimum + random.int(Math.min(maximum - minimum, 1_000) + 1)
    }
    case 'boolean':
      return random.next() < 0.5
    case 'null':
      return null
    case 'array': {
      const length = (schema.minItems ?? 0) + random.int(4)
      const items = schema.items ?? {}
      return Array.from({ length }, () => schemaValue(items, vocabulary, '', depth + 1))
    }
    case 'object':
      return object(schema, vocabulary, depth)
    default:
      return vocabulary.mark
  }
}
