import {
  Badge,
  Button,
  Group,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { LeadAnswer, LeadsAnswer } from '../../../src/contract/index.ts'
import { useNames } from '../api/names.ts'
import { leadSearch, toQuery, type LeadSearch } from '../api/lead-search.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { LeadRowActions } from '../parts/lead-actions.tsx'
import { LeadFilters } from '../parts/lead-filters.tsx'
import { Moment } from '../parts/moment.tsx'
import { Loaded, Nothing, ProblemAlert } from '../parts/states.tsx'

function Row({ lead, owner }: { lead: LeadAnswer; owner: string }) {
  return (
    <Table.Tr>
      <Table.Td maw={260}>
        <UnstyledButton
          renderRoot={(props) => (
            <Link to="/leads/$leadId" params={{ leadId: lead.lead_id }} {...props} />
          )}
        >
          <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {lead.name ?? lead.lead_id}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {lead.email ?? lead.phone ?? lead.lead_id}
          </Text>
        </UnstyledButton>
      </Table.Td>
      <Table.Td>
        {lead.segment === null ? '-' : <Badge variant="light">{lead.segment}</Badge>}
      </Table.Td>
      <Table.Td visibleFrom="sm">{lead.stage ?? '-'}</Table.Td>
      <Table.Td visibleFrom="sm">{owner}</Table.Td>
      <Table.Td visibleFrom="xs">
        <Moment at={lead.updated_at} />
      </Table.Td>
      <Table.Td>
        <LeadRowActions lead={lead} />
      </Table.Td>
    </Table.Tr>
  )
}

function LeadTable({ leads }: { leads: readonly LeadAnswer[] }) {
  const nameOf = useNames()
  return (
    <Table highlightOnHover verticalSpacing="xs" aria-label="Leads">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Lead</Table.Th>
          <Table.Th>Segment</Table.Th>
          <Table.Th visibleFrom="sm">Stage</Table.Th>
          <Table.Th visibleFrom="sm">Owner</Table.Th>
          <Table.Th visibleFrom="xs">Updated</Table.Th>
          <Table.Th>
            <VisuallyHidden>Actions</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {leads.map((lead) => (
          <Row key={lead.lead_id} lead={lead} owner={nameOf(lead.owner_id)} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Search({ q, go }: { q: string; go: (q: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(q)
  const [settled] = useDebouncedValue(text, 250)
  useHotkeys([['/', () => input.current?.focus()]])
  useEffect(() => {
    const next = settled.trim()
    if (next !== q) go(next)
    // Only what was typed moves the address.
  }, [settled])
  return (
    <TextInput
      ref={input}
      aria-label="Search leads"
      placeholder="Name, e-mail, phone or id ( / )"
      leftSection={<IconSearch size={16} aria-hidden />}
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      w={{ base: '100%', sm: 320 }}
    />
  )
}

export function Leads() {
  const search = useSearch({ from: '/leads' })
  const { q = '' } = search
  const navigate = useNavigate()
  const router = useRouter()
  const me = useSessionUser()?.user_id ?? 0
  const go = (next: LeadSearch) => void navigate({ to: '/leads', search: next, replace: true })
  const find = (text: string) => {
    // Who has opened a lead meanwhile is on the way to its page, which may still be loading.
    if (router.latestLocation.pathname === '/leads') go(leadSearch({ ...search, q: text }))
  }
  const query = toQuery(search, me)
  const pages = useInfiniteQuery({
    queryKey: ['leads', query],
    queryFn: ({ pageParam }) => {
      const fields = Object.entries({ ...query, limit: 50, ...pageParam })
      const text = new URLSearchParams(fields.map(([name, value]) => [name, String(value)]))
      return request<LeadsAnswer>('GET', `/v1/leads?${text.toString()}`)
    },
    initialPageParam: {},
    getNextPageParam: ({ next_cursor }) =>
      next_cursor === null ? undefined : { cursor: next_cursor },
    refetchInterval: 15_000,
  })
  const leads = pages.data?.pages.flatMap(({ items }) => items)
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Leads
        </Title>
        <Search q={q} go={find} />
      </Group>
      <LeadFilters search={search} me={me} go={go} />
      <Loaded query={pages}>
        {() =>
          leads === undefined || leads.length === 0 ? (
            <Nothing title={q === '' ? 'No leads yet' : 'No lead matches'}>
              {q === ''
                ? 'A lead appears with its first event: make a key under Keys and send one.'
                : 'Search by name, e-mail address, phone or lead id.'}
            </Nothing>
          ) : (
            <LeadTable leads={leads} />
          )
        }
      </Loaded>
      {pages.isFetchNextPageError && <ProblemAlert error={pages.error} />}
      {pages.hasNextPage && (
        <Button
          variant="default"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Stack>
  )
}
