/** What became of a model since it was trained: drift, and the distribution of its answers. */
import type { FastifyInstance } from 'fastify'
import { DistributionAnswer, DriftAnswer, ModelParams } from '../../contract/index.ts'
import { answersThenAndNow, modelDrift } from '../../learning/index.ts'
import { loadChampion } from '../../models/index.ts'
import { noDrift, toDistribution, toDriftAnswer } from '../learning/drift-answers.ts'
import { specNamed } from '../learning/spec-named.ts'
import type { Services } from '../services.ts'
import { MAY_READ } from './leads.ts'

const tags = ['models']

export function modelDriftRoutes(
  app: FastifyInstance,
  { database, registry, clock }: Services,
): void {
  app.get<{ Params: ModelParams }>(
    '/v1/ml/models/:name/drift',
    {
      schema: {
        tags,
        summary: 'Inputs, answers and errors of the champion against those of its training',
        params: ModelParams,
        response: { 200: DriftAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal: { workspaceId }, params }) => {
      const { name } = specNamed(params.name)
      const champion = await loadChampion(registry, workspaceId, name)
      if (champion === undefined) return noDrift(name)
      const drift = await modelDrift(database, workspaceId, champion, clock.now())
      return toDriftAnswer(name, champion.version, drift)
    },
  )
  app.get<{ Params: ModelParams }>(
    '/v1/ml/models/:name/predictions/distribution',
    {
      schema: {
        tags,
        summary: 'What the champion says of the leads of now, and of those it learned from',
        params: ModelParams,
        response: { 200: DistributionAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal: { workspaceId }, params }) => {
      const { name } = specNamed(params.name)
      const champion = await loadChampion(registry, workspaceId, name)
      if (champion === undefined) return toDistribution(name, null, null)
      const answers = await answersThenAndNow(database, workspaceId, champion, clock.now())
      return toDistribution(name, champion.version, answers)
    },
  )
}
