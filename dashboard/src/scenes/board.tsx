/** Call next: the leads worth a call, best first, as their scores change. */
import { Anchor, Card, Grid, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { LeadAnswer, LeadsAnswer, SocketFrame } from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { request } from '../api/request.ts'
import { Chance } from '../parts/chance.tsx'
import { Moment } from '../parts/moment.tsx'
import { Loaded, Nothing } from '../parts/states.tsx'

const SHOWN = 50
/** Many frames at once become one request. */
const GATHER_MS = 500

function Row({ lead, last }: { lead: LeadAnswer; last: string | undefined }) {
  const at = lead.score?.last_activity_at ?? null
  return (
    <Card withBorder component="li" padding="sm">
      <Grid gap="xs">
        <Grid.Col span={{ base: 12, sm: 3 }}>
          <Anchor
            fw={600}
            size="sm"
            style={{ overflowWrap: 'anywhere' }}
            renderRoot={(props) => (
              <Link to="/leads/$leadId" params={{ leadId: lead.lead_id }} {...props} />
            )}
          >
            {lead.name ?? lead.lead_id}
          </Anchor>
          <Text size="xs" c="dimmed" component="div">
            {last !== undefined && `${last} · `}
            {at === null ? 'nothing happened yet' : <Moment at={at} />}
          </Text>
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 5 }}>
          <Chance of={lead.score} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 4 }}>
          {lead.score?.call_next.reasons.map((reason) => (
            <Text key={reason} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {reason}
            </Text>
          ))}
        </Grid.Col>
      </Grid>
    </Card>
  )
}

/** Keeps the order it has while `held`; who is new comes last until then. */
function useSteady(leads: readonly LeadAnswer[], held: boolean): readonly LeadAnswer[] {
  const [order, setOrder] = useState<readonly string[]>([])
  useEffect(() => {
    if (!held) setOrder(leads.map(({ lead_id }) => lead_id))
  }, [leads, held])
  if (!held) return leads
  const place = new Map(order.map((id, index) => [id, index]))
  const placeOf = ({ lead_id }: LeadAnswer) => place.get(lead_id) ?? order.length
  return leads.toSorted((a, b) => placeOf(a) - placeOf(b))
}

const NONE: readonly LeadAnswer[] = []

function useBoard() {
  const queries = useQueryClient()
  const [last, setLast] = useState<ReadonlyMap<string, string>>(new Map())
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useLive('scores', (frame: SocketFrame) => {
    // `subscribed` too: what happened between the list and the subscription is read anew.
    if (!['score', 'reset', 'subscribed'].includes(frame.type)) return
    if (frame.type === 'score' && frame.data.last_event !== null) {
      const { lead_id, last_event } = frame.data
      setLast((known) => new Map(known).set(lead_id, last_event.label))
    }
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ['board'] })
    }, GATHER_MS)
  })
  const board = useQuery({
    queryKey: ['board'],
    queryFn: () => request<LeadsAnswer>('GET', `/v1/leads?sort=call_next&limit=${SHOWN}`),
    refetchInterval: 60_000,
  })
  return { board, last }
}

export function CallNext() {
  const { board, last } = useBoard()
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const leads = useSteady(board.data?.items ?? NONE, pointed || focused)
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Call next
        </Title>
        <Text size="xs" c="dimmed">
          Chance × expected commission × reachability, best first
        </Text>
      </Group>
      <Loaded query={board}>
        {() =>
          leads.length === 0 ? (
            <Nothing title="Nobody to call yet">
              A lead appears with its first event: make a key under Keys and send one.
            </Nothing>
          ) : (
            <Stack
              component="ol"
              gap="xs"
              p={0}
              m={0}
              aria-label="Leads to call next"
              onPointerEnter={() => setPointed(true)}
              onPointerLeave={() => setPointed(false)}
              onFocus={() => setFocused(true)}
              onBlur={() => setFocused(false)}
            >
              {leads.map((lead) => (
                <Row key={lead.lead_id} lead={lead} last={last.get(lead.lead_id)} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  )
}
