/** The audit log: who did what, when. */
import { Button, Code, Group, Select, Stack, Table, Text, Title } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  AuditAnswer,
  AuditItem,
  AuditVerification,
  UsersAnswer,
} from '../../../src/contract/index.ts'
import { download, request } from '../api/request.ts'
import { Moment } from '../parts/moment.tsx'
import { Loaded, Nothing, ProblemAlert } from '../parts/states.tsx'

const PAGE = 50
const KINDS = [
  { value: 'session', label: 'Signing in and out' },
  { value: 'session.refused', label: 'Refused sign-ins' },
  { value: 'user', label: 'People' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'key', label: 'Keys' },
  { value: 'lead', label: 'Leads' },
  { value: 'lead.erased', label: 'Erasures' },
  { value: 'leads', label: 'Imports of leads' },
  { value: 'listings', label: 'Imports of listings' },
  { value: 'ghl_import', label: 'Imports of GoHighLevel' },
  { value: 'model', label: 'Models' },
  { value: 'workspace', label: 'Workspaces' },
  { value: 'audit', label: 'Exports of this log' },
]

interface Filter {
  readonly actor: string | null
  readonly kind: string | null
}

function queryOf({ actor, kind }: Filter, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more)
  if (actor !== null) query.set('actor', actor)
  if (kind !== null) query.set('kind', kind)
  return query.toString()
}

function Row({ entry }: { entry: AuditItem }) {
  const details = JSON.stringify(entry.details)
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm">
          <Text span fw={600} inherit>
            {entry.actor_name ?? entry.actor}
          </Text>{' '}
          {entry.action}
          {entry.subject !== entry.actor && ` ${entry.subject}`}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {entry.actor} · <Moment at={entry.at} />
        </Text>
        {details !== '{}' && <Code>{details}</Code>}
      </Table.Td>
    </Table.Tr>
  )
}

function Filters(props: { filter: Filter; onChange: (filter: Filter) => void }) {
  const { filter, onChange } = props
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  const people = (users.data?.items ?? []).map(({ user_id, name, email }) => ({
    value: `user:${user_id}`,
    label: `${name} (${email})`,
  }))
  return (
    <Group align="flex-end">
      <Select
        label="Who"
        placeholder="Everybody"
        clearable
        searchable
        data={people}
        value={filter.actor}
        onChange={(actor) => onChange({ ...filter, actor })}
      />
      <Select
        label="What"
        placeholder="Everything"
        clearable
        data={KINDS}
        value={filter.kind}
        onChange={(kind) => onChange({ ...filter, kind })}
      />
    </Group>
  )
}

function Chain() {
  const chain = useQuery({
    queryKey: ['audit', 'verification'],
    queryFn: () => request<AuditVerification>('GET', '/v1/audit/verification'),
  })
  if (chain.data === undefined) return null
  const { intact, first_broken_entry } = chain.data
  return (
    <Text size="sm" c={intact ? 'dimmed' : 'red'} role={intact ? undefined : 'alert'}>
      {intact
        ? 'The chain of entries is intact.'
        : `Entry ${first_broken_entry} does not fit the one before it: the log was changed.`}
    </Text>
  )
}

export function Audit() {
  const [filter, setFilter] = useState<Filter>({ actor: null, kind: null })
  const log = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => {
      const from = pageParam === null ? undefined : { cursor: pageParam }
      const query = queryOf(filter, { limit: String(PAGE), ...from })
      return request<AuditAnswer>('GET', `/v1/audit?${query}`)
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })
  const save = useMutation({
    mutationFn: () => download(`/v1/audit/export?${queryOf(filter)}`, 'audit.csv'),
  })
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Audit log
        </Title>
        <Button variant="default" loading={save.isPending} onClick={() => save.mutate()}>
          Save as CSV
        </Button>
      </Group>
      <Chain />
      <Filters filter={filter} onChange={setFilter} />
      {save.isError && <ProblemAlert error={save.error} />}
      <Loaded query={log}>
        {({ pages }) =>
          pages[0]!.items.length === 0 ? (
            <Nothing title="Nothing of that kind">Choose less of a filter.</Nothing>
          ) : (
            <Table aria-label="Audit log">
              <Table.Tbody>
                {pages.flatMap(({ items }) =>
                  items.map((entry) => <Row key={entry.entry_no} entry={entry} />),
                )}
              </Table.Tbody>
            </Table>
          )
        }
      </Loaded>
      {log.hasNextPage && (
        <Group>
          <Button
            variant="light"
            loading={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            Show older
          </Button>
        </Group>
      )}
    </Stack>
  )
}
