/** Somebody's access changed: whoever remembers who may do what is told, and asks again. */

export interface AccessChanges {
  readonly tell: () => void
  /** Answers how to be told no more. */
  readonly listen: (listener: () => void) => () => void
}

export function createAccessChanges(): AccessChanges {
  const listeners = new Set<() => void>()
  return {
    tell() {
      for (const listener of listeners) listener()
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
