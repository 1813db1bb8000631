/** What happened to a lead, the latest first, as it happens. */
import { Badge, Button, Group, Stack, Text, Timeline } from '@mantine/core'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import type { EventTypesAnswer, TimelineAnswer, TimelineItem } from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { request } from '../api/request.ts'
import { Moment } from '../parts/moment.tsx'
import { Loaded, Nothing } from '../parts/states.tsx'

function Happening({ item, depth }: { item: TimelineItem; depth: number | undefined }) {
  return (
    <>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {item.label}
        </Text>
        {depth !== undefined && depth > 0 && (
          <Badge size="sm" variant="light" title="How deep in the funnel this event is, up to 5">
            depth {depth}
          </Badge>
        )}
        {item.grade !== null && (
          <Badge size="sm" variant="outline" title="Whether a person or a machine did this">
            {item.grade}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        <Moment at={item.timestamp} />
        {item.property_id !== null && ` · property ${item.property_id}`}
        {item.duration_seconds !== null && ` · ${item.duration_seconds} s`}
      </Text>
    </>
  )
}

/** Pages of the timeline, shared by all that show it. */
export function useTimeline(leadId: string) {
  const queries = useQueryClient()
  const queryKey = ['timeline', leadId]
  useLive('events', (frame) => {
    if (frame.type === 'reset' || (frame.type === 'event' && frame.data.lead_id === leadId))
      void queries.invalidateQueries({ queryKey })
  })
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ limit: '50', ...pageParam })
      const path = `/v1/leads/${encodeURIComponent(leadId)}/timeline`
      return request<TimelineAnswer>('GET', `${path}?${query.toString()}`)
    },
    initialPageParam: {},
    getNextPageParam: ({ next_cursor }) =>
      next_cursor === null ? undefined : { cursor: next_cursor },
    refetchInterval: 30_000,
  })
}

export function History({ leadId }: { leadId: string }) {
  const types = useQuery({
    queryKey: ['event-types'],
    queryFn: () => request<EventTypesAnswer>('GET', '/v1/event-types'),
    staleTime: Infinity,
  })
  const pages = useTimeline(leadId)
  const depths = new Map<string, number>(
    types.data?.items.map(({ type, funnel_depth }) => [type, funnel_depth]),
  )
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
