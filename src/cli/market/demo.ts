/** Keeps the demo workspace alive from a thread of its own, and says how far it is. */
import { Worker } from 'node:worker_threads'
import type { Config, Logger } from '../../platform/index.ts'
import { findWorkspace, type Database, type Endpoint, type LearningJob } from '../../store/index.ts'
import type { Terminal } from '../terminal.ts'

export interface DemoTask {
  readonly endpoint: Endpoint
  readonly logging: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly workspaceId: number
}

interface DemoProgress {
  readonly phase: 'history' | 'training'
  /** 0 to 1. */
  readonly progress: number
  readonly events: number
}

export type FromDemo = 'appended' | DemoProgress | { readonly job: LearningJob }

export interface DemoOptions {
  readonly database: Pick<Database, 'app' | 'endpoint'>
  readonly config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly log: Logger
  readonly terminal: Pick<Terminal, 'note' | 'progress'>
  /** Something was appended to the log. */
  readonly onAppended: () => void
}

export interface Demo {
  readonly close: () => Promise<void>
}

const DEMO_SLUG = 'demo'
const LABEL = { history: 'demo: simulated history', training: 'demo: first model' } as const
const STEP = 0.25

/** A bar on a terminal, elsewhere a line at every quarter. */
function announcer({ note, progress }: DemoOptions['terminal']) {
  let phase: DemoProgress['phase'] | undefined
  let step = 0
  let bar: ReturnType<Terminal['progress']> | undefined
  return {
    show(told: DemoProgress): void {
      if (told.phase !== phase) {
        bar?.end()
        phase = told.phase
        step = 0
        bar = progress(LABEL[phase], 1)
        note(phase === 'history' ? 'Making the demo workspace …' : 'Training its first model …')
      }
      const events = told.events === 0 ? '' : `${told.events.toLocaleString('en-US')} events`
      bar?.update(told.progress, events)
      if (process.stderr.isTTY || told.progress < step + STEP) return
      step = Math.floor(told.progress / STEP) * STEP
      note(`${LABEL[phase]} ${Math.round(100 * step)} % ${events}`.trimEnd())
    },
    end: () => bar?.end(),
  }
}

function outcomeOf({ status, error, results }: LearningJob): string {
  if (status === 'failed') return `its first model could not be trained: ${error ?? ''}`
  const { challenger, version } = results as {
    challenger: { rocAuc: number | null }
    version: number | null
  }
  return version === null
    ? 'its first model was not better than the base rate and is not used'
    : `its first model finds later buyers with ROC AUC ${challenger.rocAuc?.toFixed(3)}`
}

/** Resolves when the thread runs; undefined when there is no demo workspace. */
export async function startDemo(options: DemoOptions): Promise<Demo | undefined> {
  const { database, config, log, terminal, onAppended } = options
  const workspace = await findWorkspace(database.app, DEMO_SLUG)
  if (workspace === undefined) return undefined
  const task: DemoTask = {
    endpoint: database.endpoint,
    logging: { LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: config.LOG_FORMAT },
    workspaceId: workspace.workspaceId,
  }
  const thread = new Worker(new URL('./demo.worker.ts', import.meta.url), { workerData: task })
  const announce = announcer(terminal)
  thread.on('message', (told: FromDemo) => {
    if (told === 'appended') onAppended()
    else if ('job' in told) {
      announce.end()
      terminal.note(`The demo workspace is alive (simulated): ${outcomeOf(told.job)}.`)
    } else announce.show(told)
  })
  thread.on('error', (error) => log.error({ err: error }, 'the demo stopped'))
  return {
    close: async () => {
      announce.end()
      await thread.terminate()
    },
  }
}
