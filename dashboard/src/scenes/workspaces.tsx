/** The workspaces one may enter; administrators make new ones. */
import { Badge, Button, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { WorkspaceAnswer, WorkspacesAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { enterWorkspace } from '../api/workspaces.ts'
import { NewWorkspace } from '../parts/new-workspace.tsx'
import { Section } from '../parts/section.tsx'
import { Loaded, ProblemAlert } from '../parts/states.tsx'

function WorkspaceRow({ workspace }: { workspace: WorkspaceAnswer }) {
  const user = useSessionUser()
  const navigate = useNavigate()
  const enter = useMutation({
    mutationFn: () => enterWorkspace(workspace.slug),
    onSuccess: () => navigate({ to: '/call-next' }),
  })
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
