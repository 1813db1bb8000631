/** Importing a file: what it would do, corrected, done, and what came of it. */
import {
  Alert,
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

function summaryOf(document: ImportDocument): string {
  const { rows, rejected, suspicious, labelled, converted, open = 0 } = document
  return [
    `${whole(rows)} rows`,
    rejected === 0 ? 'none rejected' : `${whole(rejected)} rejected`,
    ...(labelled === undefined ? [] : [`${whole(labelled)} with a known outcome`]),
    ...(converted === undefined ? [] : [`${whole(converted)} converted`]),
    ...(open === 0 ? [] : [`${whole(open)} still open, so not learned from`]),
    ...(suspicious === undefined || suspicious.length === 0
      ? []
      : [`${suspicious.length} columns look as if they were known only after the outcome`]),
  ].join(', ')
}

interface PlanProps {
  order: Order
  plan: ImportDocument
  /** The mapping, since the plan was made. */
  isChanged: boolean
  setMapping: (mapping: LeadMapping) => void
  check: () => void
  isChecking: boolean
  start: () => void
  isStarting: boolean
}

function Plan(props: PlanProps) {
  const { order, plan, isChanged, setMapping, check, isChecking, start, isStarting } = props
  const { kind, file, mapping } = order
  return (
    <Section title="What would happen" note={summaryOf(plan)}>
      {kind === 'leads' ? (
        <ColumnMappings
          mapping={mapping ?? (plan.mapping as LeadMapping)}
          leftOut={plan.left_out_of_models ?? []}
          choices={plan.choices ?? {}}
          change={setMapping}
        />
      ) : (
        <ListingFields mapping={plan.mapping} />
      )}
      <Lesson kind={kind} plan={plan} isChanged={isChanged} />
      <RejectedRows file={file} count={plan.rejected} rejections={plan.rejections ?? []} />
      <Group mt="md" justify="flex-end">
        {isChanged && (
          <Button variant="default" loading={isChecking} onClick={check}>
            Dry run with this mapping
          </Button>
        )}
        <Button
          loading={isStarting}
          disabled={isChecking || (plan.fault !== undefined && !isChanged)}
          onClick={start}
        >
          Import {plan.fault === undefined && `${whole(plan.rows - plan.rejected)} `}
          {kind}
        </Button>
      </Group>
    </Section>
  )
}

/** What is wrong with the mapping, or what can be learned with it. */
function Lesson(props: Pick<PlanProps, 'plan' | 'isChanged'> & { kind: Importable }) {
  const { kind, plan, isChanged } = props
  const { fault, labelled = 0, converted = 0 } = plan
  if (isChanged)
    return (
      <Text size="sm" mt="md">
        The mapping was changed: a dry run says what it means before anything is imported.
      </Text>
    )
  if (fault !== undefined)
    return (
      <Alert color="red" role="alert" mt="md" title="Nothing can be imported like this">
        {fault}
      </Alert>
    )
  if (kind !== 'leads' || (converted > 0 && converted < labelled)) return null
  return (
    <Alert color="blue" mt="md" title="Nothing can be learned from this file yet">
      {labelled === 0
        ? 'No column says what became of the leads. If one does, choose it above as "what became ' +
          'of it". '
        : `All ${whole(labelled)} leads with an outcome have the same one. `}
      The leads can be imported all the same: without a model they have no score until outcomes
      come, and say so.
    </Alert>
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
  const [judged, setJudged] = useState<LeadMapping>()
  const plan = useMutation({
    mutationFn: (order: Order) => send<ImportDocument>(order, true),
    // What the leak guard says of a mapping made by hand is shown and sent with it.
    onSuccess: (answer, { mapping: given }) => {
      if (given === undefined) return
      setMapping(answer.mapping as LeadMapping)
      setJudged(answer.mapping as LeadMapping)
    },
  })
  const started = useMutation({ mutationFn: (order: Order) => send<ImportAccepted>(order, false) })
  const choose = (next: File | null, of: Importable) => {
    setKind(of)
    setFile(next)
    setMapping(undefined)
    setJudged(undefined)
    started.reset()
    plan.reset()
    if (next !== null) plan.mutate({ kind: of, file: next, mapping: undefined })
  }
  const order = file === null ? null : { kind, file, mapping }
  const isChanged = mapping !== judged
  return { kind, file, order, isChanged, setMapping, plan, started, choose }
}

function ImportFile() {
  const { kind, file, order, isChanged, setMapping, plan, started, choose } = useImport()
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
          isChanged={isChanged}
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
