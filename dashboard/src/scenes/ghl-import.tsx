/** An import of a location: how far it is, what it brought, and what can be done with it. */
import { Alert, Button, Group, PasswordInput, Progress, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { GhlImportAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Ago } from '../parts/moment.tsx'
import { whole, wholePercent } from '../parts/numbers.ts'
import { Section } from '../parts/section.tsx'
import { ProblemAlert } from '../parts/states.tsx'
import { SureButton } from '../parts/sure-button.tsx'
import { LearnNext } from './learn-next.tsx'

type Verb = 'pause' | 'resume' | 'cancel'

const TITLES: Record<GhlImportAnswer['state'], string> = {
  running: 'Importing',
  paused: 'Paused',
  failed: 'Stopped: needs you',
  interrupted: 'Interrupted: needs the token again',
  cancelled: 'Cancelled',
  done: 'Imported',
}

const duration = (seconds: number): string =>
  seconds < 90 ? `${whole(seconds)} s` : `${whole(seconds / 60)} min`

function rowsOf({ leads, events, outcomes, notes, shared }: GhlImportAnswer['counts']) {
  const rows: [string, number | undefined][] = [
    ['Leads made', leads['created']],
    ['Leads changed', leads['changed']],
    ['Leads as before', leads['unchanged']],
    ['Found here already, by e-mail or phone', leads['matched']],
    ['Erased at their request: stay so', leads['erased']],
    ['Events new', events['new']],
    ['Events known', events['known']],
    ['Won', outcomes['won']],
    ['Lost', outcomes['lost']],
    ['Notes new', notes],
    ['E-mail addresses of several contacts: kept apart', shared.emails],
    ['Phone numbers of several contacts: kept apart', shared.phones],
  ]
  return rows.filter(([, count]) => (count ?? 0) > 0)
}

function Counts({ counts }: { counts: GhlImportAnswer['counts'] }) {
  const reasons = [
    ...Object.entries(counts.skipped).map(([reason, n]) => [`No event: ${reason}`, n] as const),
    ...Object.entries(counts.refused).map(([reason, n]) => [`Refused: ${reason}`, n] as const),
  ]
  return (
    <Table verticalSpacing={4} aria-label="What it brought" tabularNums>
      <Table.Tbody>
        {[...rowsOf(counts), ...reasons].map(([what, count]) => (
          <Table.Tr key={what}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
              {what}
            </Table.Th>
            <Table.Td ta="right">{whole(count ?? 0)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function GoOn(props: { of: GhlImportAnswer; go: (token: string) => void; loading: boolean }) {
  const { of, go, loading } = props
  const [token, setToken] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        go(token.trim())
      }}
    >
      <Group align="flex-end" gap="sm">
        {!of.token_held && (
          <PasswordInput
            label="Token, again"
            required
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            style={{ flex: 1, minWidth: 200 }}
          />
        )}
        <Button type="submit" loading={loading}>
          Go on
        </Button>
      </Group>
    </form>
  )
}

function Actions({ of }: { of: GhlImportAnswer }) {
  const queries = useQueryClient()
  const act = useMutation({
    mutationFn: ({ verb, token }: { verb: Verb; token?: string }) => {
      const body = verb !== 'resume' ? undefined : token ? { token } : {}
      return request('POST', `/v1/ghl/imports/${of.location_id}/${verb}`, body)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['ghl'] }),
  })
  const isStopped = ['paused', 'failed', 'interrupted'].includes(of.state)
  return (
    <>
      {isStopped && (
        <GoOn
          of={of}
          go={(token) => act.mutate({ verb: 'resume', token })}
          loading={act.isPending}
        />
      )}
      {(of.state === 'running' || isStopped) && (
        <Group gap="sm">
          {of.state === 'running' && (
            <Button
              size="xs"
              variant="default"
              loading={act.isPending}
              onClick={() => act.mutate({ verb: 'pause' })}
            >
              Pause
            </Button>
          )}
          <SureButton
            action="Cancel"
            of="the import"
            color="red"
            loading={act.isPending}
            onSure={() => act.mutate({ verb: 'cancel' })}
          />
        </Group>
      )}
      {act.isError && <ProblemAlert error={act.error} />}
    </>
  )
}

export function GhlImport({ of, name }: { of: GhlImportAnswer; name: string | undefined }) {
  const { state, reading, fraction, remaining_seconds: left, error, counts } = of
  const isOpen = state !== 'done' && state !== 'cancelled'
  return (
    <Section
      title={`${TITLES[state]}${name === undefined ? '' : `: ${name}`}`}
      note={
        <span style={{ overflowWrap: 'anywhere' }}>
          {of.location_id} · <Ago at={of.finished_at ?? of.touched_at} />
        </span>
      }
    >
      <Stack gap="sm">
        {isOpen && (
          <div aria-live="polite">
            <Text size="sm">
              {wholePercent(fraction)}
              {reading !== null && state === 'running' && `, reading ${reading}`}
              {left !== null && state === 'running' && `, about ${duration(left)} left`}
            </Text>
            <Progress
              value={100 * fraction}
              animated={state === 'running'}
              aria-label="Import of the location"
            />
          </div>
        )}
        {error !== null && (
          <Alert color="red" role="alert" style={{ overflowWrap: 'anywhere' }}>
            {error}
          </Alert>
        )}
        <Actions of={of} />
        <Counts counts={counts} />
        {state === 'done' && <LearnNext />}
      </Stack>
    </Section>
  )
}
