/** Moments in the reader's own language and zone; the exact UTC time on hover. */
import { useSyncExternalStore } from 'react'

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })
const UNITS = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
] as const
/** Older moments are dates. */
const OLDEST_MS = 14 * 86_400_000
const TICK_MS = 10_000

export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {full.format(new Date(at))}
    </time>
  )
}

function subscribeTick(tick: () => void): () => void {
  const timer = setInterval(tick, TICK_MS)
  return () => clearInterval(timer)
}

const ago = (passed: number): string => {
  if (passed < 60_000) return 'just now'
  const [unit, ms] = UNITS.findLast(([, length]) => passed >= length)!
  return relative.format(-Math.floor(passed / ms), unit)
}

/** "3 min. ago", kept true while it is shown. */
export function Ago({ at }: { at: string }) {
  const now = useSyncExternalStore(subscribeTick, () => Math.floor(Date.now() / TICK_MS) * TICK_MS)
  const passed = now - Date.parse(at)
  if (passed > OLDEST_MS) return <Moment at={at} />
  return (
    <time dateTime={at} title={at}>
      {ago(passed)}
    </time>
  )
}
