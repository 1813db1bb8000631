import { Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { LoginBody, SessionAnswer } from '../../../src/contract/index.ts'
import { lookAtDemoFirst } from '../api/first-look.ts'
import { request } from '../api/request.ts'
import { remember } from '../api/session.ts'
import { ProblemAlert } from '../parts/states.tsx'

export function SignIn() {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const login = useMutation({
    mutationFn: (body: LoginBody) => request<SessionAnswer>('POST', '/api/auth/login', body),
    onSuccess: async (answer) => {
      remember(answer)
      // Without it one is in the workspace asked for, and may go to the demo by the menu.
      await lookAtDemoFirst(answer).catch(() => undefined)
    },
  })
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={400} radius="md">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            login.mutate({ email, password })
          }}
        >
          <Stack>
            <div>
              <Title order={1} size="h3">
                EnterpriseHub
              </Title>
              <Text size="sm" c="dimmed">
                Sign in to see your leads
              </Text>
            </div>
            {login.isError && <ProblemAlert error={login.error} />}
            <TextInput
              label="E-mail"
              type="text"
              inputMode="email"
              autoComplete="username"
              required
              data-autofocus
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={login.isPending}>
              Sign in
            </Button>
            <Text size="xs" c="dimmed">
              First start? The terminal that started the product printed the address and password.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}
