/** A form that makes a workspace. */
import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { WorkspaceAnswer, WorkspaceBody } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { ProblemAlert } from './states.tsx'
import { TimeZoneSelect } from './working-hours.tsx'

const SLUG_LENGTH_MAX = 63

/** "Lake Shore Homes" → "lake-shore-homes". */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, SLUG_LENGTH_MAX)

/** `onMade` gets its short name. */
export function NewWorkspace({ onMade }: { onMade?: (slug: string) => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  const slug = slugOf(name)
  const make = useMutation({
    mutationFn: (body: WorkspaceBody) => request<WorkspaceAnswer>('POST', '/v1/workspaces', body),
    onSuccess: async (made) => {
      setName('')
      await Promise.all(
        ['workspaces', 'me'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      )
      onMade?.(made.slug)
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate({ slug, name, time_zone: zone })
      }}
    >
      <Stack maw={560}>
        <TextInput
          label="Name"
          description={slug === '' ? 'Also gives its short name' : `Short name: ${slug}`}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TimeZoneSelect value={zone} onChange={setZone} />
        <Group>
          <Button type="submit" disabled={slug === ''} loading={make.isPending}>
            Make workspace
          </Button>
        </Group>
        {make.isError && <ProblemAlert error={make.error} />}
      </Stack>
    </form>
  )
}
