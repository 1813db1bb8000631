/** One lead: who, what happened, what we know. */
import {
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  SimpleGrid,
  Stack,
  Table,
  Tabs,
  Text,
  Timeline,
  Title,
} from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type {
  EventTypesAnswer,
  FeaturesAnswer,
  LeadAnswer,
  TimelineAnswer,
  TimelineItem,
} from '../../../src/contract/index.ts'
import { useNames } from '../api/names.ts'
import { request } from '../api/request.ts'
import { Moment } from '../parts/moment.tsx'
import { Loaded, Nothing } from '../parts/states.tsx'
import { Reasons } from './reasons.tsx'

type Feature = FeaturesAnswer['items'][number]

const pathOf = (leadId: string) => `/v1/leads/${encodeURIComponent(leadId)}`
const wrap = { overflowWrap: 'anywhere' } as const

function Who({ lead }: { lead: LeadAnswer }) {
  const nameOf = useNames()
  const facts: [string, string][] = [
    ['E-mail', lead.email ?? '-'],
    ['Phone', lead.phone ?? '-'],
    ['Segment', lead.segment ?? '-'],
    ['Stage', lead.stage ?? '-'],
    ['Owner', nameOf(lead.owner_id)],
    ['Lead id', lead.lead_id],
  ]
  return (
    <Card withBorder component="section" aria-label="Who">
      <Title order={1} size="h3" style={wrap}>
        {lead.name ?? lead.lead_id}
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3 }} mt="sm" spacing="xs">
        {facts.map(([label, value]) => (
          <div key={label}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text size="sm" style={wrap}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Card>
  )
}

function Happening({ item, depth }: { item: TimelineItem; depth: number | undefined }) {
  return (
    <>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {item.label}
        </Text>
        {depth !== undefined && (
          <Badge size="sm" variant="light" title="How deep in the funnel this event is">
            depth {depth}
          </Badge>
        )}
        {item.grade !== null && (
          <Badge size="sm" variant="outline" title="Whether a person or a machine did this">
            {item.grade}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed" style={wrap}>
        <Moment at={item.timestamp} />
        {item.property_id !== null && ` · property ${item.property_id}`}
        {item.duration_seconds !== null && ` · ${item.duration_seconds} s`}
      </Text>
    </>
  )
}

function History({ leadId }: { leadId: string }) {
  const types = useQuery({
    queryKey: ['event-types'],
    queryFn: () => request<EventTypesAnswer>('GET', '/v1/event-types'),
    staleTime: Infinity,
  })
  const pages = useInfiniteQuery({
    queryKey: ['timeline', leadId],
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ limit: '50', ...pageParam })
      return request<TimelineAnswer>('GET', `${pathOf(leadId)}/timeline?${query.toString()}`)
    },
    initialPageParam: {},
    getNextPageParam: ({ next_cursor }) =>
      next_cursor === null ? undefined : { cursor: next_cursor },
    refetchInterval: 5_000,
  })
  const depths = new Map<string, number>()
  for (const { type, funnel_depth } of types.data?.items ?? []) depths.set(type, funnel_depth)
  const items = pages.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Loaded query={pages}>
      {() => (
        <Stack>
          {items.length === 0 && <Nothing title="Nothing happened yet" />}
          <Timeline bulletSize={14} lineWidth={2} aria-label="Timeline">
            {items.map((item) => (
              <Timeline.Item key={item.position}>
                <Happening item={item} depth={depths.get(item.type)} />
              </Timeline.Item>
            ))}
          </Timeline>
          {pages.hasNextPage && (
            <Button
              variant="default"
              loading={pages.isFetchingNextPage}
              onClick={() => void pages.fetchNextPage()}
            >
              Show earlier
            </Button>
          )}
        </Stack>
      )}
    </Loaded>
  )
}

function formatValue(value: Feature['value']): string {
  if (typeof value !== 'number') return value ?? ''
  return new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 }).format(value)
}

function FeatureGroup({ group, features }: { group: string; features: readonly Feature[] }) {
  const known = features.filter(({ value }) => value !== null)
  return (
    <Card withBorder component="section" aria-label={`Features: ${group}`}>
      <Group justify="space-between">
        <Title order={2} size="h5" tt="capitalize">
          {group}
        </Title>
        <Text size="xs" c="dimmed">
          {known.length} of {features.length} known
        </Text>
      </Group>
      {known.length === 0 ? (
        <Text size="sm" c="dimmed">
          Not enough data yet
        </Text>
      ) : (
        <Table verticalSpacing={4}>
          <Table.Tbody>
            {known.map(({ feature, label, value }) => (
              <Table.Tr key={feature}>
                <Table.Td title={feature}>{label}</Table.Td>
                <Table.Td ta="right" style={{ ...wrap, fontVariantNumeric: 'tabular-nums' }}>
                  {formatValue(value)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Card>
  )
}

function Features({ leadId }: { leadId: string }) {
  const features = useQuery({
    queryKey: ['features', leadId],
    queryFn: () => request<FeaturesAnswer>('GET', `${pathOf(leadId)}/features`),
    refetchInterval: 15_000,
  })
  return (
    <Loaded query={features}>
      {({ items }) => (
        <Stack>
          {[...Map.groupBy(items, ({ group }) => group)].map(([group, members]) => (
            <FeatureGroup key={group} group={group} features={members} />
          ))}
        </Stack>
      )}
    </Loaded>
  )
}

export function LeadPage() {
  const { leadId } = useParams({ from: '/leads/$leadId' })
  const lead = useQuery({
    queryKey: ['lead', leadId],
    queryFn: () => request<LeadAnswer>('GET', pathOf(leadId)),
  })
  return (
    <Stack>
      <Anchor size="sm" renderRoot={(props) => <Link to="/leads" search={{}} {...props} />}>
        All leads
      </Anchor>
      <Loaded query={lead}>
        {(found) => (
          <>
            <Who lead={found} />
            <Reasons leadId={leadId} />
            <Tabs defaultValue="timeline" keepMounted={false}>
              <Tabs.List>
                <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
                <Tabs.Tab value="features">Features</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="timeline" pt="md">
                <History leadId={leadId} />
              </Tabs.Panel>
              <Tabs.Panel value="features" pt="md">
                <Features leadId={leadId} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Loaded>
    </Stack>
  )
}
