/** How a lead's chance went: a line with its interval over time, and when something happened. */
import { SegmentedControl, Table, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'
import type { ScoreHistoryAnswer, TimelineItem } from '../../../src/contract/index.ts'
import { scaleOf } from './chance.tsx'
import { Moment } from './moment.tsx'
import { percent, wholePercent } from './numbers.ts'
import { Section } from './section.tsx'

type Item = ScoreHistoryAnswer['items'][number]
interface Point {
  readonly at: number
  readonly probability: number
  readonly low: number
  readonly high: number
}

/** Pixels; the drawing is as wide as its box. */
const HEIGHT = 190
const LEFT = 40
const RIGHT = 12
const TOP = 8
const BOTTOM = 34
const DAY_MS = 86_400_000
const MUTED = 'var(--mantine-color-dimmed)'
const LINE = 'var(--mantine-color-default-border)'
const STRONG = 'var(--mantine-primary-color-filled)'

/** Oldest first; what abstained has no place on the line. */
function pointsOf(items: readonly Item[]): Point[] {
  return items
    .flatMap(({ as_of, probability, interval }) =>
      probability === null
        ? []
        : [
            {
              at: Date.parse(as_of),
              probability,
              low: interval?.[0] ?? probability,
              high: interval?.[1] ?? probability,
            },
          ],
    )
    .sort((a, b) => a.at - b.at)
}

interface MarksProps {
  events: readonly TimelineItem[]
  x: (at: number) => number
  from: number
  to: number
}

/** When something happened, below the line. */
function Marks({ events, x, from, to }: MarksProps) {
  const within = events
    .map(({ timestamp, ...event }) => ({ ...event, at: Date.parse(timestamp) }))
    .filter(({ at }) => at >= from && at <= to)
  return within.map(({ position, at, label }) => (
    <line
      key={position}
      x1={x(at)}
      x2={x(at)}
      y1={HEIGHT - BOTTOM + 4}
      y2={HEIGHT - BOTTOM + 13}
      stroke={MUTED}
      strokeWidth="1.5"
    >
      <title>{`${label}, ${new Date(at).toLocaleString()}`}</title>
    </line>
  ))
}

interface LineProps {
  points: readonly Point[]
  events: readonly TimelineItem[]
  width: number
}

function Line({ points, events, width }: LineProps) {
  const from = points[0]!.at
  const to = Math.max(points.at(-1)!.at, from + 1)
  const most = scaleOf(
    points.map(({ low, high }) => ({ interval: [low, high], prior_interval: null })),
  )
  const x = (at: number) => LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT)
  const y = (share: number) => HEIGHT - BOTTOM - (share / most) * (HEIGHT - BOTTOM - TOP)
  const along = (value: (point: Point) => number, list = points) =>
    list.map((point) => `${x(point.at).toFixed(1)},${y(value(point)).toFixed(1)}`).join(' ')
  const band = `${along(({ high }) => high)} ${along(({ low }) => low, points.toReversed())}`
  const format = new Intl.DateTimeFormat(
    undefined,
    to - from < 2 * DAY_MS
      ? { hour: 'numeric', minute: '2-digit' }
      : { month: 'short', day: 'numeric' },
  )
  return (
    <svg
      width={width}
      height={HEIGHT}
      role="img"
      aria-label="Chance over time; the same numbers are under Table"
      style={{ display: 'block' }}
    >
      <g fontSize="11" fill={MUTED}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line
              x1={LEFT}
              x2={width - RIGHT}
              y1={y(share * most)}
              y2={y(share * most)}
              stroke={LINE}
            />
            <text x={LEFT - 6} y={y(share * most) + 4} textAnchor="end">
              {most < 0.1 ? percent(share * most) : wholePercent(share * most)}
            </text>
          </g>
        ))}
        <text x={LEFT} y={HEIGHT - 4}>
          {format.format(from)}
        </text>
        <text x={width - RIGHT} y={HEIGHT - 4} textAnchor="end">
          {format.format(to)}
        </text>
      </g>
      <polygon points={band} fill={STRONG} fillOpacity="0.2" />
      <polyline points={along((p) => p.probability)} fill="none" stroke={STRONG} strokeWidth="2" />
      {points.map(({ at, probability }) => (
        <circle key={at} cx={x(at)} cy={y(probability)} r="3" fill={STRONG}>
          <title>{`${new Date(at).toLocaleString()}: ${percent(probability)}`}</title>
        </circle>
      ))}
      <Marks events={events} x={x} from={from} to={to} />
    </svg>
  )
}

function Numbers({ items }: { items: readonly Item[] }) {
  return (
    <Table verticalSpacing={4} aria-label="Chance over time" tabularNums>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          <Table.Th ta="right">Score</Table.Th>
          <Table.Th ta="right">Chance</Table.Th>
          <Table.Th ta="right">Between</Table.Th>
          <Table.Th ta="right">Version</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map(({ as_of, made_at, score, probability, interval, model }) => (
          <Table.Tr key={`${as_of}${made_at}`}>
            <Table.Td>
              <Moment at={as_of} />
            </Table.Td>
            <Table.Td ta="right">{score === null ? '–' : Math.round(score)}</Table.Td>
            <Table.Td ta="right">{probability === null ? '–' : percent(probability)}</Table.Td>
            <Table.Td ta="right">
              {interval === null ? '–' : interval.map(percent).join('–')}
            </Table.Td>
            <Table.Td ta="right">{model.version}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

export function ScoreHistory(props: {
  /** Newest first. */
  items: readonly Item[]
  events: readonly TimelineItem[]
}) {
  const { items, events } = props
  const [view, setView] = useState('Chart')
  const { ref, width } = useElementSize()
  const points = pointsOf(items)
  return (
    <Section
      title="How it went"
      note="Scores that were shown, acted on or taken daily; marks below: events"
      aside={
        items.length > 0 && (
          <SegmentedControl
            size="xs"
            data={['Chart', 'Table']}
            value={view}
            onChange={setView}
            aria-label="History as"
          />
        )
      }
    >
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          No score was kept of this lead so far.
        </Text>
      ) : view === 'Table' ? (
        <Numbers items={items} />
      ) : points.length < 2 ? (
        <Text size="sm" c="dimmed">
          {points.length === 0
            ? 'No model was sure enough to say anything so far.'
            : 'One score so far: a line takes two.'}
        </Text>
      ) : (
        <div ref={ref} style={{ minHeight: HEIGHT }}>
          {width > 0 && <Line points={points} events={events} width={width} />}
        </div>
      )}
    </Section>
  )
}
