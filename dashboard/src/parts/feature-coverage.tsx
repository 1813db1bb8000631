/** For how many leads each feature is known and how fresh it is: what models have to go by. */
import { Group, Progress, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FeatureCatalogueAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Ago } from './moment.tsx'
import { age, whole, wholePercent } from './numbers.ts'
import { Section } from './section.tsx'
import { Loaded, Nothing } from './states.tsx'

type Item = FeatureCatalogueAnswer['items'][number]

const SOON_MS = 2_000
const REST_MS = 300_000

const meanOf = (items: readonly Item[]): number =>
  items.reduce((sum, { completeness }) => sum + (completeness ?? 0), 0) / items.length

function Row({ of }: { of: Item }) {
  const { label, feature, how, needs, completeness, interval, freshness_seconds } = of
  const sure =
    interval === null
      ? ''
      : `95 % sure to lie between ${wholePercent(interval[0]!)} and ${wholePercent(interval[1]!)}`
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <span title={`${feature}: ${how}`}>{label}</span>
        <Text size="xs" c="dimmed">
          {needs === null ? 'needs nothing' : `needs ${needs}`}
        </Text>
      </Table.Th>
      <Table.Td ta="right" title={sure}>
        {completeness === null ? '–' : wholePercent(completeness)}
      </Table.Td>
      <Table.Td ta="right">{freshness_seconds === null ? '–' : age(freshness_seconds)}</Table.Td>
    </Table.Tr>
  )
}

function FeatureGroup({ group, items }: { group: string; items: readonly Item[] }) {
  const [isOpen, setOpen] = useState(false)
  const share = meanOf(items)
  const title = group.charAt(0).toUpperCase() + group.slice(1)
  return (
    <div>
      <UnstyledButton w="100%" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" td="underline">
            {title}
          </Text>
          <Text size="sm" c="dimmed">
            {items.length} features, known for {wholePercent(share)} of leads on average
          </Text>
        </Group>
        <Progress value={share * 100} mt={4} aria-label={`${title}: completeness`} />
      </UnstyledButton>
      {isOpen && (
        <Table verticalSpacing={4} aria-label={`${title}: features`} tabularNums mt="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Feature</Table.Th>
              <Table.Th ta="right" title="Leads that have enough evidence for a value">
                Known for
              </Table.Th>
              <Table.Th ta="right" title="Median age of the newest event that adds to it">
                Evidence from
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((one) => (
              <Row key={one.feature} of={one} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  )
}

function Measured({ of }: { of: FeatureCatalogueAnswer }) {
  const { measured_at, leads, sampled, with_events, completeness, freshness_seconds } = of
  if (measured_at === null) return <Nothing title="Being measured…" />
  if (completeness === null || with_events === null)
    return (
      <Nothing title="No leads yet">
        Import leads or record events: then it is measured how much is known of them.
      </Nothing>
    )
  return (
    <Stack gap="sm">
      <Text size="sm">
        A feature is known for {wholePercent(completeness)} of leads on average.{' '}
        {wholePercent(with_events)} of leads have any event
        {freshness_seconds !== null && <>; the last is {age(freshness_seconds)} old (median)</>}.
      </Text>
      <Text size="xs" c="dimmed">
        Measured on {whole(sampled ?? 0)} of {whole(leads ?? 0)} leads, drawn at random,{' '}
        <Ago at={measured_at} />.
      </Text>
      {[...Map.groupBy(of.items, ({ group }) => group)].map(([group, items]) => (
        <FeatureGroup key={group} group={group} items={items} />
      ))}
    </Stack>
  )
}

export function FeatureCoverage() {
  const coverage = useQuery({
    queryKey: ['feature-coverage'],
    queryFn: () => request<FeatureCatalogueAnswer>('GET', '/v1/features'),
    refetchInterval: ({ state }) => (state.data?.measured_at === null ? SOON_MS : REST_MS),
  })
  return (
    <Section
      title="Completeness and freshness of features"
      note="What models have to go by; a feature without enough evidence has no value"
    >
      <Loaded query={coverage}>{(answer) => <Measured of={answer} />}</Loaded>
    </Section>
  )
}
