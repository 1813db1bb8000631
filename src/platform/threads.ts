/** Threads that run the exported functions of one module: the machine's side of `Parallel`. */
import { Worker } from 'node:worker_threads'
import type { Parallel } from '../core/index.ts'

export interface Threads extends Parallel {
  /** Ends all threads; tasks that still run are rejected. */
  close(): Promise<void>
}

interface Answer {
  readonly output?: unknown
  readonly error?: unknown
}

interface Waiting {
  readonly task: string
  readonly input: unknown
  readonly resolve: (output: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Starts up to `threads` threads, each when it is first needed; tasks beyond wait their turn.
 * `entry` is the address of the module whose exports are the tasks, for instance
 * `new URL('../learners/index.ts', import.meta.url)`. Idle threads do not keep the process alive.
 */
export function startThreads(entry: URL, threads: number): Threads {
  const idle: Worker[] = []
  const busy = new Map<Worker, Waiting>()
  const queue: Waiting[] = []
  const settle = (worker: Worker): Waiting | undefined => {
    const waiting = busy.get(worker)
    busy.delete(worker)
    return waiting
  }
  const next = (): void => {
    while (queue.length > 0 && (idle.length > 0 || busy.size < threads)) {
      const worker = idle.pop() ?? start()
      const waiting = queue.shift()!
      busy.set(worker, waiting)
      worker.ref()
      worker.postMessage({ task: waiting.task, input: waiting.input })
    }
  }
  const start = (): Worker => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./thread.worker.${extension}`, import.meta.url), {
      workerData: { entry: entry.href },
    })
    worker.on('message', ({ output, error }: Answer) => {
      const waiting = settle(worker)
      worker.unref()
      idle.push(worker)
      if (error === undefined) waiting?.resolve(output)
      else waiting?.reject(error)
      next()
    })
    const lost = (error: unknown): void => {
      const at = idle.indexOf(worker)
      if (at >= 0) idle.splice(at, 1)
      settle(worker)?.reject(error)
      next()
    }
    worker.on('error', lost)
    worker.on('exit', (code) => lost(new Error(`A thread ended (${code})`)))
    return worker
  }
  return {
    threads,
    run: <Input, Output>(task: string, input: Input) =>
      new Promise<Output>((resolve, reject) => {
        queue.push({ task, input, resolve: resolve as (output: unknown) => void, reject })
        next()
      }),
    async close() {
      for (const { reject } of queue.splice(0)) reject(new Error('The threads were closed'))
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }
}
