/** import: files of leads and listings, mapped, checked, quarantined. */
import type { ImportKind } from './kinds.ts'
import { leads } from './leads.ts'
import { listings } from './listings.ts'

export const IMPORT_KINDS = { leads, listings } satisfies Record<string, ImportKind>
export type ImportKindName = keyof typeof IMPORT_KINDS
