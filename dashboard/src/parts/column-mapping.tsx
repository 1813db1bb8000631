/** What each column of a file is: as guessed, to be corrected. */
import { Badge, Checkbox, Group, NativeSelect, Table, Text, TextInput } from '@mantine/core'
import type { ColumnMapping, LeadMapping } from '../../../src/contract/index.ts'

type Attribute = Extract<ColumnMapping, { as: 'attribute' }>
type Converted = Extract<ColumnMapping, { as: 'converted' }>

const ROLES = [
  { value: 'lead_id', label: 'identifies the lead' },
  { value: 'converted', label: 'what became of it' },
  { value: 'name', label: 'its name' },
  { value: 'email', label: 'its e-mail address' },
  { value: 'phone', label: 'its phone' },
  { value: 'attribute', label: 'attribute' },
  { value: 'ignore', label: 'left out' },
]
const TYPES = ['number', 'category']
const KNOWN = [
  { value: 'before_contact', label: 'before contact' },
  { value: 'during', label: 'during' },
  { value: 'after_outcome', label: 'after the outcome' },
]
const POLICIES = ['free', 'proxy', 'protected']

/** `values`: what the column holds, when it holds few. */
function withRole(role: string, before: ColumnMapping, values: readonly string[]): ColumnMapping {
  if (role === before.as) return before
  switch (role) {
    case 'lead_id':
    case 'name':
    case 'email':
    case 'phone':
      return { as: role }
    case 'converted':
      // Which of them are open is guessed by the next dry run.
      return { as: 'converted', positive: values.find((value) => YES.test(value)) ?? '' }
    case 'attribute':
      return { as: 'attribute', type: 'category', known_at: 'before_contact', policy: 'free' }
    default:
      return { as: 'ignore' }
  }
}

const YES = /^(1|y(es)?|true|won|converted|sold|closed|bought|ja|oui|s[ií])$/i

interface CellsProps<T> {
  name: string
  of: T
  change: (next: ColumnMapping) => void
}

function AttributeCells({ name, of, change }: CellsProps<Attribute>) {
  return (
    <>
      <Table.Td>
        <NativeSelect
          size="xs"
          miw={100}
          aria-label={`Type of ${name}`}
          data={TYPES}
          value={of.type}
          onChange={({ target }) => change({ ...of, type: target.value as Attribute['type'] })}
        />
      </Table.Td>
      <Table.Td>
        <NativeSelect
          size="xs"
          miw={136}
          aria-label={`When ${name} is known`}
          data={KNOWN}
          value={of.known_at}
          onChange={({ target }) =>
            change({ ...of, known_at: target.value as Attribute['known_at'] })
          }
        />
      </Table.Td>
      <Table.Td>
        <NativeSelect
          size="xs"
          miw={104}
          aria-label={`Fair-housing class of ${name}`}
          data={POLICIES}
          value={of.policy}
          onChange={({ target }) => change({ ...of, policy: target.value as Attribute['policy'] })}
        />
      </Table.Td>
    </>
  )
}

/** What the leak guard says, and what a person says to it. */
function Suspicion({ name, of, change }: CellsProps<Attribute>) {
  if (of.suspicion === undefined) return null
  const [level = '', ...reason] = of.suspicion.split(': ')
  return (
    <>
      <Text size="xs" mb={4}>
        <Badge size="xs" color={level === 'certain' ? 'red' : 'orange'} mr={6}>
          {level} leak
        </Badge>
        {reason.join(': ')}
      </Text>
      <Checkbox
        size="xs"
        label="It was known before the outcome"
        aria-label={`${name} was known before the outcome`}
        checked={of.confirmed === true && of.known_at !== 'after_outcome'}
        onChange={({ currentTarget: { checked } }) =>
          change({
            ...of,
            known_at: checked ? 'before_contact' : 'after_outcome',
            confirmed: checked,
          })
        }
      />
    </>
  )
}

function Converted(props: CellsProps<Converted> & { values: readonly string[] }) {
  const { name, of, change, values } = props
  const label = `Value of ${name} that says converted`
  const rest = { size: 'xs', 'aria-label': label, value: of.positive } as const
  if (values.length === 0)
    return (
      <TextInput
        {...rest}
        maw={160}
        leftSection={<Text size="xs">yes is</Text>}
        leftSectionWidth={52}
        onChange={({ currentTarget: { value } }) => change({ as: 'converted', positive: value })}
      />
    )
  const options = values.includes(of.positive) ? values : [of.positive, ...values]
  return (
    <>
      <NativeSelect
        {...rest}
        maw={220}
        data={options.map((value) => ({
          value,
          label: value === '' ? 'choose what says converted' : `converted is: ${value}`,
        }))}
        onChange={({ target }) => change({ as: 'converted', positive: target.value })}
      />
      {of.positive !== '' && <StillOpen name={name} of={of} change={change} values={values} />}
    </>
  )
}

/** Of the other values, those that say nothing yet: such leads are not learned from. */
function StillOpen(props: CellsProps<Converted> & { values: readonly string[] }) {
  const { name, of, change, values } = props
  const others = values.filter((value) => value !== of.positive)
  if (others.length === 0) return null
  return (
    <Checkbox.Group
      mt={6}
      size="xs"
      label="Still open, so not learned from"
      aria-label={`Values of ${name} that are still open`}
      value={of.open ?? []}
      onChange={(open) => change({ ...of, open })}
    >
      <Group gap="sm" mt={4}>
        {others.map((value) => (
          <Checkbox key={value} size="xs" value={value} label={value} />
        ))}
      </Group>
    </Checkbox.Group>
  )
}

interface RowProps extends CellsProps<ColumnMapping> {
  isLeftOut: boolean
  values: readonly string[]
}

function Row({ name, of, change, isLeftOut, values }: RowProps) {
  return (
    <Table.Tr bg={isSuspect(of) ? SUSPECT : ''}>
      <Table.Th scope="row" fw={500} maw={220} style={{ overflowWrap: 'anywhere' }}>
        {name}
      </Table.Th>
      <Table.Td>
        <NativeSelect
          size="xs"
          miw={160}
          aria-label={`What ${name} is`}
          data={ROLES}
          value={of.as}
          onChange={({ target }) => change(withRole(target.value, of, values))}
        />
      </Table.Td>
      {of.as === 'attribute' ? (
        <AttributeCells name={name} of={of} change={change} />
      ) : (
        <Table.Td colSpan={3}>
          {of.as === 'converted' ? (
            <Converted name={name} of={of} change={change} values={values} />
          ) : (
            <Text size="xs" c="dimmed">
              {of.as === 'ignore' ? of.reason : ''}
            </Text>
          )}
        </Table.Td>
      )}
      <Table.Td miw={240}>
        {of.as === 'attribute' && <Suspicion name={name} of={of} change={change} />}
        {isLeftOut && !isSuspect(of) && (
          <Text size="xs" c="dimmed">
            stays out of models
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

/** What only one column may be: choosing another leaves the first out. */
const ONCE = ['lead_id', 'converted', 'email', 'phone']

/** One column identifies the lead, one says what became of it, and so on. */
function withColumn({ columns }: LeadMapping, name: string, next: ColumnMapping): LeadMapping {
  const isOnly = ONCE.includes(next.as)
  const others = Object.entries(columns).map(([other, of]): [string, ColumnMapping] => [
    other,
    isOnly && of.as === next.as ? { as: 'ignore' } : of,
  ])
  return { columns: { ...Object.fromEntries(others), [name]: next } }
}

const isSuspect = (of: ColumnMapping): boolean =>
  of.as === 'attribute' && of.suspicion !== undefined

const SUSPECT = 'light-dark(var(--mantine-color-orange-0), rgba(253, 126, 20, 0.08))'

export function ColumnMappings(props: {
  mapping: LeadMapping
  /** Columns that no model reads, as the server said last. */
  leftOut: readonly string[]
  /** Of columns that hold few different values, these. */
  choices: Readonly<Record<string, readonly string[]>>
  change: (next: LeadMapping) => void
}) {
  const { mapping, leftOut, choices, change } = props
  // What the guard asks about comes first; a guess keeps its suspicion, so rows do not jump.
  const columns = Object.entries(mapping.columns).sort(
    ([, a], [, b]) => Number(isSuspect(b)) - Number(isSuspect(a)),
  )
  return (
    <Table.ScrollContainer minWidth={960}>
      <Table verticalSpacing={4} horizontalSpacing={8} aria-label="Columns of the file">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Column</Table.Th>
            <Table.Th>Is</Table.Th>
            <Table.Th>Type</Table.Th>
            <Table.Th>Known</Table.Th>
            <Table.Th>Fair housing</Table.Th>
            <Table.Th>Leak guard</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {columns.map(([name, of]) => (
            <Row
              key={name}
              name={name}
              of={of}
              isLeftOut={leftOut.includes(name)}
              values={choices[name] ?? []}
              change={(next) => change(withColumn(mapping, name, next))}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
