import { Badge, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { UsersAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Loaded } from '../parts/states.tsx'

export function Team() {
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  return (
    <Stack>
      <Title order={1} size="h3">
        Team
      </Title>
      <Loaded query={users}>
        {({ items }) => (
          <Table aria-label="Team">
            <Table.Tbody>
              {items.map((user) => (
                <Table.Tr key={user.user_id}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>
                    <Text size="sm" fw={600}>
                      {user.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {user.email}
                    </Text>
                  </Table.Td>
                  <Table.Td visibleFrom="xs">{user.team}</Table.Td>
                  <Table.Td ta="right">
                    {user.disabled_at === null ? (
                      <Badge variant="light">{user.role}</Badge>
                    ) : (
                      <Badge color="gray">disabled</Badge>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
    </Stack>
  )
}
