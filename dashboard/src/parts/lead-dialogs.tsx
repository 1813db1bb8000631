/** The actions on a lead that need a word more than a tap: one small form each. */
import { Button, Modal, NumberInput, Select, SimpleGrid, Stack, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  LeadAnswer,
  LeadsAnswer,
  ScoreVerdict,
  UsersAnswer,
} from '../../../src/contract/index.ts'
import { pathOfLead, useAct, type Action } from '../api/act.tsx'
import { request } from '../api/request.ts'

export type DialogKind = 'note' | 'outcome' | 'score' | 'assign' | 'merge'

/** What actions need to know of a lead; lists know no more. */
export type ActionLead = Pick<LeadAnswer, 'lead_id' | 'name' | 'score'> &
  Partial<Pick<LeadAnswer, 'owner_id' | 'snoozed_until' | 'hidden_at'>>

interface FormProps {
  readonly lead: ActionLead
  readonly send: (action: Action) => void
}

const nameOf = ({ name, lead_id }: Pick<LeadAnswer, 'name' | 'lead_id'>): string => name ?? lead_id

function NoteForm({ lead, send }: FormProps) {
  const [text, setText] = useState('')
  const submit = () =>
    send({
      said: `Note on ${nameOf(lead)}`,
      path: `${pathOfLead(lead.lead_id)}/notes`,
      body: { text },
    })
  return (
    <>
      <Textarea
        label="Note"
        autosize
        minRows={3}
        maxLength={10_000}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button disabled={text.trim() === ''} onClick={submit}>
        Save note
      </Button>
    </>
  )
}

const OUTCOMES: readonly (readonly [type: string, label: string])[] = [
  ['tour_completed', 'Toured a home'],
  ['tour_scheduled', 'Scheduled a tour'],
  ['offer_submitted', 'Made an offer'],
  ['property_purchased', 'Closed'],
  ['listing_signed', 'Signed a listing'],
  ['deal_fell_through', 'Deal fell through'],
  ['lost', 'Lost'],
]
const PRICED = new Set(['offer_submitted', 'property_purchased'])
const LOST_REASONS = [
  'Bought with another agent',
  'Stopped looking',
  'Could not get financing',
  'Never answered',
  'Asked not to be contacted',
  'Other',
]

/** What happened, one tap; closing and offers take a price, losing a reason. */
function OutcomeForm({ lead, send }: FormProps) {
  const [type, setType] = useState<string | null>(null)
  const save = (chosen: string, details: { price?: number; reason?: string } = {}) => {
    const label = OUTCOMES.find(([value]) => value === chosen)?.[1] ?? ''
    const about = { lead_id: lead.lead_id }
    const said = `${nameOf(lead)}: ${label.toLowerCase()}`
    // A tour that took place is behavior, not an outcome that models are judged by.
    if (chosen === 'tour_completed')
      send({ said, path: '/v1/events', body: { ...about, type: chosen, properties: details } })
    else send({ said, path: '/v1/outcomes', body: { ...about, outcome_type: chosen, details } })
  }
  if (type === 'lost')
    return (
      <Choices label="Why" choose={(reason) => save(type, { reason })}>
        {LOST_REASONS.map((reason) => [reason, reason])}
      </Choices>
    )
  if (type !== null) return <PriceForm type={type} save={save} />
  return (
    <Choices
      label="What happened"
      choose={(chosen) => (PRICED.has(chosen) || chosen === 'lost' ? setType : save)(chosen)}
    >
      {OUTCOMES}
    </Choices>
  )
}

/** Buttons of which one is pressed. */
function Choices(props: {
  label: string
  choose: (value: string) => void
  children: readonly (readonly [value: string, label: string])[]
}) {
  return (
    <SimpleGrid cols={2} spacing="xs" role="group" aria-label={props.label}>
      {props.children.map(([value, label], i) => (
        <Button
          key={value}
          variant="default"
          h="auto"
          mih={44}
          data-autofocus={i === 0 ? true : undefined}
          styles={{ label: { whiteSpace: 'normal' } }}
          onClick={() => props.choose(value)}
        >
          {label}
        </Button>
      ))}
    </SimpleGrid>
  )
}

function PriceForm(props: {
  type: string
  save: (type: string, details: { price?: number }) => void
}) {
  const [price, setPrice] = useState<string | number>('')
  const isClosing = props.type === 'property_purchased'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        props.save(props.type, typeof price === 'number' ? { price } : {})
      }}
    >
      <Stack>
        <NumberInput
          label="Price"
          description="May be left empty"
          min={0}
          thousandSeparator=","
          prefix="$"
          inputMode="numeric"
          ref={focusOn}
          value={price}
          onChange={setPrice}
        />
        <Button type="submit">{isClosing ? 'Save closing' : 'Save offer'}</Button>
      </Stack>
    </form>
  )
}

/** The dialog has given its focus away before this field was there. */
const focusOn = (field: HTMLInputElement | null): void => field?.focus()

const VERDICTS: { value: ScoreVerdict; label: string }[] = [
  { value: 'too_high', label: 'Too high' },
  { value: 'too_low', label: 'Too low' },
  { value: 'wrong_reason', label: 'The reasons are wrong' },
  { value: 'right', label: 'It is right' },
]

function ScoreForm({ lead, send }: FormProps) {
  const [verdict, setVerdict] = useState<string | null>('too_high')
  const [because, setBecause] = useState('')
  const scoreId = lead.score?.score_id ?? null
  const submit = () =>
    send({
      said: `What you say of the score of ${nameOf(lead)}`,
      path: `${pathOfLead(lead.lead_id)}/feedback`,
      body: { verdict, because, ...(scoreId !== null && { score_id: scoreId }) },
    })
  return (
    <>
      <Select
        label="This score is"
        data={VERDICTS}
        value={verdict}
        onChange={setVerdict}
        allowDeselect={false}
      />
      <Textarea
        label="Because"
        autosize
        minRows={2}
        maxLength={2_000}
        data-autofocus
        value={because}
        onChange={(event) => setBecause(event.currentTarget.value)}
      />
      <Button onClick={submit}>Send</Button>
    </>
  )
}

const NOBODY = 'nobody'

function AssignForm({ lead, send }: FormProps) {
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  const [chosen, setChosen] = useState<string | null>(
    typeof lead.owner_id === 'number' ? String(lead.owner_id) : NOBODY,
  )
  const people = (users.data?.items ?? []).filter(({ disabled_at }) => disabled_at === null)
  const data = [
    ...people.map(({ user_id, name, working_now }) => ({
      value: String(user_id),
      label: working_now === false ? `${name} (outside working hours)` : name,
    })),
    { value: NOBODY, label: 'Nobody' },
  ]
  const submit = () => {
    const user_id = chosen === NOBODY ? null : Number(chosen)
    const owner = people.find((one) => one.user_id === user_id)?.name ?? 'nobody'
    const path = `${pathOfLead(lead.lead_id)}/assign`
    send({ said: `${nameOf(lead)} is with ${owner}`, path, body: { user_id } })
  }
  return (
    <>
      <Select
        label="Give this lead to"
        data={data}
        value={chosen}
        onChange={setChosen}
        searchable
        allowDeselect={false}
        data-autofocus
      />
      <Button onClick={submit}>Assign</Button>
    </>
  )
}

function MergeForm({ lead, send }: FormProps) {
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), 200)
  const [other, setOther] = useState<string | null>(null)
  const found = useQuery({
    queryKey: ['leads', 'to-merge', q],
    queryFn: () =>
      request<LeadsAnswer>(
        'GET',
        `/v1/leads?${new URLSearchParams({ q, limit: '10' }).toString()}`,
      ),
    enabled: q !== '',
  })
  const data = (found.data?.items ?? [])
    .filter(({ lead_id }) => lead_id !== lead.lead_id)
    .map((one) => ({
      value: one.lead_id,
      label: `${nameOf(one)} (${one.email ?? one.phone ?? one.lead_id})`,
    }))
  const submit = () => {
    const path = pathOfLead(lead.lead_id)
    const body = { lead_id: other }
    const said = `${other} counts as ${nameOf(lead)}`
    send({ said, path: `${path}/merge`, body, undo: { path: `${path}/unmerge`, body } })
  }
  return (
    <>
      <Select
        label="The other lead, who is the same person"
        description="Its history moves here; the merge can be undone at any time."
        placeholder="Name, e-mail, phone or id"
        searchable
        data={data}
        // The server searches.
        filter={({ options }) => options}
        nothingFoundMessage={q === '' ? undefined : 'No lead matches'}
        onSearchChange={setText}
        value={other}
        onChange={setOther}
        data-autofocus
      />
      <Button disabled={other === null} onClick={submit}>
        Merge
      </Button>
    </>
  )
}

const FORMS = {
  note: { title: 'Add a note', Form: NoteForm },
  outcome: { title: 'Record an outcome', Form: OutcomeForm },
  score: { title: 'This score is wrong', Form: ScoreForm },
  assign: { title: 'Assign', Form: AssignForm },
  merge: { title: 'Merge', Form: MergeForm },
} as const

export function LeadDialog(props: {
  lead: ActionLead
  kind: DialogKind | null
  close: () => void
}) {
  const { lead, kind, close } = props
  const act = useAct(lead.lead_id)
  if (kind === null) return null
  const { title, Form } = FORMS[kind]
  return (
    <Modal opened onClose={close} title={`${title}: ${nameOf(lead)}`} centered>
      {/* Room for the ring around what has the focus. */}
      <Stack pt={4}>
        <Form
          lead={lead}
          send={(action) => {
            // What was written is there until it is saved, and is sent once.
            if (!act.isPending) act.mutate(action, { onSuccess: close })
          }}
        />
      </Stack>
    </Modal>
  )
}
