/** Call next: the leads worth a call, best first, as their scores change. */
import { Alert, Anchor, Badge, Group, Stack, Switch, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState, type FocusEvent } from 'react'
import type { LeadsAnswer } from '../../../src/contract/index.ts'
import { useBoard, useReasons, useVisible } from '../api/board.ts'
import { inPlace, saidOfAll, toBeCalled, type BoardLead } from '../api/board-order.ts'
import { useOffDuty } from '../api/duty.ts'
import { useConnection } from '../api/live.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { scaleOf } from '../parts/chance.tsx'
import { LeadRow } from '../parts/lead-row.tsx'
import { NextSteps } from '../parts/next-steps.tsx'
import { SimulatedLeads } from '../parts/own-workspace.tsx'
import { Loaded, Nothing } from '../parts/states.tsx'

const NONE: readonly BoardLead[] = []

/** Whether what is shown is what is. */
function Pulse({ isHeld }: { isHeld: boolean }) {
  const connection = useConnection()
  const [color, text] =
    connection === 'lost'
      ? ['orange', 'reconnecting']
      : connection !== 'live'
        ? ['gray', 'connecting']
        : isHeld
          ? ['gray', 'live, order held']
          : ['green', 'live']
  return (
    <Badge variant="dot" color={color} role="status" tt="none">
      {text}
    </Badge>
  )
}

/** What stands above the rows: what holds for all of them. */
function Notes({ leads, known }: { leads: readonly BoardLead[]; known: readonly string[] }) {
  const isScored = leads.some(({ score }) => typeof score?.model_version === 'number')
  const guess = leads.find(({ score }) => (score?.prior_interval ?? null) !== null)?.score
  return (
    <>
      {!isScored && (
        <Alert color="blue" title="No lead has a score yet">
          {guess && (
            <>
              The chances below are guesses, so that there is an order to begin with.{' '}
              {guess.prior_sentence}{' '}
            </>
          )}
          Scores come from a model that has learned from your leads whose outcome is known: see{' '}
          <Anchor
            inherit
            c="inherit"
            underline="always"
            renderRoot={(props) => <Link to="/models" {...props} />}
          >
            Models
          </Anchor>
          .{!guess && ' Until then the order is that of arrival.'}
        </Alert>
      )}
      {known.length > 0 && (
        <Text size="xs" c="dimmed">
          For all calls: {known.join('; ')}.
        </Text>
      )}
    </>
  )
}

interface RowsProps {
  leads: readonly BoardLead[]
  known: readonly string[]
  offDuty: ReturnType<typeof useOffDuty>
}

function Rows({ leads, known, offDuty }: RowsProps) {
  const { visible, watch } = useVisible()
  const reasons = useReasons(leads, visible)
  const most = scaleOf(leads.map(({ score }) => score))
  return leads.map((lead, i) => (
    <LeadRow
      key={lead.lead_id}
      lead={lead}
      rank={i + 1}
      most={most}
      sentences={reasons.get(lead.lead_id)?.sentences}
      known={known}
      offDuty={offDuty(lead.owner_id)}
      watch={watch}
    />
  ))
}

/** The order stays as it is while somebody points at a row or one has the focus. */
function useHeld(leads: readonly BoardLead[]) {
  const [held, setHeld] = useState<readonly BoardLead[] | null>(null)
  const [by, setBy] = useState({ pointer: false, focus: false })
  const [seen, setSeen] = useState(leads)
  if (leads !== seen) {
    setSeen(leads)
    // Who falls off the list keeps the row, which says what was told last: not to be called, say.
    if (held !== null) setHeld(inPlace(held, leads))
  }
  const change = (next: typeof by) => {
    setBy(next)
    setHeld(next.pointer || next.focus ? (held ?? toBeCalled(leads)) : null)
  }
  return {
    shown: held ?? toBeCalled(leads),
    isHeld: held !== null,
    handlers: {
      onPointerEnter: () => change({ ...by, pointer: true }),
      onPointerLeave: () => change({ ...by, pointer: false }),
      onFocus: () => change({ ...by, focus: true }),
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => {
        if (!currentTarget.contains(relatedTarget)) change({ ...by, focus: false })
      },
    },
  }
}

/** Nobody on the list: because there are no leads, or none that is to be called. */
function Empty() {
  const leads = useQuery({
    queryKey: ['leads', 'any'],
    queryFn: () => request<LeadsAnswer>('GET', '/v1/leads?limit=1'),
  })
  return (
    <Loaded query={leads}>
      {({ items }) =>
        items.length === 0 ? (
          <NextSteps />
        ) : (
          <Nothing title="Nobody is to be called">
            All leads are closed, lost, snoozed or hidden: they stand under Leads.
          </Nothing>
        )
      }
    </Loaded>
  )
}

/** For those who see the leads of others: without those whose agent does not work now. */
function OnDuty(props: { hidden: number; isOn: boolean; set: (isOn: boolean) => void }) {
  const { hidden, isOn, set } = props
  return (
    <Switch
      size="sm"
      label={isOn && hidden > 0 ? `Someone on duty (${hidden} left out)` : 'Someone on duty'}
      checked={isOn}
      onChange={({ currentTarget: { checked } }) => set(checked)}
    />
  )
}

export function CallNext() {
  const board = useBoard()
  const user = useSessionUser()
  const offDuty = useOffDuty()
  const [isOnDuty, setOnDuty] = useState(false)
  const { shown: all, isHeld, handlers } = useHeld(board.data ?? NONE)
  const awake = all.filter(({ owner_id }) => offDuty(owner_id) === null)
  const resting = all.length - awake.length
  const shown = isOnDuty ? awake : all
  // The same array while it says the same: rows are drawn anew when it is another.
  const said = saidOfAll(shown).join('\n')
  const known = useMemo(() => (said === '' ? [] : said.split('\n')), [said])
  return (
    <Stack gap="sm" maw={1440}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Title order={1} size="h3">
            Call next
          </Title>
          <Pulse isHeld={isHeld} />
        </Group>
        <Group gap="md">
          {user?.role !== 'agent' && (resting > 0 || isOnDuty) && (
            <OnDuty hidden={resting} isOn={isOnDuty} set={setOnDuty} />
          )}
          <Text size="xs" c="dimmed">
            Chance × expected commission × reachability, best first
          </Text>
        </Group>
      </Group>
      <SimulatedLeads />
      <Loaded query={board}>
        {() =>
          shown.length === 0 && isOnDuty && all.length > 0 ? (
            <Nothing title="Nobody is on duty">
              All leads on the list belong to somebody who does not work now.
            </Nothing>
          ) : shown.length === 0 ? (
            <Empty />
          ) : (
            <>
              <Notes leads={shown} known={known} />
              <div className="lead-rows" {...handlers}>
                <div className="lead-head" aria-hidden>
                  <span />
                  <span>Lead and last event</span>
                  <span>Score and chance</span>
                  <span>Why</span>
                  <span style={{ textAlign: 'right' }}>Worth</span>
                </div>
                <ol aria-label="Leads to call next" style={{ margin: 0, padding: 0 }}>
                  <Rows leads={shown} known={known} offDuty={offDuty} />
                </ol>
              </div>
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}
