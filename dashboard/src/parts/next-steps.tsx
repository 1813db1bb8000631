/** What to do in a workspace without leads: from nothing to the own leads scored. */
import { Anchor, List, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useSessionUser } from '../api/session.ts'

type Page = '/imports' | '/integrations' | '/models' | '/keys' | '/team'

const to = (page: Page, text: string): ReactNode => (
  <Anchor size="sm" renderRoot={(props) => <Link to={page} {...props} />}>
    {text}
  </Anchor>
)

export function NextSteps() {
  const role = useSessionUser()?.role
  if (role === 'agent')
    return (
      <Text size="sm" py="xl" ta="center" c="dimmed">
        No lead is yours yet: whoever administers this workspace imports leads and gives them out.
      </Text>
    )
  return (
    <Stack component="section" aria-label="First steps" maw={560} mx="auto" py="lg" gap="xs">
      <Text fw={600}>No leads yet. In about ten minutes yours can stand here, best first:</Text>
      <List type="ordered" size="sm" spacing="xs">
        <List.Item>
          {to('/imports', 'Import your leads')}: a CSV file as your CRM exports it, one lead a row,
          best with a column that says who bought. You see what would happen before anything does.
          {role === 'admin' && (
            <>
              {' '}
              Or {to('/integrations', 'connect GoHighLevel')}: it brings leads and their history.
            </>
          )}
        </List.Item>
        <List.Item>
          On the same page press Retrain: a first model is learned if enough is known of what became
          of leads; {to('/models', 'Models')} says what can be learned, and what not yet.
        </List.Item>
        <List.Item>Come back here: whom to call, in order, each with reasons.</List.Item>
        {role === 'admin' && (
          <List.Item>
            Then bring what happens: {to('/keys', 'a key')} for your website or CRM, and{' '}
            {to('/team', 'your team')}.
          </List.Item>
        )}
      </List>
    </Stack>
  )
}
