/**
 * Threads, as an argument: learners describe independent tasks and the caller decides where they
 * run. `task` names an exported function of a worker entry; input and output are structured-cloned.
 */
export interface Parallel {
  /** How many tasks can run at the same time; at least 1. */
  readonly threads: number
  run<Input, Output>(task: string, input: Input): Promise<Output>
}

/** Says how far a long job is, in [0, 1]. */
export type Progress = (fraction: number, note?: string) => void
