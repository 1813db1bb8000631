/** After an import: learning from it, what can be learned and what not yet, and whom to call. */
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useSessionUser } from '../api/session.ts'
import { Readiness } from '../parts/readiness.tsx'
import { Retraining } from './retraining.tsx'

export function LearnNext() {
  const user = useSessionUser()
  return (
    <>
      {user?.role === 'admin' && (
        <>
          <Retraining model="lead_scoring" />
          <Readiness />
        </>
      )}
      <Text size="sm">
        <Anchor size="sm" renderRoot={(root) => <Link to="/call-next" {...root} />}>
          Call next
        </Anchor>
        {' · '}
        <Anchor size="sm" renderRoot={(root) => <Link to="/models" {...root} />}>
          Models
        </Anchor>
      </Text>
    </>
  )
}
