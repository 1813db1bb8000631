/** What is known of a lead: features by group, in words and units; imported attributes. */
import { Collapse, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import type { FeaturesAnswer } from '../../../src/contract/index.ts'
import { age, few, percentOne, value as written, whole } from './numbers.ts'
import { Explained } from './explained.tsx'
import { Section } from './section.tsx'

type Feature = FeaturesAnswer['items'][number]

/** Units whose values speak for themselves. */
const PLAIN = new Set(['count', 'ratio', 'index', 'score', 'bedrooms', 'step', 'events'])

function inUnit(value: number, unit: string): string {
  if (unit === 'share') return percentOne(value)
  if (unit === 'currency') return whole(value)
  if (unit === 'percent') return `${written(value)}%`
  if (unit === 'seconds') {
    const minutes = Math.floor(value / 60)
    return minutes === 0 ? `${few(value)} s` : `${minutes} min ${Math.round(value % 60)} s`
  }
  if (PLAIN.has(unit)) return written(value)
  return `${written(value)} ${unit}`
}

const shown = ({ value, unit }: Feature): string =>
  typeof value === 'number' ? inUnit(value, unit) : (value ?? '').replaceAll('_', ' ')

/** "investor " or nothing. */
const kindOf = ({ among }: NonNullable<Feature['level']>): string =>
  among === null ? '' : `${among.replaceAll('_', ' ')} `

/** Only what stands out is said. */
function Level({ of }: { of: Feature['level'] }) {
  if (of === null || of.level === 'usual') return null
  const kind = kindOf(of)
  return (
    <Text component="span" size="xs" c="dimmed">
      {of.level} for {kind === '' ? 'a ' : kind}lead{kind === '' ? '' : 's'}{' '}
    </Text>
  )
}

/** "Between 0% and 100%." */
function rangeText({ range, levels, unit }: Feature): string {
  if (levels !== null) return `One of ${levels.join(', ').replaceAll('_', ' ')}.`
  const [low, high] = range ?? [null, null]
  const end = (value: number): string => inUnit(value, unit)
  if (low != null && high != null) return `Between ${end(low)} and ${end(high)}.`
  if (low != null) return `${end(low)} or more.`
  return high == null ? '' : `${end(high)} or less.`
}

function comparedText({ level }: Feature): string {
  if (level === null || level.level === 'usual') return ''
  const than = level.level === 'high' ? 'More' : 'Less'
  return `${than} than four in five of ${whole(level.leads)} ${kindOf(level)}leads.`
}

function evidenceText({ evidence, evidence_of, freshness_seconds }: Feature): string {
  const newest = freshness_seconds === null ? '' : `, the newest ${age(freshness_seconds)} old`
  return `Rests on ${written(evidence)} ${evidence_of}${newest}.`
}

/** What it says of this lead, how it is computed, what it can be, what it rests on. */
const helpOf = (feature: Feature): string[] =>
  [
    feature.sentence ?? '',
    comparedText(feature),
    `${feature.how} (${feature.feature})`,
    rangeText(feature),
    evidenceText(feature),
  ].filter((line) => line !== '')

function Rows({ features }: { features: readonly Feature[] }) {
  return (
    <Table verticalSpacing={4} horizontalSpacing={0} tabularNums>
      <Table.Tbody>
        {features.map((feature) => (
          <Table.Tr key={feature.feature}>
            <Table.Th scope="row" fw={400}>
              <Explained help={helpOf(feature)}>{feature.label}</Explained>
            </Table.Th>
            <Table.Td ta="right" style={{ overflowWrap: 'anywhere' }}>
              {feature.value === null ? (
                <Text size="sm" c="dimmed">
                  needs {feature.needs ?? 'data'}
                </Text>
              ) : (
                <>
                  <Level of={feature.level} />
                  {shown(feature)}
                </>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function FeatureGroup({ group, features }: { group: string; features: readonly Feature[] }) {
  const [isOpen, setOpen] = useState(false)
  const known = features.filter(({ value }) => value !== null)
  const unknown = features.filter(({ value }) => value === null)
  return (
    <Section
      title={group.charAt(0).toUpperCase() + group.slice(1)}
      note={`${known.length} of ${features.length} known`}
    >
      <Rows features={known} />
      {unknown.length > 0 && (
        <>
          <UnstyledButton
            aria-expanded={isOpen}
            mt={known.length > 0 ? 'xs' : 0}
            onClick={() => setOpen(!isOpen)}
          >
            <Text size="xs" c="dimmed" td="underline">
              {isOpen ? 'Hide' : 'Show'} what there is too little data for ({unknown.length})
            </Text>
          </UnstyledButton>
          <Collapse expanded={isOpen}>
            <Rows features={unknown} />
          </Collapse>
        </>
      )}
    </Section>
  )
}

export function FeatureGroups({ items }: { items: readonly Feature[] }) {
  return (
    <Stack>
      {[...Map.groupBy(items, ({ group }) => group)].map(([group, members]) => (
        <FeatureGroup key={group} group={group} features={members} />
      ))}
    </Stack>
  )
}

/** What came with an import or from a CRM. */
export function Attributes({ of }: { of: Readonly<Record<string, unknown>> }) {
  const known = Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1))
  if (known.length === 0)
    return (
      <Group py="md">
        <Text size="sm" c="dimmed">
          Nothing else is known of this lead.
        </Text>
      </Group>
    )
  return (
    <Table verticalSpacing={6} aria-label="Attributes" tabularNums>
      <Table.Tbody>
        {known.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Table.Th>
            <Table.Td ta="right" style={{ overflowWrap: 'anywhere' }}>
              {typeof value === 'string'
                ? value
                : typeof value === 'number'
                  ? written(value)
                  : JSON.stringify(value)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
