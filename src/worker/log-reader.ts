/** Reads the log slice by slice; while there is more, the next slice is read beside folding. */
import type { LogSlice } from '../store/index.ts'

/**
 * What follows a position. `read` reads at most `full` entries; one that fails is asked again the
 * next time.
 */
export function createLogReader(
  read: (after: number) => Promise<LogSlice>,
  full: number,
): (after: number) => Promise<LogSlice> {
  let ahead: { readonly after: number; readonly slice: Promise<LogSlice> } | undefined
  return async (after) => {
    const known = ahead?.after === after ? ahead.slice : undefined
    ahead = undefined
    const slice = await (known ?? read(after))
    if (slice.entries.length === full) {
      const next = read(slice.cursor)
      // Told when it is asked for.
      next.catch(() => undefined)
      ahead = { after: slice.cursor, slice: next }
    }
    return slice
  }
}
