/** A file of leads whose truth is known: more visits and a referral convert more often. */
import { writeFileSync } from 'node:fs'
import { seededRandom } from '../../src/math/index.ts'

const SOURCES = ['web', 'referral', 'portal']

/** Writes `leads` rows with the columns Lead ID, Source, Visits and Converted. */
export function writeLeadFile(path: string, leads: number, seed = 1): void {
  const random = seededRandom(seed)
  const lines = Array.from({ length: leads }, (_, i) => {
    const source = SOURCES[random.int(SOURCES.length)]!
    const visits = random.int(12)
    const logOdds = -2.5 + 0.3 * visits + (source === 'referral' ? 1.5 : 0)
    const converted = random.next() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0
    return `lead-${i},${source},${visits},${converted}`
  })
  writeFileSync(path, `Lead ID,Source,Visits,Converted\n${lines.join('\n')}\n`)
}
