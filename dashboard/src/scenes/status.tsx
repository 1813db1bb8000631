import { Anchor, Badge, Group, Stack, Table, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { Loaded } from '../parts/states.tsx'

export function Status() {
  const health = useQuery({
    queryKey: ['health'],
    queryFn: () => request<{ status: string; version: string }>('GET', '/health'),
    refetchInterval: 10_000,
  })
  // Not ready is an answer here, not a failure of the page.
  const ready = useQuery({
    queryKey: ['ready'],
    queryFn: async () => {
      const response = await fetch('/ready')
      return (await response.json()) as { ready: boolean; database: string }
    },
    refetchInterval: 10_000,
  })
  return (
    <Stack>
      <Title order={1} size="h3">
        Status
      </Title>
      <Loaded query={health}>
        {({ status, version }) => (
          <Table aria-label="Status">
            <Table.Tbody>
              <Table.Tr>
                <Table.Td>Server</Table.Td>
                <Table.Td>
                  <Badge color="green">{status}</Badge>
                </Table.Td>
              </Table.Tr>
              <Table.Tr>
                <Table.Td>Version</Table.Td>
                <Table.Td>{version}</Table.Td>
              </Table.Tr>
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      <Loaded query={ready}>
        {(answer) => (
          <Group>
            <Badge color={answer.ready ? 'green' : 'red'}>
              {answer.ready ? 'ready' : 'not ready'}
            </Badge>
            Database: {answer.database}
          </Group>
        )}
      </Loaded>
      <Group>
        <Anchor href="/metrics">Metrics</Anchor>
        <Anchor href="/docs">API documentation</Anchor>
      </Group>
    </Stack>
  )
}
