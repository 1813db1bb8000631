/** Importing a file: what it would do, corrected, done, and what came of it. */
import {
  Button,
  FileInput,
  Group,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  Importable,
  ImportAccepted,
  ImportDocument,
  ImportsAnswer,
  LeadMapping,
} from '../../../src/contract/index.ts'
import { useActors } from '../api/names.ts'
import { request } from '../api/request.ts'
import { ColumnMappings } from '../parts/column-mapping.tsx'
import { Moment } from '../parts/moment.tsx'
import { whole } from '../parts/numbers.ts'
import { InOwnWorkspace } from '../parts/own-workspace.tsx'
import { RejectedRows } from '../parts/rejected-rows.tsx'
import { Section } from '../parts/section.tsx'
import { Loaded, ProblemAlert } from '../parts/states.tsx'
import { ImportUnderWay } from './import-under-way.tsx'

const ACCEPTED = '.csv,.tsv,.txt,.jsonl,.ndjson,.gz'

interface Order {
  readonly kind: Importable
  readonly file: File
  readonly mapping: LeadMapping | undefined
}

function send<T>({ kind, file, mapping }: Order, isDry: boolean): Promise<T> {
  const form = new FormData()
  if (mapping !== undefined) form.append('mapping', JSON.stringify(mapping))
  form.append('file', file)
  return request<T>('POST', `/v1/imports?kind=${kind}${isDry ? '&dry_run=true' : ''}`, form)
}

function summaryOf({ rows, rejected, suspicious, labelled }: ImportDocument): string {
  return [
    `${whole(rows)} rows`,
    rejected === 0 ? 'none rejected' : `${whole(rejected)} rejected`,
    ...(labelled === undefined ? [] : [`${whole(labelled)} with a known outcome`]),
    ...(suspicious === undefined || suspicious.length === 0
      ? []
      : [`${suspicious.length} columns look as if they were known only after the outcome`]),
  ].join(', ')
}

interface PlanProps {
  order: Order
  plan: ImportDocument
  setMapping: (mapping: LeadMapping) => void
  check: () => void
  isChecking: boolean
  start: () => void
  isStarting: boolean
}

function Plan({ order, plan, setMapping, check, isChecking, start, isStarting }: PlanProps) {
  const { kind, file, mapping } = order
  const isChanged = mapping !== undefined
  return (
    <Section title="What would happen" note={summaryOf(plan)}>
      {kind === 'leads' ? (
        <ColumnMappings
          mapping={mapping ?? (plan.mapping as LeadMapping)}
          leftOut={plan.left_out_of_models ?? []}
          change={setMapping}
        />
      ) : (
        <ListingFields mapping={plan.mapping} />
      )}
      <RejectedRows file={file} count={plan.rejected} rejections={plan.rejections ?? []} />
      <Group mt="md" justify="flex-end">
        {isChanged && (
          <Button variant="default" loading={isChecking} onClick={check}>
            Dry run with this mapping
          </Button>
        )}
        <Button loading={isStarting} disabled={isChecking} onClick={start}>
          Import {whole(plan.rows - plan.rejected)} {kind}
        </Button>
      </Group>
    </Section>
  )
}

function ListingFields({ mapping }: { mapping: unknown }) {
  const { columns = {} } = mapping as { columns?: Record<string, unknown> }
  return (
    <Table verticalSpacing={4} aria-label="Fields of the listings">
      <Table.Tbody>
        {Object.entries(columns).map(([name, field]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={500}>
              {name}
            </Table.Th>
            <Table.Td>{String(field)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Earlier() {
  const actorOf = useActors()
  const imports = useQuery({
    queryKey: ['imports'],
    queryFn: () => request<ImportsAnswer>('GET', '/v1/imports?limit=10'),
  })
  return (
    <Section title="Earlier imports">
      <Loaded query={imports}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was imported over this page or the API yet.
            </Text>
          ) : (
            <Table verticalSpacing={4} aria-label="Earlier imports" tabularNums>
              <Table.Tbody>
                {items.map(({ import_id, kind, status, result, error, ...of }) => (
                  <Table.Tr key={import_id}>
                    <Table.Td>
                      <Moment at={of.requested_at} />
                    </Table.Td>
                    <Table.Td>
                      {kind}, {status}
                      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                        {error ?? (result === null ? '' : summaryOf({ ...result, suspicious: [] }))}
                      </Text>
                    </Table.Td>
                    <Table.Td visibleFrom="sm">{actorOf(of.requested_by)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Loaded>
    </Section>
  )
}

function useImport() {
  const [kind, setKind] = useState<Importable>('leads')
  const [file, setFile] = useState<File | null>(null)
  const [mapping, setMapping] = useState<LeadMapping>()
  const plan = useMutation({ mutationFn: (order: Order) => send<ImportDocument>(order, true) })
  const started = useMutation({ mutationFn: (order: Order) => send<ImportAccepted>(order, false) })
  const choose = (next: File | null, of: Importable) => {
    setKind(of)
    setFile(next)
    setMapping(undefined)
    started.reset()
    plan.reset()
    if (next !== null) plan.mutate({ kind: of, file: next, mapping: undefined })
  }
  const order = file === null ? null : { kind, file, mapping }
  return { kind, file, order, mapping, setMapping, plan, started, choose }
}

function ImportFile() {
  const { kind, file, order, setMapping, plan, started, choose } = useImport()
  return (
    <>
      <Section title="File" note="CSV, TSV or JSON lines, also gzipped, up to 50 MiB unpacked">
        <Group align="flex-end" gap="sm">
          <SegmentedControl
            data={[
              { value: 'leads', label: 'Leads' },
              { value: 'listings', label: 'Listings' },
            ]}
            value={kind}
            onChange={(value) => choose(file, value)}
            aria-label="What is in the file"
          />
          <FileInput
            aria-label="File to import"
            placeholder="Choose a file"
            leftSection={<IconFileUpload size={18} aria-hidden />}
            accept={ACCEPTED}
            value={file}
            onChange={(next) => choose(next, kind)}
            clearable
            clearButtonProps={{ 'aria-label': 'Choose no file' }}
            style={{ flex: 1, minWidth: 220 }}
          />
        </Group>
        {plan.isPending && (
          <Text size="sm" c="dimmed" mt="sm" role="status">
            Reading the file: nothing is changed yet.
          </Text>
        )}
        {plan.isError && <ProblemAlert error={plan.error} />}
      </Section>
      {order !== null && plan.data !== undefined && started.data === undefined && (
        <Plan
          order={order}
          plan={plan.data}
          setMapping={setMapping}
          check={() => plan.mutate(order)}
          isChecking={plan.isPending}
          start={() => started.mutate(order)}
          isStarting={started.isPending}
        />
      )}
      {started.isError && <ProblemAlert error={started.error} />}
      {file !== null && started.data !== undefined && (
        <ImportUnderWay importId={started.data.import_id} file={file} kind={kind} />
      )}
      <Earlier />
    </>
  )
}

export function Imports() {
  return (
    <Stack maw={1280}>
      <Title order={1} size="h3">
        Import
      </Title>
      <InOwnWorkspace>
        <ImportFile />
      </InOwnWorkspace>
    </Stack>
  )
}
