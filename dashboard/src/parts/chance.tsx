/** A score in words: "1 in 9, six times your average", its interval and its trend. */
import { Badge, Text } from '@mantine/core'
import type { LeadScore } from '../../../src/contract/index.ts'
import './chance.css'
import { few, percent } from './numbers.ts'

export type Whole = Pick<
  LeadScore,
  | 'score'
  | 'probability'
  | 'interval'
  | 'times_average'
  | 'trend'
  | 'reason'
  | 'prior'
  | 'prior_from'
  | 'prior_interval'
  | 'prior_sentence'
>
type Ends = Pick<LeadScore, 'interval' | 'prior_interval'>

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
    <span
      className="score-trend"
      role="img"
      aria-label={`${points > 0 ? 'up' : 'down'} ${Math.abs(points)} since the day before`}
    >
      {points > 0 ? '▲' : '▼'}
      {Math.abs(points)}
    </span>
  )
}

/** The percentile, large, with its trend. */
export function ScoreMark({ score, trend }: { score: number; trend: number | null }) {
  return (
    <span className="score-mark">
      <span role="img" aria-label={`Score ${Math.round(score)} of 100`}>
        {Math.round(score)}
      </span>
      <Trend trend={trend} />
    </span>
  )
}

/** Where the chance lies and how sure that is; the bar ends at `most`. */
function Interval(props: { interval: readonly number[]; probability: number; most: number }) {
  const { interval, probability, most } = props
  const [low = 0, high = 1] = interval
  const at = (share: number) => `${Math.min(100, (100 * share) / most)}%`
  return (
    <span className="interval" title="90% interval of the chance">
      <span className="interval-bar" aria-hidden>
        <span style={{ left: at(low), width: at(high - low) }} />
        <i style={{ left: at(probability) }} />
      </span>
      <span className="interval-text">
        {percent(low)} – {percent(high)}
      </span>
    </span>
  )
}

const SCALES = [0.05, 0.1, 0.25, 0.5, 1]
/** Where bars of these scores end, so that small chances can be told apart. */
export function scaleOf(scores: readonly (Ends | null | undefined)[]): number {
  const ends = scores.map((one) => (one?.interval ?? one?.prior_interval)?.[1] ?? 0)
  const most = Math.max(0, ...ends)
  return SCALES.find((scale) => scale >= most) ?? 1
}

const REST_ON = {
  segment: 'prior, your segment',
  workspace: 'prior, your leads',
  base: 'prior, base model',
}

/** Where no model was learned yet: a guess, told apart from a score at first sight. */
function Guess({ of, most }: { of: Whole; most: number }) {
  const { prior, prior_from: from, prior_interval: interval, prior_sentence: sentence } = of
  if (prior === null || interval === null) return null
  return (
    <div className="chance">
      <span className="score-mark guess-mark" role="img" aria-label="No score">
        –
      </span>
      <div className="chance-words">
        <Text size="sm" className="guess-words">
          No score; guess {inWords(prior, null)}
          {from !== null && (
            <Badge
              size="xs"
              variant="outline"
              color="gray"
              tt="none"
              {...(sentence !== null && { title: sentence })}
            >
              {REST_ON[from]}
            </Badge>
          )}
        </Text>
        <Interval interval={interval} probability={prior} most={most} />
      </div>
    </div>
  )
}

export function Chance({ of, most }: { of: Whole | null | undefined; most?: number }) {
  if (of === null || of === undefined)
    return (
      <Text size="sm" c="dimmed">
        Not scored yet
      </Text>
    )
  const { score, probability, interval, prior_interval: guess } = of
  const end = most ?? scaleOf([of])
  if (score === null && guess !== null) return <Guess of={of} most={end} />
  if (score === null || probability === null)
    return (
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        No score: {of.reason ?? 'too little is known yet'}
      </Text>
    )
  return (
    <div className="chance">
      <ScoreMark score={score} trend={of.trend} />
      <div className="chance-words">
        <Text size="sm" fw={600}>
          {inWords(probability, of.times_average)}
        </Text>
        {interval !== null && <Interval interval={interval} probability={probability} most={end} />}
      </div>
    </div>
  )
}
