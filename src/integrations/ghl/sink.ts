/** The way of events into the log, which whoever runs an import gives it. */

/** Takes events into the log, many at a time. */
export interface Sink {
  readonly counts: Readonly<{ accepted: number; duplicates: number }>
  readonly take: (raw: { line: number; raw: unknown; event: unknown }) => Promise<boolean>
  /** Durable when it resolves. */
  readonly flush: () => Promise<void>
}

/** Opens a way into the log; tells refusals by the number that an event was taken in with. */
export type OpenSink = (options: {
  readonly workspaceId: number
  readonly history: boolean
  readonly onRejected: (rejected: { readonly line: number; readonly reason: string }) => void
}) => Sink
