/**
 * The latent stages a simulated lead passes through. A stage is never written into an event; it
 * shows only in how often and in which way the lead acts. `casual` leads look around much like
 * serious ones but do not buy unless they become serious: that is the honest overlap.
 */
export const STAGES = [
  'casual_away',
  'casual_browsing',
  'casual_exploring',
  'away',
  'browsing',
  'exploring',
  'evaluating',
  'ready',
  'contract',
  'gone',
  'done',
] as const

export type StageName = (typeof STAGES)[number]

/** Index of each stage in STAGES and in every table by stage. */
export const STAGE = Object.fromEntries(STAGES.map((name, index) => [name, index])) as Record<
  StageName,
  number
>

export const STAGE_COUNT = STAGES.length

/** Stages in which an offer (a seller: a signed listing) can happen. */
export const OPEN_STAGES: readonly StageName[] = [
  'casual_away',
  'casual_browsing',
  'casual_exploring',
  'away',
  'browsing',
  'exploring',
  'evaluating',
  'ready',
]

/** Possible daily moves between stages; offers, closings and collapsed deals are separate. */
export const MOVES = [
  ['casual_away', 'casual_browsing', 'progress'],
  ['casual_away', 'gone', 'drift'],
  ['casual_browsing', 'casual_exploring', 'progress'],
  ['casual_browsing', 'casual_away', 'drift'],
  ['casual_browsing', 'browsing', 'progress'],
  ['casual_browsing', 'gone', 'drift'],
  ['casual_exploring', 'casual_browsing', 'drift'],
  ['casual_exploring', 'casual_away', 'drift'],
  ['casual_exploring', 'exploring', 'progress'],
  ['casual_exploring', 'gone', 'drift'],
  ['away', 'browsing', 'progress'],
  ['away', 'exploring', 'progress'],
  ['away', 'gone', 'drift'],
  ['browsing', 'exploring', 'progress'],
  ['browsing', 'away', 'drift'],
  ['browsing', 'gone', 'drift'],
  ['exploring', 'evaluating', 'progress'],
  ['exploring', 'browsing', 'drift'],
  ['exploring', 'away', 'drift'],
  ['exploring', 'gone', 'drift'],
  ['evaluating', 'ready', 'progress'],
  ['evaluating', 'exploring', 'drift'],
  ['evaluating', 'away', 'drift'],
  ['evaluating', 'gone', 'drift'],
  ['ready', 'evaluating', 'drift'],
  ['ready', 'away', 'drift'],
  ['ready', 'gone', 'drift'],
] as const satisfies readonly (readonly [StageName, StageName, 'progress' | 'drift'])[]

/** How heavily a lead uses the site whatever the intent: the multiplier of session rates. */
export const ACTIVITY_CLASSES = 3

/** What stands before a lead's mailbox: nothing, a scanner at the door, a delayed scanner. */
export const GATEWAYS = ['none', 'instant', 'delayed'] as const

export const SEGMENTS = [
  'first_time_buyer',
  'move_up',
  'downsizer',
  'investor',
  'luxury',
  'relocation',
  'seller',
] as const

export const SOURCES = ['organic', 'portal', 'paid_search', 'social', 'referral'] as const

/** Agents differ in what their calls achieve; known in the truth, not in the events. */
export const SKILLS = ['ordinary', 'strong'] as const
