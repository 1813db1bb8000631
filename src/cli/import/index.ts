/** import: files of leads, listings and events, mapped, checked, quarantined. */
import { events } from './events.ts'
import type { ImportKind } from './kinds.ts'
import { leads } from './leads.ts'
import { listings } from './listings.ts'

export const IMPORT_KINDS = { leads, listings, events } satisfies Record<string, ImportKind>
export type ImportKindName = keyof typeof IMPORT_KINDS
