/** What is known of a lead, feature by feature, now or as it was known at a past moment. */
import type { FastifyInstance } from 'fastify'
import { FeaturesAnswer, FeaturesQuery, LeadParams } from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  CATEGORICAL_FEATURES,
  extractFeatures,
  NUMERIC_FEATURES,
  rebuildTrack,
  stateAsKnown,
  type FeatureDeclaration,
  type LeadState,
} from '../../features/index.ts'
import {
  leadScoring,
  levelOf,
  scalesOf,
  type FittedModel,
  type Scales,
} from '../../models/index.ts'
import type { Services } from '../services.ts'
import { MAY_READ, requireLead } from './leads.ts'

type Item = FeaturesAnswer['items'][number]

function itemOf(
  feature: FeatureDeclaration,
  state: LeadState,
  asOf: number,
  told: Pick<Item, 'value' | 'normalised' | 'level'>,
): Item {
  const { name, group, label, unit, window, minimum, evidenceOf } = feature
  const evidence = feature.evidence(state, asOf)
  return {
    feature: name,
    group,
    label,
    unit,
    window,
    ...told,
    evidence: Number.isFinite(evidence) ? evidence : 0,
    evidence_of: evidenceOf,
    needs: minimum === 0 ? null : `${minimum} ${evidenceOf}`,
  }
}

/** A feature of which there is no value. */
const NOTHING = { value: null, normalised: null, level: null }

/** What the champion says of other leads. */
interface Others {
  readonly scales: Scales
  readonly levelOf: (feature: string, value: number) => Item['level']
}

function othersOf(model: FittedModel, segment: string | null): Others {
  const { thresholds } = model
  return {
    scales: scalesOf(model),
    levelOf: (feature, value) => thresholds && levelOf(thresholds, segment, feature, value),
  }
}

function itemsOf(state: LeadState, asOf: number, others: Others | undefined): Item[] {
  const vector = extractFeatures(state, asOf)
  const numeric = NUMERIC_FEATURES.map((feature, i) => {
    const value = vector.numeric[i]!
    if (Number.isNaN(value)) return itemOf(feature, state, asOf, NOTHING)
    const scaled = others?.scales.get(feature.name)?.(value) ?? null
    const normalised = scaled && {
      min_max: scaled.minMax,
      z_score: scaled.zScore,
      robust: scaled.robust,
    }
    const level = others?.levelOf(feature.name, value) ?? null
    return itemOf(feature, state, asOf, { value, normalised, level })
  })
  const categorical = CATEGORICAL_FEATURES.map((feature, i) =>
    itemOf(feature, state, asOf, { ...NOTHING, value: vector.categorical[i] ?? null }),
  )
  return [...numeric, ...categorical]
}

export function leadFeatureRoutes(
  app: FastifyInstance,
  { database, clock, models }: Services,
): void {
  app.get<{ Params: LeadParams; Querystring: FeaturesQuery }>(
    '/v1/leads/:id/features',
    {
      schema: {
        tags: ['leads'],
        summary: 'Every feature of a lead, now or as known at a past moment; null: too little data',
        params: LeadParams,
        querystring: FeaturesQuery,
        response: { 200: FeaturesAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params, query }) => {
      const { personId, leadId, segment } = await requireLead(database, principal, params.id)
      const { workspaceId } = principal
      const key = { workspaceId, personId }
      const now = clock.now()
      const past = query.as_of === undefined ? null : Date.parse(query.as_of)
      if (past !== null && past > now)
        throw new AppError('invalid-request', 'as_of lies ahead: nothing is known of it yet')
      const state =
        past === null
          ? (await rebuildTrack(database.app, key, Number.MAX_SAFE_INTEGER)).track.state
          : await stateAsKnown(database, key, past)
      const asOf = past ?? Math.max(state.cursorTime, now)
      const champion = await models.champion(workspaceId, leadScoring.name)
      const last = state.cursorTime > 0 ? state.cursorTime : null
      return {
        lead_id: leadId,
        as_of: new Date(asOf).toISOString(),
        known_position: state.knownPosition < 0 ? null : state.knownPosition,
        last_event_at: last === null ? null : new Date(last).toISOString(),
        freshness_seconds: last === null ? null : Math.max(0, asOf - last) / 1_000,
        items: itemsOf(state, asOf, champion && othersOf(champion.model, segment)),
      }
    },
  )
}
