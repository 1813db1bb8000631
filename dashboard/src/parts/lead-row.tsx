/** One lead of the board. Its height does not change with what it says. */
import { Anchor, Text, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { memo, useEffect, useRef } from 'react'
import type { BoardLead } from '../api/board-order.ts'
import { Chance } from './chance.tsx'
import { LeadRowActions } from './lead-actions.tsx'
import './lead-row.css'
import { Ago } from './moment.tsx'
import { compact, few, whole } from './numbers.ts'

const SENTENCES = 2

function Worth({ lead: { score } }: { lead: BoardLead }) {
  if (score === null || score === undefined || score.call_next.value === null) return null
  const { value, expected_commission: commission, reachability } = score.call_next
  const chance = score.probability ?? score.prior ?? 0
  return (
    <div title={`${few(chance)} × ${whole(commission ?? 0)} × ${few(reachability)}`}>
      <VisuallyHidden>Worth of a call</VisuallyHidden>
      <Text size="sm" fw={600}>
        {compact(value)}
      </Text>
      <Text size="xs" c="dimmed" className="lead-row-unit" aria-hidden>
        worth
      </Text>
    </div>
  )
}

interface LeadRowProps {
  lead: BoardLead
  rank: number
  most: number
  sentences: readonly string[] | undefined
  /** Said of all calls, and not repeated here. */
  known: readonly string[]
  /** That whoever it is given to does not work now. */
  offDuty: string | null
  watch: (row: Element) => () => void
}

/** Drawn anew only when something of it changed: of fifty rows a score changes one. */
export const LeadRow = memo(function LeadRow(props: LeadRowProps) {
  const { lead, rank, most, sentences, known, offDuty, watch } = props
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => watch(row.current!), [watch])
  const drawbacks = lead.score?.call_next.reasons.filter((reason) => !known.includes(reason)) ?? []
  const event = lead.last_event ?? null
  return (
    <li className="lead-row" ref={row} data-lead={lead.lead_id}>
      <Text className="lead-row-rank" size="sm" c="dimmed" aria-hidden>
        {rank}
      </Text>
      <div className="lead-row-who">
        <Anchor
          fw={600}
          size="sm"
          truncate
          display="block"
          renderRoot={(root) => (
            <Link to="/leads/$leadId" params={{ leadId: lead.lead_id }} {...root} />
          )}
        >
          {lead.name ?? lead.lead_id}
        </Anchor>
        <Text size="xs" c="dimmed" truncate component="div" title={offDuty ?? ''}>
          {offDuty !== null && `${offDuty} · `}
          {event === null ? (
            'nothing happened yet'
          ) : (
            <>
              {event.label} · <Ago at={event.timestamp} />
            </>
          )}
        </Text>
      </div>
      <div className="lead-row-chance">
        <Chance of={lead.score} most={most} />
      </div>
      <div className="lead-row-why">
        {sentences?.slice(0, SENTENCES).map((sentence) => (
          <Text key={sentence} size="xs" truncate title={sentence}>
            {sentence}
          </Text>
        ))}
        {drawbacks.length > 0 && (
          <Text size="xs" c="dimmed" truncate title={drawbacks.join('; ')}>
            {drawbacks.join('; ')}
          </Text>
        )}
      </div>
      <div className="lead-row-worth">
        <Worth lead={lead} />
        <LeadRowActions lead={lead} />
      </div>
    </li>
  )
})
