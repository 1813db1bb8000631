/** Whose leads, which, in what order; and the filters a person keeps. */
import { ActionIcon, Button, Group, Menu, SegmentedControl, Select, TextInput } from '@mantine/core'
import { IconFilter, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  SavedFilterAnswer,
  SavedFiltersAnswer,
  StagesAnswer,
} from '../../../src/contract/index.ts'
import { fromQuery, leadSearch, toQuery, type LeadSearch } from '../api/lead-search.ts'
import { request } from '../api/request.ts'
import { ProblemAlert } from './states.tsx'

const WHOSE = [
  { value: 'all', label: 'All' },
  { value: 'me', label: 'My leads' },
  { value: 'nobody', label: 'Unassigned' },
]
const SHOWN = [
  { value: 'active', label: 'Active' },
  { value: 'snoozed', label: 'Snoozed' },
  { value: 'hidden', label: 'Hidden' },
  { value: 'closed', label: 'Closed and lost' },
  { value: 'all', label: 'All of them' },
]
const SORTS = [
  { value: 'newest', label: 'Newest first' },
  { value: 'call_next', label: 'Call next' },
  { value: 'score', label: 'Score' },
  { value: 'churn', label: 'Churn risk' },
  { value: 'last_activity', label: 'Last activity' },
]
const KEY = ['saved-filters']

function Saved(props: { search: LeadSearch; me: number; go: (search: LeadSearch) => void }) {
  const { search, me, go } = props
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const saved = useQuery({
    queryKey: KEY,
    queryFn: () => request<SavedFiltersAnswer>('GET', '/v1/saved-filters'),
  })
  const change = useMutation({
    mutationFn: ([method, path, body]: [string, string, unknown?]) => request(method, path, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  })
  const keep = () => {
    change.mutate(['POST', '/v1/saved-filters', { name: name.trim(), query: toQuery(search, me) }])
    setName('')
  }
  const row = ({ filter_id, name: label, query }: SavedFilterAnswer) => (
    <Group key={filter_id} wrap="nowrap" gap={4}>
      <Menu.Item onClick={() => go(fromQuery(query, me))}>{label}</Menu.Item>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Delete the filter ${label}`}
        onClick={() => change.mutate(['DELETE', `/v1/saved-filters/${filter_id}`])}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  )
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconFilter size={16} />}>
          Filters
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{saved.data?.items.length === 0 ? 'None saved yet' : 'Saved'}</Menu.Label>
        {saved.data?.items.map(row)}
        <Menu.Divider />
        <form
          onSubmit={(event) => {
            event.preventDefault()
            keep()
          }}
        >
          <Group p="xs" gap="xs" wrap="nowrap">
            <TextInput
              aria-label="Name of the filter"
              placeholder="Name"
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => event.stopPropagation()}
            />
            <Button
              flex="none"
              type="submit"
              disabled={name.trim() === ''}
              loading={change.isPending}
            >
              Save
            </Button>
          </Group>
        </form>
        {change.isError && <ProblemAlert error={change.error} />}
      </Menu.Dropdown>
    </Menu>
  )
}

function Stages({ stage, set }: { stage?: string; set: (stage: string | null) => void }) {
  const stages = useQuery({
    queryKey: ['leads', 'stages'],
    queryFn: () => request<StagesAnswer>('GET', '/v1/lead-stages'),
  })
  // A stage that nobody stands in any more may still be asked for by an address.
  const items = [
    ...new Set([...(stages.data?.items ?? []), ...(stage === undefined ? [] : [stage])]),
  ]
  if (items.length === 0) return null
  return (
    <Select
      aria-label="Stage"
      placeholder="Any stage"
      data={items.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
      value={stage ?? null}
      onChange={set}
      searchable
      clearable
      w={160}
    />
  )
}

export function LeadFilters(props: {
  search: LeadSearch
  me: number
  go: (search: LeadSearch) => void
}) {
  const { search, me, go } = props
  const set = (name: keyof LeadSearch, value: string | null) =>
    go(leadSearch({ ...search, [name]: value }))
  return (
    <Group gap="xs">
      <SegmentedControl
        aria-label="Whose leads"
        data={WHOSE}
        value={search.of ?? 'all'}
        onChange={(value) => set('of', value)}
      />
      <Select
        aria-label="Which leads"
        data={SHOWN}
        value={search.show ?? (search.q === undefined ? 'active' : 'all')}
        onChange={(value) => set('show', value)}
        allowDeselect={false}
        w={170}
      />
      <Stages
        {...(search.stage !== undefined && { stage: search.stage })}
        set={(stage) => set('stage', stage)}
      />
      <Select
        aria-label="Order"
        data={SORTS}
        value={search.sort ?? 'newest'}
        onChange={(value) => set('sort', value)}
        allowDeselect={false}
        w={150}
      />
      <Saved search={search} me={me} go={go} />
    </Group>
  )
}
