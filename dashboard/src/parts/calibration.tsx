/** Does what was promised come true? A curve, or the same as a table. */
import { Box, SegmentedControl, Table, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'
import type { Evaluation } from '../../../src/contract/index.ts'
import { percentOne, whole, wholePercent } from './numbers.ts'
import { Section } from './section.tsx'

type Bin = Evaluation['calibration'][number]

/** Pixels. The drawing is as wide as its box, within reason. */
const WIDTH_MAX = 560
const HEIGHT = 290
const LEFT = 44
const BOTTOM = 40
const TOP = 10
const RIGHT = 14
const SCALES = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1]
const STEPS = 4
const MUTED = 'var(--mantine-color-dimmed)'
const LINE = 'var(--mantine-color-default-border)'
const STRONG = 'var(--mantine-primary-color-filled)'

function Axes(props: { most: number; width: number; x: Scale; y: Scale }) {
  const { most, width, x, y } = props
  const marks = Array.from({ length: STEPS + 1 }, (_, i) => (i * most) / STEPS)
  return (
    <g fontSize="11" fill={MUTED}>
      {marks.map((mark) => (
        <g key={mark}>
          <line x1={x(0)} x2={x(most)} y1={y(mark)} y2={y(mark)} stroke={LINE} />
          <text x={LEFT - 6} y={y(mark) + 4} textAnchor="end">
            {wholePercent(mark)}
          </text>
          <text x={x(mark)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
            {wholePercent(mark)}
          </text>
        </g>
      ))}
      <text x={(LEFT + width - RIGHT) / 2} y={HEIGHT - 6} textAnchor="middle">
        predicted chance
      </text>
      <text transform={`translate(10 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`}>
        <tspan textAnchor="middle">came true</tspan>
      </text>
    </g>
  )
}

type Scale = (share: number) => number

function Curve({ bins, width }: { bins: readonly Bin[]; width: number }) {
  const top = Math.max(...bins.flatMap(({ predicted, observed }) => [predicted, observed]))
  const most = SCALES.find((scale) => scale >= top) ?? 1
  const x: Scale = (share) => LEFT + (share / most) * (width - LEFT - RIGHT)
  const y: Scale = (share) => HEIGHT - BOTTOM - (share / most) * (HEIGHT - BOTTOM - TOP)
  const largest = Math.max(...bins.map(({ rows }) => rows))
  const path = bins.map(({ predicted, observed }) => `${x(predicted)},${y(observed)}`).join(' ')
  return (
    <svg
      width={width}
      height={HEIGHT}
      role="img"
      aria-label="Calibration curve; the same numbers are under Table"
      style={{ display: 'block', marginInline: 'auto' }}
    >
      <Axes most={most} width={width} x={x} y={y} />
      <line x1={x(0)} y1={y(0)} x2={x(most)} y2={y(most)} stroke={MUTED} strokeDasharray="4 4" />
      <polyline points={path} fill="none" stroke={STRONG} strokeWidth="1.5" />
      {bins.map(({ predicted, observed, rows }) => (
        <circle
          key={predicted}
          cx={x(predicted)}
          cy={y(observed)}
          r={2.5 + 6 * Math.sqrt(rows / largest)}
          fill={STRONG}
          fillOpacity="0.55"
          stroke={STRONG}
        >
          <title>
            {`predicted ${percentOne(predicted)}, came true ${percentOne(observed)}, ` +
              `${whole(rows)} rows`}
          </title>
        </circle>
      ))}
    </svg>
  )
}

function Numbers({ bins }: { bins: readonly Bin[] }) {
  return (
    <Table verticalSpacing={4} aria-label="Calibration" tabularNums>
      <Table.Thead>
        <Table.Tr>
          <Table.Th ta="right">Predicted</Table.Th>
          <Table.Th ta="right">Came true</Table.Th>
          <Table.Th ta="right">Rows</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {bins.map(({ predicted, observed, rows }) => (
          <Table.Tr key={predicted}>
            <Table.Td ta="right">{percentOne(predicted)}</Table.Td>
            <Table.Td ta="right">{percentOne(observed)}</Table.Td>
            <Table.Td ta="right">{whole(rows)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

export function Calibration({ bins }: { bins: readonly Bin[] }) {
  const [view, setView] = useState('Chart')
  const { ref, width } = useElementSize()
  return (
    <Section
      title="Calibration"
      note="Of those given 30%, do 30% convert? Held-out rows in groups of like chance."
      aside={
        <SegmentedControl
          size="xs"
          data={['Chart', 'Table']}
          value={view}
          onChange={setView}
          aria-label="Calibration as"
        />
      }
    >
      {view === 'Table' ? (
        <Numbers bins={bins} />
      ) : (
        <Box ref={ref} mih={HEIGHT}>
          {width > 0 && <Curve bins={bins} width={Math.min(width, WIDTH_MAX)} />}
          <Text size="xs" c="dimmed">
            Dashed: perfect. The larger a circle, the more rows it stands for.
          </Text>
        </Box>
      )}
    </Section>
  )
}
