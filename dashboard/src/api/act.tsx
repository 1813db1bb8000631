/** Acting on leads: a request, what it changed read anew, and a toast that can take it back. */
import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query'
import type { EntryAnswer, EventsAnswer } from '../../../src/contract/index.ts'
import { Problem, request } from './request.ts'

const UNDO_MS = 10_000

/** Lists and pages that show leads. */
const SHOWN_BY = ['board', 'leads', 'lead', 'timeline', 'score', 'reasons', 'features']

function readAnew(queries: QueryClient): void {
  for (const key of SHOWN_BY) void queries.invalidateQueries({ queryKey: [key] })
}

/** Leads that were just hidden or snoozed here: frames about them bring them to no list. */
export const outOfSight = new Set<string>()

export interface Action {
  /** What was done, for the toast: "Call logged". */
  readonly said: string
  readonly path: string
  readonly body: unknown
  /** Takes it back; default: POST /v1/leads/:id/undo with the position answered. */
  readonly undo?: { readonly path: string; readonly body: unknown }
}

export const pathOfLead = (leadId: string): string => `/v1/leads/${encodeURIComponent(leadId)}`

const told = (error: Error): string =>
  error instanceof Problem ? `${error.message} ${error.remedy}` : error.message

/** Toasts on the screen, the oldest first: more than two would cover what is worked on. */
const toasts: string[] = []
const TOASTS_MAX = 2

function show(toast: Parameters<typeof notifications.show>[0]): string {
  const id = notifications.show(toast)
  toasts.push(id)
  if (toasts.length > TOASTS_MAX) notifications.hide(toasts.shift()!)
  return id
}

/** Takes back what was done last, while its toast is on the screen. */
let takeBackLast: (() => void) | null = null
export const undoLast = (): void => takeBackLast?.()

function sayWithUndo(said: string, undo: () => Promise<unknown>): void {
  const takeBack = () => {
    if (takeBackLast === takeBack) takeBackLast = null
    notifications.hide(id)
    undo().then(
      () => show({ message: `Undone: ${said}`, autoClose: 4_000 }),
      (error: unknown) => refuse('It could not be undone', error as Error),
    )
  }
  takeBackLast = takeBack
  const id = show({
    autoClose: UNDO_MS,
    withBorder: true,
    onClose: () => {
      if (takeBackLast === takeBack) takeBackLast = null
    },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{said}</Text>
        <Button
          size="xs"
          variant="light"
          flex="none"
          title="Key: u"
          aria-keyshortcuts="u"
          onClick={takeBack}
        >
          Undo
        </Button>
      </Group>
    ),
  })
}

function refuse(title: string, error: Error): void {
  show({ color: 'red', title, message: told(error), autoClose: UNDO_MS })
}

/** Does things to a lead. */
export function useAct(leadId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ path, body }: Action) =>
      request<Partial<EntryAnswer & EventsAnswer>>('POST', path, body),
    onSuccess: ({ position, event_ids }, { said, undo }) => {
      readAnew(queries)
      const entry = position === undefined ? { event_id: event_ids?.[0]?.event_id } : { position }
      const back = undo ?? { path: `${pathOfLead(leadId)}/undo`, body: entry }
      sayWithUndo(said, async () => {
        await request('POST', back.path, back.body)
        outOfSight.delete(leadId)
        readAnew(queries)
      })
    },
    onError: (error, { said }) => {
      outOfSight.delete(leadId)
      refuse(`Not done: ${said}`, error)
    },
  })
}
