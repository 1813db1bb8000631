/** What an import found and did, in the words of its report. Plain data: kept in the database. */
export interface BackfillCounts {
  /** What GoHighLevel says is there. */
  found: Record<string, number>
  leads: {
    created: number
    changed: number
    unchanged: number
    /** There before, found by e-mail address or phone. */
    matched: number
    /** Erased at their request: stay erased. */
    erased: number
  }
  /** Addresses that several contacts give: kept as several people. */
  shared: { emails: number; phones: number; examples: { lead_id: string; same_as: string }[] }
  events: { new: number; known: number }
  outcomes: { won: number; lost: number }
  notes: number
  /** What was read and is no event, by reason. */
  skipped: Record<string, number>
  /** What the log refused, by reason. */
  refused: Record<string, number>
  /** GoHighLevel users who are no members here: their leads have no owner. */
  owners_not_members: string[]
}

export const emptyCounts = (): BackfillCounts => ({
  found: {},
  leads: { created: 0, changed: 0, unchanged: 0, matched: 0, erased: 0 },
  shared: { emails: 0, phones: 0, examples: [] },
  events: { new: 0, known: 0 },
  outcomes: { won: 0, lost: 0 },
  notes: 0,
  skipped: {},
  refused: {},
  owners_not_members: [],
})
