/** The leads worth a call, kept up to date by frames, and why they have their scores. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type {
  LeadsAnswer,
  ScoreData,
  ScoresAnswer,
  SocketFrame,
} from '../../../src/contract/index.ts'
import { outOfSight } from './act.tsx'
import { notOlder, withScores, type BoardLead } from './board-order.ts'
import { useLive } from './live.ts'
import { request } from './request.ts'

const SHOWN = 50
const KEY = ['board']
/** Frames that come within this time of the last change are shown together. */
const GATHER_MS = 80
/** After frames the list is read anew this often at most: leads may have come in from below. */
const REFRESH_MS = 5_000
/** Reasons are asked for this often at most, and after a failure not so soon again. */
const REASONS_MS = 1_000
const FAILED_MS = 15_000

interface Gathered {
  scores: ScoreData[]
  shownAt: number
  readAt: number
  show: ReturnType<typeof setTimeout> | undefined
  read: ReturnType<typeof setTimeout> | undefined
}

export function useBoard() {
  const queries = useQueryClient()
  const { current } = useRef<Gathered>({
    scores: [],
    shownAt: -Infinity,
    readAt: -Infinity,
    show: undefined,
    read: undefined,
  })
  useEffect(
    () => () => {
      clearTimeout(current.show)
      clearTimeout(current.read)
    },
    [current],
  )
  const show = () => {
    const scores = current.scores.splice(0)
    current.shownAt = performance.now()
    current.show = undefined
    queries.setQueryData<BoardLead[]>(KEY, (leads) => leads && withScores(leads, scores, SHOWN))
  }
  const read = () => {
    current.readAt = performance.now()
    current.read = undefined
    void queries.invalidateQueries({ queryKey: KEY })
  }
  useLive('scores', (frame: SocketFrame) => {
    const now = performance.now()
    if (frame.type === 'score' && outOfSight.has(frame.data.lead_id)) return
    if (frame.type === 'score') {
      current.scores.push(frame.data)
      current.show ??= setTimeout(show, current.shownAt + GATHER_MS - now)
      current.read ??= setTimeout(read, current.readAt + REFRESH_MS - now)
    } else if (frame.type === 'reset' || frame.type === 'subscribed') read()
  })
  return useQuery({
    queryKey: KEY,
    queryFn: async () => {
      const { items } = await request<LeadsAnswer>('GET', `/v1/leads?sort=call_next&limit=${SHOWN}`)
      return notOlder(items, queries.getQueryData<BoardLead[]>(KEY) ?? [])
    },
    refetchInterval: 60_000,
  })
}

/** Which rows are on the screen; rows watch themselves. */
export function useVisible(): {
  visible: ReadonlySet<string>
  watch: (row: Element) => () => void
} {
  const [visible, setVisible] = useState<ReadonlySet<string>>(new Set())
  const [observer] = useState(
    () =>
      new IntersectionObserver((changes) => {
        setVisible((known) => {
          const next = new Set(known)
          for (const { target, isIntersecting } of changes) {
            const id = (target as HTMLElement).dataset['lead']!
            if (isIntersecting) next.add(id)
            else next.delete(id)
          }
          return next
        })
      }),
  )
  const [watch] = useState(() => (row: Element) => {
    observer.observe(row)
    return () => observer.unobserve(row)
  })
  useEffect(() => () => observer.disconnect(), [observer])
  return { visible, watch }
}

interface Why {
  /** Of the score computed then. */
  readonly of: string
  readonly sentences: readonly string[]
}

/**
 * Sentences for leads on the screen, asked for when their score changed; what was known stays until
 * then. Only what is on the screen is asked for: the product records which scores people saw.
 */
export function useReasons(
  leads: readonly BoardLead[],
  visible: ReadonlySet<string>,
): ReadonlyMap<string, Why> {
  const [reasons, setReasons] = useState<ReadonlyMap<string, Why>>(new Map())
  const nextAt = useRef(0)
  const look = useEffectEvent(async () => {
    if (performance.now() < nextAt.current) return
    const due = leads.filter(
      ({ lead_id, score }) =>
        visible.has(lead_id) &&
        (typeof score?.score === 'number' || (score?.prior_interval ?? null) !== null) &&
        reasons.get(lead_id)?.of !== score?.computed_at,
    )
    if (due.length === 0) return
    nextAt.current = Infinity
    try {
      const lead_ids = due.map(({ lead_id }) => lead_id)
      const { items } = await request<ScoresAnswer>('POST', '/v1/scores', {
        lead_ids,
        factors: true,
      })
      const next = new Map(reasons)
      for (const { lead_id, score } of due) {
        const factors = items.find((item) => item.lead_id === lead_id)?.factors ?? []
        const sentences = factors.map(({ sentence }) => sentence)
        next.set(lead_id, { of: score!.computed_at, sentences })
      }
      setReasons(next)
      nextAt.current = performance.now()
    } catch {
      // The board is whole without them, and says itself when the product is out of reach.
      nextAt.current = performance.now() + FAILED_MS
    }
  })
  useEffect(() => {
    const timer = setInterval(() => void look(), REASONS_MS)
    return () => clearInterval(timer)
  }, [])
  const isEmpty = visible.size === 0
  useEffect(() => void look(), [isEmpty])
  return reasons
}
