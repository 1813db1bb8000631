/** What the list of leads is filtered and sorted by, as its address says. */
import {
  LEAD_SIGHTS,
  LEAD_SORTS,
  type LeadSight,
  type LeadSort,
  type SavedFilterAnswer,
} from '../../../src/contract/index.ts'

export interface LeadSearch {
  readonly q?: string
  /** Whose leads; absent: everybody's. */
  readonly of?: 'me' | 'nobody'
  /** Default: active, or all while something is searched for. */
  readonly show?: LeadSight
  readonly sort?: LeadSort
  readonly stage?: string
}

const oneOf = <T extends string>(all: readonly T[], value: unknown): T | undefined =>
  all.find((one) => one === value)

/** Reads an address; what it does not know is left out. */
export function leadSearch(search: Record<string, unknown>): LeadSearch {
  const { q, stage } = search
  const of = oneOf(['me', 'nobody'] as const, search['of'])
  const show = oneOf(LEAD_SIGHTS, search['show'])
  const sort = oneOf(LEAD_SORTS, search['sort'])
  return {
    ...(typeof q === 'string' && q !== '' && { q }),
    ...(of && { of }),
    ...(show && { show }),
    ...(sort && { sort }),
    ...(typeof stage === 'string' && stage !== '' && { stage }),
  }
}

type Query = SavedFilterAnswer['query']

/** As GET /v1/leads takes it, for the person `me`. */
export function toQuery({ q, of, show, sort, stage }: LeadSearch, me: number): Query {
  return {
    ...(q !== undefined && { q }),
    ...(of === 'me' && { owner_id: me }),
    ...(of === 'nobody' && { unassigned: true }),
    ...(sort !== undefined && { sort }),
    ...(stage !== undefined && { stage }),
    show: show ?? (q === undefined ? 'active' : 'all'),
  }
}

/** A saved filter as an address. */
export function fromQuery(query: Query, me: number): LeadSearch {
  const { q, owner_id, unassigned, show, sort, stage } = query
  const of = owner_id === me ? 'me' : unassigned === true ? 'nobody' : undefined
  return leadSearch({ q, of, show, sort, stage })
}
