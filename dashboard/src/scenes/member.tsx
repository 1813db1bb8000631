/** One member of the workspace, as an administrator changes them. */
import { Button, Divider, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PasswordLinkAnswer, UserAnswer, UserChangeBody } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { CopyOnce } from '../parts/copy-once.tsx'
import { ROLES } from '../parts/roles.ts'
import { ProblemAlert } from '../parts/states.tsx'
import { SureButton } from '../parts/sure-button.tsx'
import { TimeZoneSelect, WorkingHoursFields } from '../parts/working-hours.tsx'

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function useChange(user: UserAnswer) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: UserChangeBody) =>
      request<UserAnswer>('PATCH', `/v1/users/${user.user_id}`, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }),
  })
}

function MemberForm({ user, close }: { user: UserAnswer; close: () => void }) {
  const [role, setRole] = useState(user.role)
  const [team, setTeam] = useState(user.team)
  const [zone, setZone] = useState(user.time_zone)
  const [hours, setHours] = useState(user.working_hours)
  const change = useChange(user)
  const save = () => {
    // Only what differs: a profile that is shared with other workspaces may be refused.
    const body: UserChangeBody = {
      role,
      team,
      ...(zone !== user.time_zone && { time_zone: zone }),
      ...(!same(hours, user.working_hours) && { working_hours: hours }),
    }
    const onSuccess = () => {
      notifications.show({ message: `${user.name} is saved` })
      close()
    }
    change.mutate(body, { onSuccess })
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <Stack>
        <Select
          label="Role"
          data={ROLES}
          allowDeselect={false}
          value={role}
          onChange={(value) => value !== null && setRole(value)}
          data-autofocus
        />
        <TextInput
          label="Team"
          maxLength={100}
          value={team}
          onChange={(event) => setTeam(event.currentTarget.value)}
        />
        <TimeZoneSelect value={zone} onChange={setZone} />
        <WorkingHoursFields value={hours} onChange={setHours} />
        {change.isError && <ProblemAlert error={change.error} />}
        <Group>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Access({ user }: { user: UserAnswer }) {
  const change = useChange(user)
  const link = useMutation({
    mutationFn: () =>
      request<PasswordLinkAnswer>('POST', `/v1/users/${user.user_id}/password-link`),
  })
  const isDisabled = user.disabled_at !== null
  return (
    <Stack gap="sm">
      <Group>
        {!isDisabled && (
          <Button
            size="xs"
            variant="default"
            loading={link.isPending}
            onClick={() => link.mutate()}
          >
            Make a link for a new password
          </Button>
        )}
        {isDisabled ? (
          <Button
            size="xs"
            loading={change.isPending}
            onClick={() => change.mutate({ disabled: false })}
          >
            Enable
          </Button>
        ) : (
          <SureButton
            action="Disable"
            of={user.name}
            color="red"
            loading={change.isPending}
            onSure={() => change.mutate({ disabled: true })}
          />
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {isDisabled
          ? 'They cannot sign in to this workspace.'
          : 'Disabling ends their sessions at once; their leads stay with them until assigned.'}
      </Text>
      {change.isError && <ProblemAlert error={change.error} />}
      {link.isError && <ProblemAlert error={link.error} />}
      {link.data && (
        <CopyOnce
          title={`Send this link to ${user.email}: it is shown this once`}
          secret={location.origin + link.data.path}
        >
          <Text size="sm">It works once, for a day.</Text>
        </CopyOnce>
      )}
    </Stack>
  )
}

export function MemberDialog({ user, close }: { user: UserAnswer; close: () => void }) {
  return (
    <Modal opened onClose={close} title={user.name} centered>
      <Stack>
        <MemberForm user={user} close={close} />
        <Divider label="Access" />
        <Access user={user} />
      </Stack>
    </Modal>
  )
}
