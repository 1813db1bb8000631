/**
 * Features of many leads: few queries for all of them, some batches side by side, every fold in
 * this thread with pauses between leads. One lead is a batch of one.
 */
import { setImmediate } from 'node:timers/promises'
import type { FeatureBatchAnswer } from '../../contract/index.ts'
import { computeScore, type Ground } from '../../decisions/index.ts'
import { readKnown, readKnownThen, type Known } from '../../features/index.ts'
import { leadScoring } from '../../models/index.ts'
import { attributeDeclarations, readChurnRisks, type Lead } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { toFeaturesAnswer, toProfile } from './answers.ts'
import { qualityOf } from './quality.ts'

/** Leads of one batch: their entries are read by one query. */
const BATCH = 25
/** Batches side by side: each holds one connection while it reads. */
const AT_ONCE = 2

/** A lead under the name it was asked for. */
export interface AskedLead {
  readonly id: string
  readonly lead: Lead
}

export interface ExtractOptions {
  /** Milliseconds since the epoch; null: now. */
  readonly past: number | null
  /** Names of features; null: all. */
  readonly wanted: ReadonlySet<string> | null
  /** With what models say; undefined: features only. */
  readonly ground?: Ground | undefined
}

type Extracted = FeatureBatchAnswer['items'][number]

export interface Extraction {
  readonly items: Extracted[]
  /** Names of leads of which what was known then is no longer kept. */
  readonly notKept: string[]
}

export type Extract = (
  workspaceId: number,
  leads: readonly AskedLead[],
  options: ExtractOptions,
) => Promise<Extraction>

type Needs = Pick<Services, 'database' | 'clock' | 'models'>

export function createExtract({ database, clock, models }: Needs): Extract {
  async function batch(
    workspaceId: number,
    leads: readonly AskedLead[],
    { past, wanted, ground }: ExtractOptions,
  ): Promise<Extraction> {
    const persons = [...new Set(leads.map(({ lead }) => lead.personId))]
    const known: ReadonlyMap<number, Known | null> =
      past === null
        ? await readKnown(database.app, workspaceId, persons)
        : await readKnownThen(database, workspaceId, persons, past)
    const { churn, declared } = await database.withWorkspace(workspaceId, async (client) => ({
      churn: await readChurnRisks(client, persons),
      declared: await attributeDeclarations(client),
    }))
    const champion = (await models.champion(workspaceId, leadScoring.name))?.model
    const now = clock.now()
    const extraction: Extraction = { items: [], notKept: [] }
    for (const { id, lead } of leads) {
      const { personId, segment } = lead
      const one = known.get(personId) ?? null
      if (one === null) {
        extraction.notKept.push(id)
        continue
      }
      const asOf = past ?? Math.max(one.state.cursorTime, now)
      const answer = toFeaturesAnswer(one, asOf, { leadId: id, segment, champion, wanted })
      const profile =
        ground === undefined
          ? null
          : toProfile(
              computeScore(ground, one.state, lead, asOf),
              qualityOf(lead, one.state, declared, asOf),
              churn.get(personId) ?? null,
            )
      extraction.items.push({ ...answer, profile })
      // Other requests get their turn between two leads.
      await setImmediate()
    }
    return extraction
  }
  return async (workspaceId, leads, options) => {
    const batches: (readonly AskedLead[])[] = []
    for (let from = 0; from < leads.length; from += BATCH)
      batches.push(leads.slice(from, from + BATCH))
    const done: Extraction[] = []
    const work = async (): Promise<void> => {
      for (let at = next++; at < batches.length; at = next++)
        done[at] = await batch(workspaceId, batches[at]!, options)
    }
    let next = 0
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return {
      items: done.flatMap(({ items }) => items),
      notKept: done.flatMap(({ notKept }) => notKept),
    }
  }
}
