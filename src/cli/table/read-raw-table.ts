/** Reads a delimited file whole. */
import { buildRawTable, type RawTable } from '../../learners/index.ts'
import { readDelimited } from '../../platform/index.ts'

/** @throws SetupError when the file cannot be read or is not a table. */
export async function readRawTable(path: string): Promise<RawTable> {
  const file = await readDelimited(path)
  const builder = buildRawTable(file.header)
  for await (const row of file.rows) builder.add(row)
  return builder.finish()
}
