/**
 * Speed of the learners, written to docs/CLAIMS.md: `npm run bench:learners`. `--rounds N` sets the
 * alternating runs (default 3).
 */
import { parseArgs } from 'node:util'
import { writeClaims } from './claims.ts'
import { benchTrees } from './learners/trees.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a positive integer')

writeClaims('trees-speed', await benchTrees(rounds), {
  data: 'seeded table of 57 normal columns with interactions, made by bench/learners/trees.ts',
  command: `npm run bench:learners -- --rounds ${rounds}`,
})
