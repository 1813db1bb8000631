/** One lead: who, its score and why, how it went, what happened, what we know. */
import { Anchor, Card, Group, SimpleGrid, Stack, Tabs, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { FeaturesAnswer, LeadAnswer, ScoreHistoryAnswer } from '../../../src/contract/index.ts'
import { useNames } from '../api/names.ts'
import { request } from '../api/request.ts'
import { Attributes, FeatureGroups } from '../parts/features.tsx'
import { LeadQuality } from '../parts/lead-quality.tsx'
import { ScoreHistory } from '../parts/score-history.tsx'
import { LeadActions } from '../parts/lead-actions.tsx'
import { Loaded } from '../parts/states.tsx'
import { Reasons } from './reasons.tsx'
import { History, useTimeline } from './timeline.tsx'

const pathOf = (leadId: string) => `/v1/leads/${encodeURIComponent(leadId)}`
const wrap = { overflowWrap: 'anywhere' } as const
const HISTORY = 200

function Who({ lead }: { lead: LeadAnswer }) {
  const nameOf = useNames()
  const facts: [string, string | null][] = [
    ['E-mail', lead.email],
    ['Phone', lead.phone],
    ['Segment', lead.segment?.replaceAll('_', ' ') ?? null],
    ['Stage', lead.stage?.replaceAll('_', ' ') ?? null],
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
            <Text size="sm" style={wrap} {...(value === null && { c: 'dimmed' })}>
              {value ?? 'not known'}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Card>
  )
}

function HowItWent({ leadId }: { leadId: string }) {
  const history = useQuery({
    queryKey: ['score', leadId, 'history'],
    queryFn: () =>
      request<ScoreHistoryAnswer>('GET', `${pathOf(leadId)}/score-history?limit=${HISTORY}`),
  })
  const events = useTimeline(leadId).data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Loaded query={history}>{({ items }) => <ScoreHistory items={items} events={events} />}</Loaded>
  )
}

function Features({ leadId }: { leadId: string }) {
  const features = useQuery({
    queryKey: ['features', leadId],
    queryFn: () => request<FeaturesAnswer>('GET', `${pathOf(leadId)}/features`),
    refetchInterval: 15_000,
  })
  return <Loaded query={features}>{({ items }) => <FeatureGroups items={items} />}</Loaded>
}

function Knowledge({ lead }: { lead: LeadAnswer }) {
  const { lead_id: leadId, attributes } = lead
  const count = Object.keys(attributes).length
  return (
    <Tabs defaultValue="timeline" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
        <Tabs.Tab value="features">Features</Tabs.Tab>
        <Tabs.Tab value="attributes">Attributes ({count})</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="timeline" pt="md">
        <History leadId={leadId} />
      </Tabs.Panel>
      <Tabs.Panel value="features" pt="md">
        <Features leadId={leadId} />
      </Tabs.Panel>
      <Tabs.Panel value="attributes" pt="md">
        <Attributes of={attributes} />
      </Tabs.Panel>
    </Tabs>
  )
}

export function LeadPage() {
  const { leadId } = useParams({ from: '/leads/$leadId' })
  const lead = useQuery({
    queryKey: ['lead', leadId],
    queryFn: () => request<LeadAnswer>('GET', pathOf(leadId)),
  })
  return (
    <Stack maw={1440}>
      <Group gap="md">
        <Anchor size="sm" renderRoot={(props) => <Link to="/call-next" {...props} />}>
          Call next
        </Anchor>
        <Anchor size="sm" renderRoot={(props) => <Link to="/leads" search={{}} {...props} />}>
          All leads
        </Anchor>
      </Group>
      <Loaded query={lead}>
        {(found) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
            <Stack>
              <Who lead={found} />
              <LeadActions lead={found} />
              <Reasons leadId={leadId} />
              <HowItWent leadId={leadId} />
              <LeadQuality leadId={leadId} />
            </Stack>
            <Knowledge lead={found} />
          </SimpleGrid>
        )}
      </Loaded>
    </Stack>
  )
}
