/** Which outcomes there are, what can be learned from them, and what the last closings tell. */
import { Badge, Button, Progress, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { ClosingsTest, Learned, ReadinessAnswer } from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { request } from '../api/request.ts'
import { percent, whole, wholePercent } from './numbers.ts'
import { Section } from './section.tsx'
import { Loaded, ProblemAlert } from './states.tsx'

const PATH = '/v1/learning/readiness'
const KEY = ['readiness']
const OPEN_MS = 1_000
const REST_MS = 60_000

const isOpen = (answer: ReadinessAnswer | undefined): boolean =>
  answer?.job.status === 'waiting' || answer?.job.status === 'running'

const day = (time: string): string =>
  new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' })

function Outcomes({ leads, outcomes, undated }: ReadinessAnswer) {
  const without = undated.converted + undated.not_converted
  return (
    <div>
      <Text size="sm">
        {whole(leads)} {leads === 1 ? 'lead' : 'leads'}.
        {without > 0 &&
          ` Of ${whole(without)} the import said what became of them, without a day: ` +
            `${whole(undated.converted)} converted, ${whole(undated.not_converted)} did not.`}
        {outcomes.length === 0 &&
          ' No outcome has a day yet: record them on the page of a lead (o), or import them.'}
      </Text>
      {outcomes.length > 0 && (
        <Table verticalSpacing={4} aria-label="Outcomes so far" tabularNums mt="xs">
          <Table.Tbody>
            {outcomes.map(({ type, label, leads: count, from, to }) => (
              <Table.Tr key={type}>
                <Table.Th scope="row" fw={500}>
                  {label}
                </Table.Th>
                <Table.Td>
                  {whole(count)} {count === 1 ? 'lead' : 'leads'}
                </Table.Td>
                <Table.Td>
                  {day(from)}
                  {day(from) !== day(to) && ` to ${day(to)}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  )
}

const WHAT = { model: 'A first model', later_time: 'Trial on later months', segment: 'Segment' }

function Learnables({ learned }: { learned: Learned }) {
  const { leads, positives, horizon_days, learned_from, learnable } = learned
  const final = learned_from === 'behavior' ? `, known for ${horizon_days} days` : ''
  return (
    <div>
      <Text size="sm">
        {whole(leads)} leads to learn from{final}; {whole(positives)} of them with the outcome.
      </Text>
      <Table verticalSpacing={4} aria-label="What can be learned" mt="xs">
        <Table.Tbody>
          {learnable.map(({ what, name, is_ready, have, need, sentence }) => (
            <Table.Tr key={`${what} ${name ?? ''}`}>
              <Table.Th scope="row" fw={500} style={{ verticalAlign: 'top' }}>
                {name === null ? WHAT[what] : `Segment ${name.replaceAll('_', ' ')}`}
                <Text size="xs" c="dimmed">
                  {whole(have)} with the outcome, {whole(need)} needed
                </Text>
              </Table.Th>
              <Table.Td>
                <Badge
                  size="sm"
                  variant="dot"
                  color={is_ready ? 'green' : 'gray'}
                  tt="none"
                  mr="xs"
                >
                  {is_ready ? 'yes' : 'not yet'}
                </Badge>
                <Text span size="sm">
                  {sentence}.
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

const MADE_BY = {
  earlier: 'by one model of the time before, which did not learn from these leads',
  others: 'each by a model that learned from four fifths of the leads, itself not among them',
}

function Closings({ test }: { test: ClosingsTest }) {
  if (test.model === null)
    return (
      <Text size="sm">
        {test.closings === 0 ? '' : `${whole(test.closings)} closings so far. `}
        The test of the last {test.closings_most} closings cannot be made yet: {test.because}.
      </Text>
    )
  return (
    <div>
      <Text size="sm">
        The last {whole(test.closings)} closings
        {test.closings < test.closings_most &&
          ` (of ${test.closings_most} that the test takes: so few tell little)`}
        , scored as known some days before, {MADE_BY[test.model]}:
      </Text>
      {test.days.map(({ days, closings, not_known, listed, tops }) => (
        <Text key={days} size="sm" mt={6}>
          <b>{days} days before</b>:{' '}
          {closings === 0
            ? 'none of them was known and open.'
            : tops
                .map(
                  ({ top, share, interval: [low = 0, high = 1], chance }) =>
                    `${wholePercent(share)} of ${closings} stood in the top ${wholePercent(top)} ` +
                    `of that day’s list (between ${wholePercent(low)} and ${wholePercent(high)}; ` +
                    `by chance ${percent(chance)})`,
                )
                .join(', ') + `, among some ${whole(listed)} leads.`}
          {not_known > 0 && ` ${whole(not_known)} were not known yet on that day.`}
        </Text>
      ))}
    </div>
  )
}

/** What was found, and looking anew: by itself when nobody has looked yet or the model changed. */
function useLook() {
  const queries = useQueryClient()
  const found = useQuery({
    queryKey: KEY,
    queryFn: () => request<ReadinessAnswer>('GET', PATH),
    refetchInterval: ({ state }) => (isOpen(state.data) ? OPEN_MS : REST_MS),
  })
  const look = useMutation({
    mutationFn: () => request('POST', PATH, {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  })
  useLive('models', ({ type }) => {
    if (type === 'model' && !isOpen(found.data)) look.mutate()
  })
  const asked = useRef(false)
  const isNew = found.data?.job.status === 'none'
  useEffect(() => {
    if (!isNew || asked.current) return
    asked.current = true
    look.mutate()
  }, [isNew, look])
  return { found, look }
}

/** For administrators. */
export function Readiness() {
  const { found, look } = useLook()
  return (
    <Section
      title="What can be learned"
      note={found.data?.computed_at && `as of ${new Date(found.data.computed_at).toLocaleString()}`}
      aside={
        <Button
          size="compact-sm"
          variant="default"
          disabled={isOpen(found.data)}
          loading={look.isPending}
          onClick={() => look.mutate()}
        >
          Look again
        </Button>
      }
    >
      <Loaded query={found}>
        {(answer) => (
          <Stack gap="md" aria-live="polite">
            <Outcomes {...answer} />
            {isOpen(answer) && (
              <div>
                <Text size="sm" mb={4}>
                  Looking back over the log
                </Text>
                <Progress value={100 * answer.job.progress} animated aria-label="Looking back" />
              </div>
            )}
            {answer.job.error !== null && <ProblemAlert error={new Error(answer.job.error)} />}
            {look.isError && <ProblemAlert error={look.error} />}
            {answer.learned !== null && (
              <>
                <Learnables learned={answer.learned} />
                <Closings test={answer.learned.closings} />
              </>
            )}
            {answer.model_version === null && (
              <Text size="sm" c="dimmed">
                No model is live: no lead has a score yet, and each says so. Until then lists are in
                the order of a guess, which comes from simulated markets. Your own outcomes mend it:
                from the first on, of leads whose outcome is final, your own rate sets its level;
                with enough of them a first model is learned, and when that goes live the guesses
                are gone.
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  )
}
