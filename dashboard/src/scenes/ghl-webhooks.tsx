/** Webhooks of GoHighLevel: where they go, what came, and secret addresses for workflows. */
import { Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { GhlAnswer, GhlHookAnswer, GhlHooksAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { CopyLine } from '../parts/copy-line.tsx'
import { Ago } from '../parts/moment.tsx'
import { whole } from '../parts/numbers.ts'
import { NewSecret, RevocableList } from '../parts/revocable-list.tsx'
import { RevocableRow } from '../parts/revocable-row.tsx'
import { Section } from '../parts/section.tsx'

type Webhooks = GhlAnswer['webhooks']

function Received({ state }: { state: Webhooks }) {
  return (
    <Stack gap={4}>
      <Text size="sm">
        {state.last_received_at === null ? (
          'Nothing was received yet.'
        ) : (
          <>
            Last received <Ago at={state.last_received_at} />, {whole(state.received)} in the last
            day.
          </>
        )}
      </Text>
      {state.waiting > 0 && (
        <Text size="sm">
          {whole(state.waiting)} wait for contacts that are not known yet: import their location.
        </Text>
      )}
      {state.refused > 0 && (
        <Text size="sm" c="red">
          {whole(state.refused)} refused since the server started
          {state.last_refused_at !== null && (
            <>
              , last <Ago at={state.last_refused_at} />: {state.last_refusal}
            </>
          )}
          . Check that GoHighLevel itself sends to this address, and GHL_WEBHOOK_PUBLIC_KEY.
        </Text>
      )}
      {state.kept.map(({ type, detail, count }) => (
        <Text key={`${type} ${detail}`} size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {whole(count)} × {type} kept in quarantine: {detail}
        </Text>
      ))}
    </Stack>
  )
}

function HookRow({ item }: { item: GhlHooksAnswer['items'][number] }) {
  const note = (
    <>
      {item.hint} · <Ago at={item.created_at} />
    </>
  )
  return (
    <RevocableRow
      item={item}
      path={`/v1/ghl/hooks/${item.hook_id}`}
      listed="ghl-hooks"
      note={note}
    />
  )
}

function NewHook() {
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: (name: string) => request<GhlHookAnswer>('POST', '/v1/ghl/hooks', { name }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['ghl-hooks'] }),
  })
  return (
    <NewSecret
      make={make}
      label="Name of the workflow"
      action="Make a secret address"
      copy={{
        title: 'Copy the address now: it is shown this once',
        secret: ({ path }) => location.origin + path,
      }}
    />
  )
}

export function GhlWebhooks({ state }: { state: Webhooks }) {
  const hooks = useQuery({
    queryKey: ['ghl-hooks'],
    queryFn: () => request<GhlHooksAnswer>('GET', '/v1/ghl/hooks'),
  })
  return (
    <>
      <Section title="Webhooks" note="For an application of GoHighLevel: signed, once each">
        <Stack gap="sm">
          <CopyLine text={location.origin + state.path} label="the webhook address" />
          <Received state={state} />
        </Stack>
      </Section>
      <Section title="Workflows" note="The action “Webhook” cannot sign: its address is the secret">
        <Stack gap="sm">
          <NewHook />
          <RevocableList
            query={hooks}
            label="Secret addresses"
            none={
              <Text size="sm" c="dimmed">
                No secret address yet.
              </Text>
            }
            row={(item) => <HookRow key={item.hook_id} item={item} />}
          />
        </Stack>
      </Section>
    </>
  )
}
