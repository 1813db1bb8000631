/** How good a model was on what it had not seen, beside those it stood against. */
import { Group, Progress, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { Evaluation, TrainingRecord } from '../../../src/contract/index.ts'
import { percentOne, three, whole, wholePercent } from './numbers.ts'
import { Section } from './section.tsx'

const MEASURES: readonly { name: string; says: string; of: (e: Evaluation) => number | null }[] = [
  { name: 'AUC', says: 'ranking: 0.5 is chance, 1 perfect', of: (e) => e.roc_auc },
  { name: 'Average precision', says: 'ranking of those who convert', of: (e) => e.pr_auc },
  { name: 'Log loss', says: 'price of wrong chances; less is better', of: (e) => e.log_loss },
  { name: 'Brier score', says: 'squared error; less is better', of: (e) => e.brier },
  { name: 'Calibration error', says: 'mean gap between promised and real rate', of: (e) => e.ece },
]

function judgedOn({ split, challenger }: TrainingRecord): string {
  const rows = `${whole(challenger.rows)} rows of ${whole(challenger.leads)} leads`
  return split.kind === 'time'
    ? `On ${rows} never trained on, from ${new Date(split.from ?? 0).toLocaleDateString()} on`
    : `On ${rows}: each fifth of the leads, told by a hash, judged by a model of the others`
}

export function Measures({ record }: { record: TrainingRecord }) {
  const { challenger, champion, rule, prior } = record
  const columns: [string, Evaluation][] = [
    ['This version', challenger],
    ...(champion === null ? [] : ([['Champion before', champion]] as [string, Evaluation][])),
    ['Rules', rule],
    ['Base rate', prior],
  ]
  const interval = challenger.roc_auc_interval
  return (
    <Section title="How good it is" note={judgedOn(record)}>
      <Table verticalSpacing={6} horizontalSpacing={6} aria-label="Measures" tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            {columns.map(([name]) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {MEASURES.map(({ name, says, of }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
                <Text size="xs" c="dimmed" fw={400}>
                  {says}
                </Text>
              </Table.Th>
              {columns.map(([column, evaluation], i) => {
                const value = of(evaluation)
                return (
                  <Table.Td key={column} ta="right" fw={i === 0 ? 700 : 400}>
                    {value === null ? '–' : three(value)}
                    {i === 0 && name === 'AUC' && interval !== null && (
                      <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                        {interval.map(three).join(' – ')}
                      </Text>
                    )}
                  </Table.Td>
                )
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        Base rate {percentOne(challenger.rate)}. Intervals: 95%, leads resampled whole.
      </Text>
    </Section>
  )
}

export function WhenSure({ evaluation }: { evaluation: Evaluation }) {
  const at = evaluation.at_confidence
  const or = (share: number | null) => (share === null ? '–' : percentOne(share))
  const facts: [string, string, string][] = [
    ['Coverage', percentOne(at.coverage), 'of the rows are that clear'],
    ['Right', or(at.accuracy), `of these; “no” to all would be ${or(at.base_rate_accuracy)}`],
    ['Precision', or(at.precision), `of ${whole(at.predicted_buyers)} called converting do`],
    ['Recall', percentOne(at.recall), 'of all who convert are among them'],
  ]
  return (
    <Section
      title={`Where it is at least ${wholePercent(at.confidence)} sure`}
      note="Accuracy says nothing without how often it is claimed"
    >
      <SimpleGrid cols={2} spacing="md">
        {facts.map(([name, value, says]) => (
          <div key={name}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text fw={700} size="lg" style={{ fontVariantNumeric: 'tabular-nums' }}>
              {value}
            </Text>
            <Text size="xs" c="dimmed">
              {says}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Section>
  )
}

const INPUTS_SHOWN = 10

export function Inputs({ summary }: { summary: TrainingRecord['summary'] }) {
  const shown = summary.inputs.slice(0, INPUTS_SHOWN)
  const most = shown[0]?.share ?? 1
  return (
    <Section
      title="What it goes by"
      note={
        `${whole(summary.trees)} trees over ${whole(summary.inputs.length)} inputs; ` +
        'shares of the loss that splits on each input took away'
      }
    >
      <Stack gap={8} component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
        {shown.map(({ column, label, share }) => (
          <li key={column}>
            <Group justify="space-between" gap="xs" wrap="nowrap">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {label}
              </Text>
              <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
                {percentOne(share)}
              </Text>
            </Group>
            <Progress size="sm" value={(100 * share) / most} aria-hidden />
          </li>
        ))}
      </Stack>
      {summary.inputs.length > INPUTS_SHOWN && (
        <Text size="xs" c="dimmed" mt="xs">
          and {summary.inputs.length - INPUTS_SHOWN} more with smaller shares
        </Text>
      )}
    </Section>
  )
}
