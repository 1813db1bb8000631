/** Reading examples out of the store: a few leads at a time, so that memory holds no history. */
import { exampleWriter, type Examples } from '../models/index.ts'
import { nextLeads, readPersons, type Database } from '../store/index.ts'
import { addExamples, type ExampleOptions } from './examples.ts'

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
  let after = 0
  for (let done = 0; ;) {
    const leads = await database.withWorkspace(workspaceId, async (client) => {
      const found = await nextLeads(client, after, LEADS_AT_ONCE)
      const ids = found.map(({ personId }) => personId)
      const logs = await readPersons(client, workspaceId, ids, Number.MAX_SAFE_INTEGER)
      return found.map((lead) => ({ ...lead, entries: logs.get(lead.personId) ?? [] }))
    })
    if (leads.length === 0) return writer.finish()
    for (const { personId, segment, entries } of leads)
      addExamples(writer, { personId, segment, entries }, options)
    done += leads.length
    after = leads.at(-1).personId
    onLeads?.(done)
  }
}
