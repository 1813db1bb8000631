/** The inside of a thread of threads.ts: runs what it is told by the name of an export. */
import { parentPort, workerData } from 'node:worker_threads'

const { entry } = workerData as { entry: string }
const tasks = (await import(entry)) as Record<string, unknown>

parentPort?.on('message', ({ task, input }: { task: string; input: unknown }) => {
  const run = async (): Promise<void> => {
    try {
      const work = tasks[task]
      if (typeof work !== 'function') throw new Error(`${entry} exports no function ${task}`)
      const output: unknown = await (work as (input: unknown) => unknown)(input)
      parentPort?.postMessage({ output })
    } catch (error) {
      parentPort?.postMessage({ error: error ?? new Error(`${task} threw nothing`) })
    }
  }
  void run()
})
