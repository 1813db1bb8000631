/** Shows the sign-in page until someone is signed in; a one-time link comes first. */
import { Center, Loader } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { mayBeSignedIn, renew, sessionKey, useSessionUser } from '../api/session.ts'
import { linkToken, OneTimeLink } from './one-time-link.tsx'
import { SignIn } from './sign-in.tsx'

export function Session({ children }: { children: ReactNode }) {
  const user = useSessionUser()
  const queries = useQueryClient()
  const [token] = useState(linkToken)
  const [asked, setAsked] = useState(() => token !== null || !mayBeSignedIn())
  useEffect(() => {
    if (asked) return
    const done = () => setAsked(true)
    renew().then(done, done)
  }, [asked])
  // Nothing one person or workspace loaded is shown to the next.
  const owner = sessionKey()
  useEffect(() => () => queries.clear(), [owner, queries])
  if (token !== null) return <OneTimeLink token={token} />
  if (user !== null) return <div key={owner}>{children}</div>
  if (asked) return <SignIn />
  return (
    <Center mih="100vh">
      <Loader aria-label="Signing in" />
    </Center>
  )
}
