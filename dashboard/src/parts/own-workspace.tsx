/** In a simulated market, before anything real is brought in: where it belongs. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { WorkspacesAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { enterWorkspace } from '../api/workspaces.ts'
import { NewWorkspace } from './new-workspace.tsx'
import { Section } from './section.tsx'
import { Loaded, ProblemAlert } from './states.tsx'

function Choice() {
  const user = useSessionUser()
  const workspaces = useQuery({
    queryKey: ['workspaces'],
    queryFn: () => request<WorkspacesAnswer>('GET', '/v1/workspaces'),
  })
  const enter = useMutation({ mutationFn: enterWorkspace })
  return (
    <>
      <Section title="Go to a workspace of your own" note="This page opens there">
        <Loaded query={workspaces}>
          {({ items }) => {
            const real = items.filter(({ simulated, role }) => !simulated && role !== 'agent')
            if (real.length === 0)
              return (
                <Text size="sm">
                  You have none yet:{' '}
                  {user?.role === 'admin' ? 'make one below.' : 'ask an administrator for one.'}
                </Text>
              )
            return (
              <Group gap="sm">
                {real.map(({ slug, name }) => (
                  <Button
                    key={slug}
                    loading={enter.isPending && enter.variables === slug}
                    onClick={() => enter.mutate(slug)}
                  >
                    Go to {name}
                  </Button>
                ))}
              </Group>
            )
          }}
        </Loaded>
        {enter.isError && <ProblemAlert error={enter.error} />}
      </Section>
      {user?.role === 'admin' && (
        <Section title="Or make a new one" note="You administer it; nobody else sees it">
          <NewWorkspace onMade={(slug) => enter.mutate(slug)} />
        </Section>
      )}
    </>
  )
}

/** `children`, except in a simulated market: there the choice of a workspace of one's own. */
export function InOwnWorkspace({ children }: { children: ReactNode }) {
  const workspace = useSessionUser()?.workspace
  if (workspace?.simulated !== true) return children
  return (
    <Stack gap="md">
      <Alert color="orange" title="Everybody in this workspace is made up">
        {workspace.name} is a simulated market. Real leads among made-up ones could not be told
        apart, and models would learn from both: so yours go into a workspace of your own.
      </Alert>
      <Choice />
    </Stack>
  )
}
