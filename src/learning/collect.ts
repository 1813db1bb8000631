/** Reading examples out of the store: a few leads at a time, so that memory holds no history. */
import { mayEnterModels, type AttributeDeclaration } from '../core/index.ts'
import { emptyState, extractFeatures, markDeclared } from '../features/index.ts'
import { exampleWriter, type Examples, type ModelSpec } from '../models/index.ts'
import {
  attributeDeclarations,
  nextLeads,
  readDeclaredHistory,
  readLabelledLeads,
  readPersons,
  type Database,
} from '../store/index.ts'
import { addExamples, type ExampleOptions } from './examples.ts'

const DAY_MS = 86_400_000
const LEADS_AT_ONCE = 50

export interface CollectOptions extends ExampleOptions {
  readonly workspaceId: number
  readonly onLeads?: (leads: number) => void
}

/** All final rows of a workspace's leads. */
export async function collectExamples(
  database: Pick<Database, 'withWorkspace'>,
  { workspaceId, onLeads, ...options }: CollectOptions,
): Promise<Examples> {
  const writer = exampleWriter()
  const isDeclared = await database.withWorkspace(workspaceId, readDeclaredHistory)
  let after = 0
  for (let done = 0; ;) {
    const leads = await database.withWorkspace(workspaceId, async (client) => {
      const found = await nextLeads(client, after, LEADS_AT_ONCE)
      const ids = found.map(({ personId }) => personId)
      const logs = await readPersons(client, workspaceId, ids, Number.MAX_SAFE_INTEGER)
      return found.map((lead) => ({
        ...lead,
        entries: markDeclared(logs.get(lead.personId) ?? [], isDeclared),
      }))
    })
    if (leads.length === 0) return writer.finish()
    for (const { personId, segment, entries } of leads)
      addExamples(writer, { personId, segment, entries }, options)
    done += leads.length
    after = leads.at(-1).personId
    onLeads?.(done)
  }
}

const LABELLED_AT_ONCE = 1_000

/**
 * One row per imported lead whose outcome is known without its day: attributes, and features of a
 * lead that has done nothing. All stand at the same moment, so that they are split by lead. Null
 * when the workspace has no such leads, or no attribute that models may read.
 */
export async function collectLabelled(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  now: number,
): Promise<{ examples: Examples; attributes: readonly AttributeDeclaration[] } | null> {
  const inside = <T>(work: Parameters<typeof database.withWorkspace<T>>[1]): Promise<T> =>
    database.withWorkspace(workspaceId, work)
  const attributes = (await inside(attributeDeclarations)).filter(mayEnterModels)
  if (attributes.length === 0) return null
  const writer = exampleWriter(attributes)
  const vector = extractFeatures(emptyState(), now)
  for (let after = 0; ;) {
    const leads = await inside((client) => readLabelledLeads(client, after, LABELLED_AT_ONCE))
    for (const { personId, attributes: values, converted, segment } of leads)
      writer.add({
        vector,
        label: converted ? 1 : 0,
        group: personId,
        segment,
        attributes: values,
      })
    after = leads.at(-1)?.personId ?? after
    if (leads.length < LABELLED_AT_ONCE) break
  }
  return writer.count() === 0 ? null : { examples: writer.finish(), attributes }
}

export type LearnedFrom = 'behavior' | 'attributes'

export interface ToLearn {
  readonly spec: ModelSpec
  readonly workspaceId: number
  readonly now: number
  /** Only moments of the last so many days; null: all. */
  readonly days: number | null
  readonly onLeads?: (leads: number) => void
}

/**
 * What a model learns from: behavior where any of it is final; else, in a workspace that has only
 * imported leads so far, what is known of them.
 */
export async function collectToLearn(
  database: Pick<Database, 'withWorkspace'>,
  { spec, workspaceId, now, days, onLeads }: ToLearn,
): Promise<{ examples: Examples; from: LearnedFrom }> {
  const { name, horizonDays } = spec
  const behavior = await collectExamples(database, {
    workspaceId,
    now,
    horizonDays,
    seed: workspaceId,
    ...(days === null ? {} : { since: now - (days + horizonDays) * DAY_MS }),
    ...(onLeads === undefined ? {} : { onLeads }),
  })
  const labelled =
    behavior.rows === 0 && name === 'lead_scoring'
      ? await collectLabelled(database, workspaceId, now)
      : null
  return labelled === null
    ? { examples: behavior, from: 'behavior' }
    : { examples: labelled.examples, from: 'attributes' }
}
