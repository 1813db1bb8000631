/** A score in words: "1 in 9, six times your average", its interval and its trend. */
import { Badge, Group, Text } from '@mantine/core'
import type { LeadScore } from '../../../src/contract/index.ts'
import { few, percent } from './numbers.ts'

type Whole = Pick<
  LeadScore,
  'score' | 'probability' | 'interval' | 'times_average' | 'trend' | 'reason'
>

function inWords(probability: number, timesAverage: number | null): string {
  const chance =
    probability > 0.5
      ? percent(probability)
      : probability > 0
        ? `1 in ${few(1 / probability)}`
        : 'next to none'
  return timesAverage === null ? chance : `${chance}, ${few(timesAverage)} × your average`
}

function Trend({ trend }: { trend: number | null }) {
  const points = Math.round(trend ?? 0)
  if (points === 0) return null
  return (
    <Text span size="xs" title="Change of the score since the day before">
      {points > 0 ? `▲ up ${points}` : `▼ down ${-points}`}
    </Text>
  )
}

export function Chance({ of }: { of: Whole | null | undefined }) {
  if (of === null || of === undefined)
    return (
      <Text size="sm" c="dimmed">
        Not scored yet
      </Text>
    )
  if (of.score === null || of.probability === null)
    return (
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        No score: {of.reason ?? 'too little is known yet'}
      </Text>
    )
  return (
    <>
      <Group gap="xs">
        <Badge size="lg" aria-label={`Score ${Math.round(of.score)} of 100`}>
          {Math.round(of.score)}
        </Badge>
        <Text span size="sm" fw={600}>
          {inWords(of.probability, of.times_average)}
        </Text>
        <Trend trend={of.trend} />
      </Group>
      {of.interval !== null && (
        <Text size="xs" c="dimmed">
          between {percent(of.interval[0] ?? 0)} and {percent(of.interval[1] ?? 1)}
        </Text>
      )}
    </>
  )
}
