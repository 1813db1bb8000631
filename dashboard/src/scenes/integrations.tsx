/** GoHighLevel: connecting a location, its import, and what webhooks bring; enrichment hooks. */
import {
  Button,
  Checkbox,
  Group,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { GhlAnswer, GhlImportAnswer, GhlImportBody } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { InOwnWorkspace } from '../parts/own-workspace.tsx'
import { Section } from '../parts/section.tsx'
import { Loaded, Nothing, ProblemAlert } from '../parts/states.tsx'
import { EnrichmentHooks } from './enrichment.tsx'
import { GhlImport } from './ghl-import.tsx'
import { GhlWebhooks } from './ghl-webhooks.tsx'

const LOOK_MS = 1_000
const IDLE_MS = 15_000
const TOKEN_NOTE =
  'GoHighLevel: Settings, Private Integrations, with the read-only scopes. It is held in memory ' +
  'while the import runs, and stored nowhere.'
const HISTORY_NOTE =
  'What GoHighLevel recorded counts as known when it happened. Without it, everything counts as ' +
  'learned today.'

function Connect() {
  const queries = useQueryClient()
  const [locationId, setLocationId] = useState('')
  const [token, setToken] = useState('')
  const [history, setHistory] = useState(true)
  const start = useMutation({
    mutationFn: (body: GhlImportBody) => request<GhlImportAnswer>('POST', '/v1/ghl/imports', body),
    onSuccess: () => {
      setToken('')
      return queries.invalidateQueries({ queryKey: ['ghl'] })
    },
  })
  return (
    <Section title="Connect a location" note="Read only: nothing is written to GoHighLevel">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          start.mutate({ location_id: locationId.trim(), token: token.trim(), history })
        }}
      >
        <Stack maw={560}>
          <TextInput
            label="Location id"
            description="In the address of the sub-account, after /location/"
            required
            maxLength={100}
            value={locationId}
            onChange={(event) => setLocationId(event.currentTarget.value)}
          />
          <PasswordInput
            label="Private integration token"
            description={TOKEN_NOTE}
            required
            maxLength={500}
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
          <Checkbox
            label="Learn from its history"
            description={HISTORY_NOTE}
            checked={history}
            onChange={(event) => setHistory(event.currentTarget.checked)}
          />
          <Group>
            <Button type="submit" loading={start.isPending}>
              Connect and import
            </Button>
          </Group>
          {start.isError && <ProblemAlert error={start.error} />}
        </Stack>
      </form>
    </Section>
  )
}

function Imports({ state }: { state: GhlAnswer }) {
  const names = new Map(state.locations.map(({ location_id, name }) => [location_id, name]))
  if (state.imports.length === 0)
    return (
      <Section title="Imports">
        <Nothing title="No location was imported yet">
          Connect one above; its contacts, messages, appointments and opportunities become leads and
          events.
        </Nothing>
      </Section>
    )
  return state.imports.map((one) => (
    <GhlImport key={one.location_id} of={one} name={names.get(one.location_id)} />
  ))
}

function Connected() {
  const state = useQuery({
    queryKey: ['ghl'],
    queryFn: () => request<GhlAnswer>('GET', '/v1/ghl'),
    refetchInterval: (query) =>
      query.state.data?.imports.some((one) => one.state === 'running') === true ? LOOK_MS : IDLE_MS,
  })
  return (
    <>
      <Connect />
      <Loaded query={state}>
        {(data) => (
          <>
            <Imports state={data} />
            <GhlWebhooks state={data.webhooks} />
          </>
        )}
      </Loaded>
      <EnrichmentHooks />
    </>
  )
}

export function Integrations() {
  return (
    <Stack maw={1280}>
      <div>
        <Title order={1} size="h3">
          Integrations
        </Title>
        <Text size="sm" c="dimmed">
          GoHighLevel, and addresses that add to what is known of leads
        </Text>
      </div>
      <InOwnWorkspace>
        <Connected />
      </InOwnWorkspace>
    </Stack>
  )
}
