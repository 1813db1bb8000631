/** What a person can do with a lead: the same on the board and on the lead's page. */
import { ActionIcon, Button, Group, Loader, Menu, Text } from '@mantine/core'
import { getHotkeyHandler, useHotkeys } from '@mantine/hooks'
import {
  IconArrowMerge,
  IconClockPause,
  IconDots,
  IconEyeOff,
  IconFlag,
  IconMoodSad,
  IconNote,
  IconPhone,
  IconUserShare,
} from '@tabler/icons-react'
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import type { CallResult } from '../../../src/contract/index.ts'
import { outOfSight, pathOfLead, useAct } from '../api/act.tsx'
import { useSessionUser } from '../api/session.ts'
import { LeadDialog, type ActionLead, type DialogKind } from './lead-dialogs.tsx'

const RESULTS: readonly (readonly [CallResult, string])[] = [
  ['reached', 'Reached'],
  ['voicemail', 'Left a voicemail'],
  ['no_answer', 'No answer'],
  ['busy', 'Busy'],
  ['wrong_number', 'Wrong number'],
]

const SNOOZES: readonly (readonly [days: number, label: string])[] = [
  [1, 'Until tomorrow'],
  [3, 'For three days'],
  [7, 'For a week'],
  [30, 'For a month'],
]
const DAY_MS = 86_400_000
const MORNING = 8

/** Eight in the morning, `days` days from now, where the reader is. */
function morningIn(days: number): string {
  const day = new Date(Date.now() + days * DAY_MS)
  day.setHours(MORNING, 0, 0, 0)
  return day.toISOString()
}

const isHidden = ({ hidden_at }: ActionLead): boolean => typeof hidden_at === 'string'

function setInSight({ lead_id }: ActionLead, isIn: boolean): void {
  if (isIn) outOfSight.delete(lead_id)
  else outOfSight.add(lead_id)
}

function useActions(lead: ActionLead) {
  const act = useAct(lead.lead_id)
  const path = pathOfLead(lead.lead_id)
  const who = lead.name ?? lead.lead_id
  return {
    who,
    isPending: act.isPending,
    call: (result: CallResult, label: string) =>
      act.mutate({ said: `Call with ${who}: ${label}`, path: `${path}/calls`, body: { result } }),
    snooze: (until: string | null) => {
      setInSight(lead, until === null)
      act.mutate({
        said: until === null ? `${who} is back` : `${who} is snoozed`,
        path: `${path}/snooze`,
        body: { until },
      })
    },
    hide: (hidden: boolean) => {
      setInSight(lead, !hidden)
      act.mutate({
        said: hidden ? `${who} is hidden` : `${who} is shown again`,
        path: `${path}/hide`,
        body: { hidden },
      })
    },
  }
}

type Actions = ReturnType<typeof useActions>

function CallItems({ actions }: { actions: Actions }) {
  return (
    <>
      <Menu.Label>How did the call go?</Menu.Label>
      {RESULTS.map(([result, label]) => (
        <Menu.Item key={result} onClick={() => actions.call(result, label)}>
          {label}
        </Menu.Item>
      ))}
    </>
  )
}

function SightItems({ lead, actions }: { lead: ActionLead; actions: Actions }) {
  const until = lead.snoozed_until ?? null
  const isSnoozed = until !== null && new Date(until) > new Date()
  return (
    <>
      <Menu.Label>Snooze</Menu.Label>
      {isSnoozed && (
        <Menu.Item leftSection={<IconClockPause size={16} />} onClick={() => actions.snooze(null)}>
          Snooze no longer
        </Menu.Item>
      )}
      {SNOOZES.map(([days, label]) => (
        <Menu.Item
          key={days}
          leftSection={<IconClockPause size={16} />}
          onClick={() => actions.snooze(morningIn(days))}
        >
          {label}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconEyeOff size={16} />}
        onClick={() => actions.hide(!isHidden(lead))}
      >
        {isHidden(lead) ? 'Show again' : 'Hide'}
      </Menu.Item>
    </>
  )
}

const DIALOGS: readonly (readonly [DialogKind, string, ReactNode])[] = [
  ['note', 'Note', <IconNote key="note" size={16} />],
  ['outcome', 'Outcome', <IconFlag key="outcome" size={16} />],
  ['score', 'Score is wrong', <IconMoodSad key="score" size={16} />],
  ['assign', 'Assign', <IconUserShare key="assign" size={16} />],
  ['merge', 'Merge', <IconArrowMerge key="merge" size={16} />],
]

/** Merging is for those who answer for all leads. */
function useDialogs() {
  const role = useSessionUser()?.role
  return DIALOGS.filter(([kind]) => kind !== 'merge' || role !== 'agent')
}

/** Two menus, of which one is open at most. */
function useMenus() {
  const [menu, setMenu] = useState<'call' | 'sight' | null>(null)
  const menuOf = (name: 'call' | 'sight') => ({
    opened: menu === name,
    onChange: (isOpen: boolean) => setMenu(isOpen ? name : null),
  })
  return { setMenu, menuOf }
}

const KEYS: Readonly<Record<DialogKind, string>> = {
  note: 'n',
  outcome: 'o',
  score: 'w',
  assign: 'a',
  merge: 'm',
}

/** For those who have keys. */
const Key = ({ of }: { of: DialogKind }) => (
  <Text size="xs" c="dimmed" visibleFrom="sm" aria-hidden>
    {KEYS[of]}
  </Text>
)

interface Openers {
  readonly dialog: (kind: DialogKind) => void
  readonly menu: (name: 'call' | 'sight') => void
}

/** A key for each action. */
function useKeys(lead: ActionLead, actions: Actions, { dialog, menu }: Openers) {
  const kinds = useDialogs().map(([kind]) => kind)
  return [
    ['c', () => menu('call')],
    ['s', () => menu('sight')],
    ['h', () => actions.hide(!isHidden(lead))],
    ...kinds.map((kind) => [KEYS[kind], () => dialog(kind)] as const),
  ].map(([key, act]): [string, () => void] => [key as string, act as () => void])
}

/** While the focus is anywhere in the row, the keys are about its lead. */
function useRowKeys(inside: RefObject<HTMLElement | null>, keys: [string, () => void][]): void {
  useEffect(() => {
    const element = inside.current?.closest<HTMLElement>('li, tr')
    const handler = getHotkeyHandler(keys)
    element?.addEventListener('keydown', handler)
    return () => element?.removeEventListener('keydown', handler)
  })
}

/** On a row of the board: a call in two taps, the rest behind the dots; a key for each. */
export function LeadRowActions({ lead }: { lead: ActionLead }) {
  const actions = useActions(lead)
  const dialogs = useDialogs()
  const [open, setOpen] = useState<DialogKind | null>(null)
  const { setMenu, menuOf } = useMenus()
  const more = useRef<HTMLButtonElement>(null)
  useRowKeys(more, useKeys(lead, actions, { dialog: setOpen, menu: setMenu }))
  const close = () => {
    setOpen(null)
    // The item of the menu that opened the dialog is gone: the focus goes back to the row.
    more.current?.focus()
  }
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Menu position="bottom-end" withinPortal {...menuOf('call')}>
        <Menu.Target>
          <ActionIcon
            variant="light"
            size="lg"
            aria-busy={actions.isPending}
            aria-label={`Log a call with ${actions.who}`}
          >
            {/* Not disabled meanwhile: a button that is loses the focus. */}
            {actions.isPending ? (
              <Loader size={18} color="currentColor" />
            ) : (
              <IconPhone size={18} />
            )}
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <CallItems actions={actions} />
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal {...menuOf('sight')}>
        <Menu.Target>
          <ActionIcon ref={more} variant="subtle" size="lg" aria-label={`More for ${actions.who}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {dialogs.map(([kind, label, icon]) => (
            <Menu.Item
              key={kind}
              leftSection={icon}
              rightSection={<Key of={kind} />}
              onClick={() => setOpen(kind)}
            >
              {label}
            </Menu.Item>
          ))}
          <SightItems lead={lead} actions={actions} />
        </Menu.Dropdown>
      </Menu>
      <LeadDialog lead={lead} kind={open} close={close} />
    </Group>
  )
}

/** On the page of a lead: everything named, and a key for each (shown on hover). */
export function LeadActions({ lead }: { lead: ActionLead }) {
  const actions = useActions(lead)
  const dialogs = useDialogs()
  const [open, setOpen] = useState<DialogKind | null>(null)
  const { setMenu, menuOf } = useMenus()
  useHotkeys(useKeys(lead, actions, { dialog: setOpen, menu: setMenu }))
  return (
    <Group gap="xs" role="group" aria-label="Actions">
      <Menu {...menuOf('call')}>
        <Menu.Target>
          <Button
            size="sm"
            leftSection={<IconPhone size={16} />}
            loading={actions.isPending}
            title="Key: c"
          >
            Log call
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <CallItems actions={actions} />
        </Menu.Dropdown>
      </Menu>
      {dialogs.map(([kind, label, icon]) => (
        <Button
          key={kind}
          size="sm"
          variant="default"
          leftSection={icon}
          title={`Key: ${KEYS[kind]}`}
          onClick={() => setOpen(kind)}
        >
          {label}
        </Button>
      ))}
      <Menu {...menuOf('sight')}>
        <Menu.Target>
          <Button
            size="sm"
            variant="default"
            leftSection={<IconClockPause size={16} />}
            title="Key: s"
          >
            Snooze or hide
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <SightItems lead={lead} actions={actions} />
        </Menu.Dropdown>
      </Menu>
      <LeadDialog lead={lead} kind={open} close={() => setOpen(null)} />
    </Group>
  )
}
