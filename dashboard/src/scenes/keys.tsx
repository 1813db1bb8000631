/** API keys: made here, shown once, revoked here. */
import {
  Button,
  Code,
  Group,
  MultiSelect,
  Select,
  Stack,
  Table,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { KeyAnswer, KeyBody, KeysAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { CopyOnce } from '../parts/copy-once.tsx'
import { Moment } from '../parts/moment.tsx'
import { RevocableList } from '../parts/revocable-list.tsx'
import { RevocableRow } from '../parts/revocable-row.tsx'
import { Nothing, ProblemAlert } from '../parts/states.tsx'

const SCOPES = ['events:write', 'leads:read', 'leads:write', 'admin'] as const

const curlOf = (key: string) => `curl ${location.origin}/v1/events \\
  -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\
  -d '{"type":"page_view","lead_id":"lead-1"}'`

function MadeKey({ made }: { made: KeyAnswer }) {
  return (
    <CopyOnce title="Copy the key now: it is shown this once" secret={made.key}>
      {made.scopes.includes('events:write') && (
        <Code block w="100%" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {curlOf(made.key)}
        </Code>
      )}
    </CopyOnce>
  )
}

function NewKey() {
  const queries = useQueryClient()
  const [kind, setKind] = useState<KeyBody['kind']>('secret')
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<(typeof SCOPES)[number][]>(['events:write'])
  const [origins, setOrigins] = useState('')
  const make = useMutation({
    mutationFn: (body: KeyBody) => request<KeyAnswer>('POST', '/v1/keys', body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  })
  const submit = () => {
    const websites = origins.split(/\s+/).filter((origin) => origin !== '')
    make.mutate(kind === 'secret' ? { kind, name, scopes } : { kind, name, origins: websites })
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack maw={560}>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Kind"
          description="Secret: for your server. Publishable: for a website, can only send events."
          allowDeselect={false}
          data={['secret', 'publishable']}
          value={kind}
          onChange={(value) => setKind(value === 'publishable' ? 'publishable' : 'secret')}
        />
        {kind === 'secret' ? (
          <MultiSelect
            label="May"
            data={[...SCOPES]}
            value={scopes}
            onChange={(chosen) => setScopes(SCOPES.filter((scope) => chosen.includes(scope)))}
          />
        ) : (
          <Textarea
            label="Websites, one a line"
            placeholder="https://www.example.com"
            required
            value={origins}
            onChange={(event) => setOrigins(event.currentTarget.value)}
          />
        )}
        <Group>
          <Button type="submit" loading={make.isPending}>
            Make key
          </Button>
        </Group>
        {make.isError && <ProblemAlert error={make.error} />}
        {make.data && <MadeKey made={make.data} />}
      </Stack>
    </form>
  )
}

function KeyRow({ item }: { item: KeysAnswer['items'][number] }) {
  const note = `${item.hint} · ${item.kind} · ${[...item.scopes, ...item.origins].join(', ')}`
  return (
    <RevocableRow item={item} path={`/v1/keys/${item.key_id}`} listed="keys" note={note}>
      <Table.Td visibleFrom="sm">
        <Moment at={item.created_at} />
      </Table.Td>
    </RevocableRow>
  )
}

export function Keys() {
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () => request<KeysAnswer>('GET', '/v1/keys'),
  })
  return (
    <Stack>
      <Title order={1} size="h3">
        Keys
      </Title>
      <NewKey />
      <RevocableList
        query={keys}
        label="Keys"
        none={<Nothing title="No keys yet">Make one to send events.</Nothing>}
        row={(item) => <KeyRow key={item.key_id} item={item} />}
      />
    </Stack>
  )
}
