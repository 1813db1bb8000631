/** In a simulated market, before anything real is brought in: where it belongs. */
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
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

/** On the leads of a simulated market: where one's own come from. */
export function SimulatedLeads() {
  const user = useSessionUser()
  if (user?.workspace.simulated !== true) return null
  const to = (page: '/imports' | '/integrations', text: string) => (
    <Anchor
      inherit
      c="inherit"
      underline="always"
      renderRoot={(props) => <Link to={page} {...props} />}
    >
      {text}
    </Anchor>
  )
  return (
    <Alert variant="default" role="note" p="xs">
      These leads are simulated.{' '}
      {user.role === 'admin' && (
        <>
          Use your own: {to('/imports', 'import a file')} or{' '}
          {to('/integrations', 'connect GoHighLevel')}. Both lead to a workspace of your own.
        </>
      )}
      {user.role === 'lead' && <>Use your own: {to('/imports', 'import a file')}.</>}
    </Alert>
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
