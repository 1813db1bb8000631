/** The workspaces one may enter; administrators make new ones. */
import { Badge, Button, Group, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  WorkspaceAnswer,
  WorkspaceBody,
  WorkspacesAnswer,
} from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { enterWorkspace } from '../api/workspaces.ts'
import { Section } from '../parts/section.tsx'
import { Loaded, ProblemAlert } from '../parts/states.tsx'
import { TimeZoneSelect } from '../parts/working-hours.tsx'

const SLUG_LENGTH_MAX = 63

/** "Lake Shore Homes" → "lake-shore-homes". */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, SLUG_LENGTH_MAX)

function WorkspaceRow({ workspace }: { workspace: WorkspaceAnswer }) {
  const user = useSessionUser()
  const enter = useMutation({ mutationFn: () => enterWorkspace(workspace.slug) })
  const isHere = user?.workspace.slug === workspace.slug
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {workspace.name}
          </Text>
          {workspace.simulated && (
            <Badge color="orange" variant="light">
              simulated
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {workspace.slug} · {workspace.time_zone} · you are {workspace.role}
        </Text>
        {enter.isError && <ProblemAlert error={enter.error} />}
      </Table.Td>
      <Table.Td ta="right">
        {isHere ? (
          <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            you are here
          </Text>
        ) : (
          <Button
            size="xs"
            variant="default"
            aria-label={`Enter ${workspace.name}`}
            loading={enter.isPending}
            onClick={() => enter.mutate()}
          >
            Enter
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function NewWorkspace() {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  const slug = slugOf(name)
  const make = useMutation({
    mutationFn: (body: WorkspaceBody) => request<WorkspaceAnswer>('POST', '/v1/workspaces', body),
    onSuccess: () => {
      setName('')
      return Promise.all(
        ['workspaces', 'me'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      )
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate({ slug, name, time_zone: zone })
      }}
    >
      <Stack maw={560}>
        <TextInput
          label="Name"
          description={slug === '' ? 'Also gives its short name' : `Short name: ${slug}`}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TimeZoneSelect value={zone} onChange={setZone} />
        <Group>
          <Button type="submit" disabled={slug === ''} loading={make.isPending}>
            Make workspace
          </Button>
        </Group>
        {make.isError && <ProblemAlert error={make.error} />}
      </Stack>
    </form>
  )
}

export function Workspaces() {
  const user = useSessionUser()
  const workspaces = useQuery({
    queryKey: ['workspaces'],
    queryFn: () => request<WorkspacesAnswer>('GET', '/v1/workspaces'),
  })
  return (
    <Stack>
      <Title order={1} size="h3">
        Workspaces
      </Title>
      <Loaded query={workspaces}>
        {({ items }) => (
          <Table aria-label="Workspaces">
            <Table.Tbody>
              {items.map((workspace) => (
                <WorkspaceRow key={workspace.workspace_id} workspace={workspace} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      {user?.role === 'admin' && (
        <Section title="New workspace" note="You administer it; nobody else sees it">
          <NewWorkspace />
        </Section>
      )}
    </Stack>
  )
}
