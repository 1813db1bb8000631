/** Finding leads by any part of name, e-mail address, phone number or id. SQL: migrations/0019. */
import type { Queryable } from './connection.ts'

/** With more matches than this a list is read in its own order: few rows of it are left out. */
const FOUND_MAX = 2_000
/** Shorter parts have no place in the index. */
const INDEXED_LENGTH = 3
const WORDS_MAX = 8
/** A phone number as people write it: its digits are what counts. */
const PHONE = /^[\d\s()+./-]+$/
const PHONE_DIGITS_MIN = 4

interface Search {
  /** Patterns of LIKE, longest first: all must match. */
  readonly words: readonly string[]
  /** Pattern of a phone number's digits, which may match instead. */
  readonly digits: string | null
}

const pattern = (part: string): string => `%${part.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`

function searchOf(q: string): Search {
  const words = q.trim().split(/\s+/).slice(0, WORDS_MAX)
  // A country code is not always written down.
  const digits = q.replaceAll(/\D/g, '').replace(/^1(?=\d{10}$)/, '')
  return {
    words: words.sort((a, b) => b.length - a.length).map(pattern),
    digits: PHONE.test(q) && digits.length >= PHONE_DIGITS_MIN ? pattern(digits) : null,
  }
}

/** Person numbers of the leads that match; `many`: more than are worth naming. */
export async function searchLeads(
  client: Queryable,
  owners: readonly number[] | null,
  q: string,
): Promise<number[] | 'many'> {
  const { words, digits } = searchOf(q)
  if ((words[0]?.length ?? 0) < INDEXED_LENGTH + 2) return 'many'
  const { rows } = await client.query<{ ids: string[] }>(
    'select search_leads(current_workspace(), $1, $2, $3, $4) as ids',
    [owners, words, digits, FOUND_MAX + 1],
  )
  const ids = rows[0]!.ids
  return ids.length > FOUND_MAX ? 'many' : ids.map(Number)
}

/** Person numbers that leads merged into them are found by: who they also were. */
export async function searchMerged(client: Queryable, q: string): Promise<number[]> {
  const { words, digits } = searchOf(q)
  if (words.length === 0) return []
  const { rows } = await client.query<{ ids: string[] }>(
    'select search_merged(current_workspace(), $1, $2, $3) as ids',
    [words, digits, FOUND_MAX],
  )
  return rows[0]!.ids.map(Number)
}

/** The same as a condition on persons p. */
export function searchCondition(q: string, bind: (value: unknown) => string): string {
  const { words, digits } = searchOf(q)
  const all = words.map((word) => `p.search_text like lower(${bind(word)}::text)`).join(' and ')
  return `(${all} or p.search_text like ${bind(digits)}::text)`
}
