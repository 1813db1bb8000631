/** The people of the workspace: who belongs to it, who is invited. */
import { Badge, Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  InvitationAnswer,
  InvitationBody,
  InvitationsAnswer,
  UserAnswer,
  UsersAnswer,
} from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { CopyOnce } from '../parts/copy-once.tsx'
import { Moment } from '../parts/moment.tsx'
import { ROLES } from '../parts/roles.ts'
import { Section } from '../parts/section.tsx'
import { Loaded, Nothing, ProblemAlert } from '../parts/states.tsx'
import { SureButton } from '../parts/sure-button.tsx'
import { MemberDialog } from './member.tsx'

type Role = InvitationBody['role']
type Invitation = InvitationsAnswer['items'][number]

function InviteForm() {
  const queries = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('agent')
  const [team, setTeam] = useState('')
  const invite = useMutation({
    mutationFn: (body: InvitationBody) =>
      request<InvitationAnswer>('POST', '/v1/invitations', body),
    onSuccess: () => {
      setEmail('')
      return queries.invalidateQueries({ queryKey: ['invitations'] })
    },
  })
  const made = invite.data
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        invite.mutate({ email, role, team })
      }}
    >
      <Stack maw={560}>
        <TextInput
          label="E-mail address"
          type="email"
          required
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={ROLES}
          allowDeselect={false}
          value={role}
          onChange={(value) => value !== null && setRole(value)}
        />
        <TextInput
          label="Team"
          description="Leads of a team see the leads of its agents"
          maxLength={100}
          value={team}
          onChange={(event) => setTeam(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={invite.isPending}>
            Invite
          </Button>
        </Group>
        {invite.isError && <ProblemAlert error={invite.error} />}
        {made && (
          <CopyOnce
            title={`Send this link to ${made.email}: it is shown this once`}
            secret={location.origin + made.path}
          >
            <Text size="sm">
              It works once, until <Moment at={made.expires_at} />.
            </Text>
          </CopyOnce>
        )}
      </Stack>
    </form>
  )
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => request('DELETE', `/v1/invitations/${invitation.invitation_id}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
  const isOver = Date.parse(invitation.expires_at) < Date.now()
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={600}>
          {invitation.email}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {invitation.role} · {isOver ? 'expired' : 'until'} <Moment at={invitation.expires_at} />
        </Text>
        {revoke.isError && <ProblemAlert error={revoke.error} />}
      </Table.Td>
      <Table.Td ta="right">
        <SureButton
          action="Revoke"
          of={`the invitation of ${invitation.email}`}
          color="red"
          loading={revoke.isPending}
          onSure={() => revoke.mutate()}
        />
      </Table.Td>
    </Table.Tr>
  )
}

function Invitations() {
  const invitations = useQuery({
    queryKey: ['invitations'],
    queryFn: () => request<InvitationsAnswer>('GET', '/v1/invitations?limit=200'),
  })
  return (
    <Loaded query={invitations}>
      {({ items }) =>
        items.length === 0 ? (
          <Nothing title="Nobody is invited at the moment" />
        ) : (
          <Table aria-label="Invitations">
            <Table.Tbody>
              {items.map((invitation) => (
                <InvitationRow key={invitation.invitation_id} invitation={invitation} />
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Loaded>
  )
}

function MemberRow({ user, open }: { user: UserAnswer; open: () => void }) {
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={600}>
          {user.name}
        </Text>
        <Text size="xs" c="dimmed">
          {user.email}
          {user.team !== '' && ` · ${user.team}`}
        </Text>
        {user.disabled_at === null && user.working_now === false && (
          <Text size="xs" c="dimmed">
            outside working hours
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right">
        {user.disabled_at === null ? (
          <Badge variant="light">{user.role}</Badge>
        ) : (
          <Badge color="gray" miw="max-content">
            disabled
          </Badge>
        )}
      </Table.Td>
      <Table.Td ta="right" w={90}>
        <Button size="xs" variant="default" aria-label={`Change ${user.name}`} onClick={open}>
          Change
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

export function Team() {
  const [chosen, setChosen] = useState<number | null>(null)
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  const user = users.data?.items.find(({ user_id }) => user_id === chosen)
  return (
    <Stack>
      <Title order={1} size="h3">
        Team
      </Title>
      <Section title="Members">
        <Loaded query={users}>
          {({ items }) => (
            <Table aria-label="Team">
              <Table.Tbody>
                {items.map((one) => (
                  <MemberRow key={one.user_id} user={one} open={() => setChosen(one.user_id)} />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Loaded>
      </Section>
      <Section title="Invite" note="You hand over the link: the product does not send mail yet">
        <InviteForm />
      </Section>
      <Section title="Open invitations">
        <Invitations />
      </Section>
      {user !== undefined && (
        <MemberDialog key={user.user_id} user={user} close={() => setChosen(null)} />
      )}
    </Stack>
  )
}
