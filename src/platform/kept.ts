/** Values that are costly to find and stay true for a while, kept by number for some time. */
import type { Clock } from '../core/index.ts'

export interface KeptOptions<T> {
  readonly clock: Clock
  /** How long a value is kept, milliseconds. */
  readonly ms: number
  readonly ask: (key: number) => Promise<T>
  /** Told of each look: whether a value was there that is young enough. */
  readonly onLook?: ((isHit: boolean) => void) | undefined
}

export interface Kept<T> {
  /** The value of a key, asked for again once it is too old; asked once at a time. */
  readonly get: (key: number) => Promise<T>
  /** What was found last, however old. */
  readonly last: (key: number) => T | undefined
}

/** For few keys (workspaces): what was found once is held until it is found again. */
export function createKept<T>({ clock, ms, ask, onLook }: KeptOptions<T>): Kept<T> {
  const kept = new Map<number, { readonly value: T; readonly until: number }>()
  const asking = new Map<number, Promise<T>>()
  const get = (key: number): Promise<T> => {
    const known = kept.get(key)
    const isHit = known !== undefined && known.until > clock.monotonic()
    onLook?.(isHit)
    if (isHit) return Promise.resolve(known.value)
    let under = asking.get(key)
    if (under === undefined) {
      under = ask(key)
        .then((value) => {
          kept.set(key, { value, until: clock.monotonic() + ms })
          return value
        })
        .finally(() => asking.delete(key))
      asking.set(key, under)
    }
    return under
  }
  return { get, last: (key) => kept.get(key)?.value }
}
