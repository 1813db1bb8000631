/** `npm run fuzz [-- --requests N --seed S]`: the whole storm, with its numbers. */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const report = await fuzz({ requests: Number(values.requests), seed: Number(values.seed), say })
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.faults.length === 0 ? 0 : 1
