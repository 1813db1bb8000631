/** What the holder of a one-time link sees: an invitation, or a new password. */
import { Button, Center, Loader, Paper, PasswordInput, Stack, Text } from '@mantine/core'
import { TextInput, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { LinkAnswer, SessionAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { remember } from '../api/session.ts'
import { ProblemAlert } from '../parts/states.tsx'
import { TimeZoneSelect } from '../parts/working-hours.tsx'

const PASSWORD_MIN = 12
const PAGES: readonly string[] = ['/join', '/new-password']

/** The token of the link this page was opened with; null: it is none of these pages. */
export const linkToken = (): string | null =>
  PAGES.includes(location.pathname) ? location.hash.slice(1) : null

function useSend(path: string) {
  return useMutation({
    mutationFn: (body: object) => request<SessionAnswer>('POST', path, body),
    onSuccess: (answer) => {
      remember(answer)
      // The link is used up, so it does not stay in the history either.
      location.replace('/')
    },
  })
}

function JoinForm({ link, token }: { link: LinkAnswer; token: string }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  const join = useSend('/api/auth/links/invitation')
  const known = link.has_account
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        join.mutate({ token, password, ...(!known && { name, time_zone: zone }) })
      }}
    >
      <Stack>
        <Text size="sm">
          {known
            ? `You have an account as ${link.email}: enter its password to join.`
            : `You are invited as ${link.email} (${link.role}).`}
        </Text>
        {/* For password managers: which account the password is of. */}
        <input type="hidden" autoComplete="username" value={link.email} readOnly />
        {!known && (
          <TextInput
            label="Your name"
            autoComplete="name"
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="Password"
          {...(!known && { description: `At least ${PASSWORD_MIN} characters` })}
          autoComplete={known ? 'current-password' : 'new-password'}
          required
          {...(!known && { minLength: PASSWORD_MIN })}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {!known && <TimeZoneSelect value={zone} onChange={setZone} />}
        {join.isError && <ProblemAlert error={join.error} />}
        <Button type="submit" loading={join.isPending}>
          Join {link.workspace}
        </Button>
      </Stack>
    </form>
  )
}

function NewPasswordForm({ link, token }: { link: LinkAnswer; token: string }) {
  const [password, setPassword] = useState('')
  const save = useSend('/api/auth/links/password')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ token, password })
      }}
    >
      <Stack>
        <Text size="sm">A new password for {link.email}. All other sessions end.</Text>
        <input type="hidden" autoComplete="username" value={link.email} readOnly />
        <PasswordInput
          label="New password"
          description={`At least ${PASSWORD_MIN} characters`}
          autoComplete="new-password"
          required
          minLength={PASSWORD_MIN}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {save.isError && <ProblemAlert error={save.error} />}
        <Button type="submit" loading={save.isPending}>
          Save password
        </Button>
      </Stack>
    </form>
  )
}

export function OneTimeLink({ token }: { token: string }) {
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => request<LinkAnswer>('POST', '/api/auth/links', { token }),
    staleTime: Infinity,
  })
  // Another link in the same tab changes only what follows #.
  useEffect(() => {
    const again = () => location.reload()
    addEventListener('hashchange', again)
    return () => removeEventListener('hashchange', again)
  }, [])
  const Form = link.data?.kind === 'password' ? NewPasswordForm : JoinForm
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={420} radius="md">
        <Stack>
          <Title order={1} size="h3">
            EnterpriseHub
          </Title>
          {link.isPending && <Loader aria-label="Reading the link" />}
          {link.isError && (
            <>
              <ProblemAlert error={link.error} />
              <Button component="a" href="/" variant="light">
                Go to sign-in
              </Button>
            </>
          )}
          {link.data !== undefined && <Form link={link.data} token={token} />}
        </Stack>
      </Paper>
    </Center>
  )
}
