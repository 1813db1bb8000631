/** What one says of oneself: name, time zone, working hours; and one's password. */
import { Button, Group, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  PasswordBody,
  ProfileBody,
  SessionAnswer,
  UserAnswer,
  UsersAnswer,
} from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { remember, useSessionUser } from '../api/session.ts'
import { Section } from '../parts/section.tsx'
import { Loaded, ProblemAlert } from '../parts/states.tsx'
import { TimeZoneSelect, WorkingHoursFields } from '../parts/working-hours.tsx'

function ProfileForm({ user }: { user: UserAnswer }) {
  const queries = useQueryClient()
  const [name, setName] = useState(user.name)
  const [zone, setZone] = useState(user.time_zone)
  const [hours, setHours] = useState(user.working_hours)
  const save = useMutation({
    mutationFn: (body: ProfileBody) => request<UserAnswer>('PATCH', '/v1/me', body),
    onSuccess: () => {
      notifications.show({ message: 'Your profile is saved' })
      return queries.invalidateQueries({ queryKey: ['users'] })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ name, time_zone: zone, working_hours: hours })
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TimeZoneSelect value={zone} onChange={setZone} />
        <WorkingHoursFields value={hours} onChange={setHours} />
        {save.isError && <ProblemAlert error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending}>
            Save profile
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function PasswordForm() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: (body: PasswordBody) => request<SessionAnswer>('POST', '/v1/me/password', body),
    onSuccess: (answer) => {
      remember(answer)
      setCurrent('')
      setNext('')
      notifications.show({ message: 'Your password is changed' })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate({ current_password: current, new_password: next })
      }}
    >
      <Stack>
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description="At least 12 characters"
          autoComplete="new-password"
          required
          minLength={12}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        {change.isError && <ProblemAlert error={change.error} />}
        <Group>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export function Profile() {
  const me = useSessionUser()
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  return (
    <Stack maw={560}>
      <Title order={1} size="h3">
        Your profile
      </Title>
      <Section title="You" note="The same in all your workspaces">
        <Loaded query={users}>
          {({ items }) => {
            const user = items.find(({ user_id }) => user_id === me?.user_id)
            return user === undefined ? null : <ProfileForm user={user} />
          }}
        </Loaded>
      </Section>
      <Section title="Password" note="All your other sessions end">
        <PasswordForm />
      </Section>
    </Stack>
  )
}
