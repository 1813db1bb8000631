/** How good the data of a lead are, and what to ask next. */
import { Badge, Group, List, Progress, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { LeadQualityBody, LeadRecordAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Explained } from './explained.tsx'
import { wholePercent } from './numbers.ts'
import { Section } from './section.tsx'
import { Loaded } from './states.tsx'

const ASKED_NEXT = 3

const PARTS = [
  ['completeness', 'Complete', 'Weighted share of what should be known'],
  ['validity', 'Valid', 'Share of values that are what their field takes'],
  ['freshness', 'Fresh', 'Halves every 180 days since the newest event or change'],
  ['consistency', 'Consistent', 'Share of checks between fields that hold'],
] as const

function Quality({ of }: { of: LeadQualityBody }) {
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Text fw={600}>{wholePercent(of.score)}</Text>
        {of.is_thin && (
          <Badge color="orange" tt="none">
            data too thin
          </Badge>
        )}
      </Group>
      <Progress
        value={of.score * 100}
        aria-label={`Data quality ${wholePercent(of.score)}`}
        {...(of.is_thin && { color: 'yellow' })}
      />
      <Text size="xs" c="dimmed">
        {PARTS.map(([part, label, help], i) => (
          <span key={part}>
            {i > 0 && ' · '}
            <Explained help={[help]}>
              {label} {wholePercent(of[part])}
            </Explained>
          </span>
        ))}
      </Text>
      {of.missing.length > 0 && (
        <Text size="sm">
          Add next:{' '}
          {of.missing
            .slice(0, ASKED_NEXT)
            .map(({ label, gain }) => `${label} (+${wholePercent(gain)})`)
            .join(', ')}
          .
        </Text>
      )}
      {of.faults.length > 0 && (
        <List size="sm">
          {of.faults.map(({ field, problem }) => (
            <List.Item key={field + problem}>
              {field.replace('attributes.', '')} {problem}
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  )
}

export function LeadQuality({ leadId }: { leadId: string }) {
  const record = useQuery({
    queryKey: ['lead', leadId, 'record'],
    queryFn: () =>
      request<LeadRecordAnswer>('GET', `/v1/leads/${encodeURIComponent(leadId)}/record`),
  })
  return (
    <Section title="Data quality" note="Below 50 % profiles of this lead claim no confidence">
      <Loaded query={record}>{({ quality }) => <Quality of={quality} />}</Loaded>
    </Section>
  )
}
