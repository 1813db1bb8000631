/** How far states are rebuilt after a change of what features mean: for people and for /metrics. */
import type { FastifyInstance } from 'fastify'
import { Gauge } from 'prom-client'
import { FeatureRebuildAnswer } from '../../contract/index.ts'
import { FOLD_SCHEMA } from '../../features/index.ts'
import { readStateRebuild, type StateRebuildProgress } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { MAY_READ } from './leads.ts'

/** Of all partitions and processes, as the database has it; not a number while that is silent. */
function exposeRebuild({ metrics, database, log }: Services): void {
  let asked: Promise<StateRebuildProgress | undefined> | undefined
  // One question for all that are collected together.
  const ask = () =>
    (asked ??= readStateRebuild(database.app)
      .catch((error: unknown) => {
        log.debug({ err: error }, 'the progress of the rebuild could not be read')
        return undefined
      })
      .finally(() => (asked = undefined)))
  const gauge = (
    name: string,
    help: string,
    read: (progress: StateRebuildProgress) => number,
  ): void => {
    const collect = async function (this: Gauge): Promise<void> {
      const progress = await ask()
      this.set(progress === undefined ? NaN : read(progress))
    }
    metrics.registerMetric(new Gauge({ name, help, registers: [], collect }))
  }
  const name = (what: string): string => `enterprisehub_feature_rebuild_${what}`
  gauge(name('running'), '1 while states are rebuilt, else 0', ({ status }) =>
    Number(status === 'running'),
  )
  gauge(name('states'), 'States there were when it began', ({ leads }) => leads)
  gauge(name('done'), 'States looked at', ({ done }) => done)
  gauge(name('rebuilt'), 'States written anew', ({ rebuilt }) => rebuilt)
  gauge(name('states_per_second'), 'States looked at', ({ perSecond }) => perSecond ?? 0)
  gauge(
    name('seconds_left'),
    'Until it is through, at the rate so far',
    (progress) => progress.secondsLeft ?? (progress.status === 'running' ? NaN : 0),
  )
}

export function featureRebuildRoutes(app: FastifyInstance, services: Services): void {
  exposeRebuild(services)
  app.get(
    '/v1/features/rebuild',
    {
      schema: {
        tags: ['operations'],
        summary: 'How far states are rebuilt after a change of what features mean',
        response: { 200: FeatureRebuildAnswer },
      },
      config: { access: MAY_READ },
    },
    async () => {
      const found = await readStateRebuild(services.database.app)
      const { status, leads, done, secondsLeft, startedAt, finishedAt } = found
      return {
        status,
        definitions: FOLD_SCHEMA,
        progress: status === 'running' && leads > 0 ? done / leads : 1,
        seconds_left: secondsLeft,
        started_at: startedAt?.toISOString() ?? null,
        finished_at: finishedAt?.toISOString() ?? null,
      }
    },
  )
}
