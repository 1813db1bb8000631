/** Enrichment hooks: addresses that are asked about new and changed leads. */
import { Stack, Table, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  EnrichmentHookAnswer,
  EnrichmentHookBody,
  EnrichmentHooksAnswer,
} from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Ago } from '../parts/moment.tsx'
import { whole } from '../parts/numbers.ts'
import { NewSecret, RevocableList } from '../parts/revocable-list.tsx'
import { RevocableRow } from '../parts/revocable-row.tsx'
import { Section } from '../parts/section.tsx'
import { Nothing } from '../parts/states.tsx'

const PATH = '/v1/enrichment-hooks'
const LISTED = 'enrichment-hooks'
const LOOK_MS = 10_000
const NOTE =
  'An address of yours or of a data provider. It gets the record of each new or changed lead, ' +
  'signed, and may answer attributes, which are stored as its change.'

type Item = EnrichmentHooksAnswer['items'][number]

function HookRow({ item }: { item: Item }) {
  const { last_failed_at: failedAt, last_failure: failure } = item
  return (
    <RevocableRow item={item} path={`${PATH}/${item.hook_id}`} listed={LISTED} note={item.url}>
      <Table.Td>
        <Text size="sm">
          {whole(item.answered)} answered
          {item.last_answered_at !== null && (
            <>
              , last <Ago at={item.last_answered_at} />
            </>
          )}
          ; {whole(item.waiting)} waiting
        </Text>
        {item.is_full && (
          <Text size="xs" c="red">
            The queue is full: leads that change now are not asked about.
          </Text>
        )}
        {failedAt !== null && (
          <Text size="xs" c="red" style={{ overflowWrap: 'anywhere' }}>
            {whole(item.failed)} given up; last failure <Ago at={failedAt} />: {failure}
          </Text>
        )}
      </Table.Td>
    </RevocableRow>
  )
}

function NewHook() {
  const queries = useQueryClient()
  const [url, setUrl] = useState('')
  const make = useMutation({
    mutationFn: (name: string) => {
      const body: EnrichmentHookBody = { name, url: url.trim() }
      return request<EnrichmentHookAnswer>('POST', PATH, body)
    },
    onSuccess: () => {
      setUrl('')
      return queries.invalidateQueries({ queryKey: [LISTED] })
    },
  })
  const title = 'Copy the key of its signature now: it is shown this once'
  return (
    <NewSecret
      make={make}
      label="Name of the hook"
      action="Register hook"
      copy={{ title, secret: ({ secret }) => secret }}
    >
      <TextInput
        label="HTTPS address"
        required
        maxLength={2_000}
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
        style={{ flex: 1, minWidth: 200 }}
      />
    </NewSecret>
  )
}

export function EnrichmentHooks() {
  const hooks = useQuery({
    queryKey: [LISTED],
    queryFn: () => request<EnrichmentHooksAnswer>('GET', PATH),
    refetchInterval: LOOK_MS,
  })
  return (
    <Section title="Enrichment hooks" note={NOTE}>
      <Stack gap="md">
        <NewHook />
        <RevocableList
          query={hooks}
          label="Enrichment hooks"
          none={<Nothing title="No hook is registered yet" />}
          row={(item) => <HookRow key={item.hook_id} item={item} />}
        />
      </Stack>
    </Section>
  )
}
