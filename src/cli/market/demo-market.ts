/** The market of the demo workspace, and how far it was told; kept in the workspace's settings. */
import type { Queryable } from '../../store/index.ts'

/** A team of a dozen agents after eight months; the market goes on for another year. */
export const DEMO = { seed: 7, leads: 1_200, days: 600, historyDays: 240 } as const

export interface DemoState {
  readonly seed: number
  readonly leads: number
  readonly days: number
  /** First moment of the market's day 0: a UTC midnight, milliseconds since the epoch. */
  readonly start: number
  /** Everything up to here is in the log, milliseconds since the epoch. */
  readonly through: number
  /** The first model was tried. */
  readonly trained: boolean
}

const DAY_MS = 86_400_000

/** Inside withWorkspace. */
export async function readDemo(client: Queryable, now: number): Promise<DemoState> {
  const { rows } = await client.query<{ demo: DemoState | null }>(
    `select settings->'demo' as demo from workspaces where workspace_id = current_workspace()`,
  )
  const { historyDays, ...market } = DEMO
  const start = Math.floor(now / DAY_MS) * DAY_MS - historyDays * DAY_MS
  return rows[0]?.demo ?? { ...market, start, through: start - 1, trained: false }
}

/** Inside withWorkspace. */
export async function saveDemo(client: Queryable, state: DemoState): Promise<void> {
  await client.query(
    `update workspaces set settings = jsonb_set(settings, '{demo}', $1)
     where workspace_id = current_workspace()`,
    [JSON.stringify(state)],
  )
}
