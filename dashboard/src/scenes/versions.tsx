/** All versions of a model, which was live from when, and back to an earlier one. */
import { Badge, SimpleGrid, Table, Text, Timeline } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ModelLogAnswer, ModelVersion, VersionsAnswer } from '../../../src/contract/index.ts'
import { useActors } from '../api/names.ts'
import { request } from '../api/request.ts'
import { Moment } from '../parts/moment.tsx'
import { three, whole } from '../parts/numbers.ts'
import { Section } from '../parts/section.tsx'
import { Loaded, ProblemAlert } from '../parts/states.tsx'
import { SureButton } from '../parts/sure-button.tsx'

interface RowProps {
  version: ModelVersion
  rollBack: { busy: boolean; to: (version: number) => void } | undefined
}

function Row({
  version: { version, aliases, created_at, created_by, training },
  rollBack,
}: RowProps) {
  const actorOf = useActors()
  const auc = training?.challenger.roc_auc ?? null
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={600} style={{ whiteSpace: 'nowrap' }}>
        {version}{' '}
        {aliases.map((alias) => (
          <Badge key={alias} size="sm" variant={alias === 'champion' ? 'filled' : 'light'}>
            {alias === 'champion' ? 'live' : alias}
          </Badge>
        ))}
      </Table.Th>
      <Table.Td>
        <Moment at={created_at} />
        <Text size="xs" c="dimmed">
          by {actorOf(created_by)}
        </Text>
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {training === null ? '–' : whole(training.leads)}
      </Table.Td>
      <Table.Td ta="right">{auc === null ? '–' : three(auc)}</Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {training === null ? '–' : three(training.challenger.log_loss)}
      </Table.Td>
      <Table.Td ta="right">
        {rollBack !== undefined && !aliases.includes('champion') && (
          <SureButton
            action="Roll back"
            of={`to version ${version}`}
            color="orange"
            loading={rollBack.busy}
            onSure={() => rollBack.to(version)}
          />
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function Log({ model }: { model: string }) {
  const actorOf = useActors()
  const log = useQuery({
    queryKey: ['models', model, 'log'],
    queryFn: () => request<ModelLogAnswer>('GET', `/v1/ml/models/${model}/log`),
  })
  return (
    <Section title="What was live" note="The latest first">
      <Loaded query={log}>
        {({ items }) => (
          <Timeline bulletSize={12} lineWidth={2} active={0} aria-label="What was live">
            {items.map(({ at, alias, version, actor, reason }) => (
              <Timeline.Item key={at}>
                <Text size="sm" fw={600}>
                  {version === null ? `no ${alias}` : `version ${version} became ${alias}`}
                </Text>
                <Text size="sm">{reason}</Text>
                <Text size="xs" c="dimmed">
                  <Moment at={at} /> by {actorOf(actor)}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        )}
      </Loaded>
    </Section>
  )
}

export function Versions({ model, mayRollBack }: { model: string; mayRollBack: boolean }) {
  const queries = useQueryClient()
  const versions = useQuery({
    queryKey: ['models', model, 'versions'],
    queryFn: () => request<VersionsAnswer>('GET', `/v1/ml/models/${model}/versions`),
  })
  const back = useMutation({
    mutationFn: (version: number) =>
      request('POST', `/v1/ml/models/${model}/rollback`, { version }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['models'] }),
  })
  const rollBack = mayRollBack ? { busy: back.isPending, to: back.mutate } : undefined
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
      <Section
        title="Versions"
        note="AUC and log loss as measured when trained, each on its own rows"
      >
        <Loaded query={versions}>
          {({ items }) => (
            <Table verticalSpacing={6} horizontalSpacing={6} aria-label="Versions" tabularNums>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Version</Table.Th>
                  <Table.Th>Trained</Table.Th>
                  <Table.Th ta="right" visibleFrom="sm">
                    Leads
                  </Table.Th>
                  <Table.Th ta="right">AUC</Table.Th>
                  <Table.Th ta="right" visibleFrom="sm">
                    Log loss
                  </Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((version) => (
                  <Row key={version.version} version={version} rollBack={rollBack} />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Loaded>
        {back.isError && <ProblemAlert error={back.error} />}
      </Section>
      <Log model={model} />
    </SimpleGrid>
  )
}
