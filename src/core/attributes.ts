/** Attributes: columns of a workspace's own leads that are not behavior, declared when mapped. */

export const POLICY_CLASSES = ['free', 'proxy', 'protected'] as const
/** Whether a column may be an input: `proxy` and `protected` never are. */
export type PolicyClass = (typeof POLICY_CLASSES)[number]

export const KNOWN_AT = ['before_contact', 'during', 'after_outcome'] as const
/** When a column becomes known. What is known only after the outcome is no input. */
export type KnownAt = (typeof KNOWN_AT)[number]

export const ATTRIBUTE_TYPES = ['number', 'category'] as const
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number]

export interface AttributeDeclaration {
  /** Key in the lead's attributes. */
  readonly name: string
  /** Plain-language name on screens. */
  readonly label: string
  readonly type: AttributeType
  readonly policy: PolicyClass
  readonly knownAt: KnownAt
}

/** A declaration with what the leak guard said of it. */
export interface DeclaredAttribute extends AttributeDeclaration {
  /** Why it looks as if it were known only after the outcome; null when it does not. */
  readonly suspicion: string | null
  /** Whether a person has said so. */
  readonly confirmed: boolean
}

/** Whether a model may read it: allowed by policy, known in time, and not merely guessed so. */
export function mayEnterModels(attribute: DeclaredAttribute): boolean {
  const { policy, knownAt, suspicion, confirmed } = attribute
  return policy === 'free' && knownAt !== 'after_outcome' && (suspicion === null || confirmed)
}

const anyWord = (words: string): RegExp => new RegExp(`\\b(${words.split(' ').join('|')})\\b`, 'i')
/** Traits that the fair-housing rules protect, as columns call them. */
const PROTECTED = anyWord(
  'race ethnic\\w* religion sex gender colou?r national\\w* disab\\w* handicap famil\\w* marital ' +
    'children kids pregnan\\w* age birth\\w* veteran citizen\\w* orientation',
)
/** What stands in for them. */
const PROXY = anyWord(
  'name language photo country city town state county zip zipcode postal postcode address street ' +
    'neighbou?rhood subdivision school\\w* latitude longitude',
)

const spaced = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_.\-:/]+/g, ' ')

/** A guess of the class of a column from its name. */
export function policyOfColumn(name: string): PolicyClass {
  if (PROTECTED.test(spaced(name))) return 'protected'
  return PROXY.test(spaced(name)) ? 'proxy' : 'free'
}
