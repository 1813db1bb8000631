/** The actions on a lead that need a word more than a tap: one small form each. */
import { Button, Modal, NumberInput, Select, Stack, Textarea } from '@mantine/core'
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

const OUTCOMES = [
  { value: 'tour_completed', label: 'Toured a home' },
  { value: 'tour_scheduled', label: 'Scheduled a tour' },
  { value: 'offer_submitted', label: 'Made an offer' },
  { value: 'property_purchased', label: 'Closed' },
  { value: 'listing_signed', label: 'Signed a listing' },
  { value: 'deal_fell_through', label: 'Deal fell through' },
  { value: 'lost', label: 'Lost' },
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

function OutcomeForm({ lead, send }: FormProps) {
  const [type, setType] = useState<string | null>(null)
  const [price, setPrice] = useState<string | number>('')
  const [reason, setReason] = useState<string | null>(null)
  const isPriced = type !== null && PRICED.has(type)
  const submit = () => {
    const label = OUTCOMES.find(({ value }) => value === type)?.label ?? ''
    const details = {
      ...(isPriced && typeof price === 'number' && { price }),
      ...(type === 'lost' && reason !== null && { reason }),
    }
    const isTour = type === 'tour_completed'
    const about = { lead_id: lead.lead_id }
    const said = `${nameOf(lead)}: ${label.toLowerCase()}`
    // A tour that took place is behavior, not an outcome that models are judged by.
    if (isTour) send({ said, path: '/v1/events', body: { ...about, type, properties: details } })
    else send({ said, path: '/v1/outcomes', body: { ...about, outcome_type: type, details } })
  }
  return (
    <>
      <Select
        label="What happened"
        data={OUTCOMES}
        value={type}
        onChange={setType}
        data-autofocus
      />
      {isPriced && (
        <NumberInput
          label="Price"
          min={0}
          thousandSeparator=","
          prefix="$"
          value={price}
          onChange={setPrice}
        />
      )}
      {type === 'lost' && (
        <Select label="Why" data={LOST_REASONS} value={reason} onChange={setReason} />
      )}
      <Button disabled={type === null || (type === 'lost' && reason === null)} onClick={submit}>
        Save outcome
      </Button>
    </>
  )
}

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
      <Stack>
        <Form
          lead={lead}
          send={(action) => {
            act.mutate(action)
            close()
          }}
        />
      </Stack>
    </Modal>
  )
}
