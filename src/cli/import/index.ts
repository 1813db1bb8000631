/** import: files of leads, listings, events and outcomes, mapped, checked, quarantined. */
import { events, outcomes } from './events.ts'
import type { ImportKind } from './kinds.ts'
import { leads } from './leads.ts'
import { listings } from './listings.ts'

export const IMPORT_KINDS = { leads, listings, events, outcomes } satisfies Record<
  string,
  ImportKind
>
export type ImportKindName = keyof typeof IMPORT_KINDS
