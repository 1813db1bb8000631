/** Drift as the contract shows it. */
import type { DistributionAnswer, DriftAnswer } from '../../contract/index.ts'
import { binCounts, quantileEdges } from '../../learners/index.ts'
import { distributionDrift, type AnswersThenAndNow, type ModelDrift } from '../../learning/index.ts'
import { toLiveHealth } from './answers.ts'

const NO_COMPARISON = { psi: null, statistic: null, p: null, verdict: 'unknown' } as const

/** Where no model is live. */
export function noDrift(model: string): DriftAnswer {
  return {
    model,
    version: null,
    drifted: false,
    because: [],
    reference_leads: 0,
    current_leads: 0,
    inputs_verdict: 'unknown',
    inputs: [],
    predictions: NO_COMPARISON,
    performance: null,
    concept: { settled: 0, alarms: [], verdict: 'unknown' },
  }
}

export function toDriftAnswer(model: string, version: number, drift: ModelDrift): DriftAnswer {
  const { performance, concept } = drift
  return {
    model,
    version,
    drifted: drift.drifted,
    because: [...drift.because],
    reference_leads: drift.referenceLeads,
    current_leads: drift.currentLeads,
    inputs_verdict: drift.inputsVerdict,
    inputs: drift.inputs.map(
      ({ column, label, share, effect, psi, statistic, p, test, pAdjusted, verdict }) => ({
        column,
        label,
        share,
        effect,
        psi,
        statistic,
        p,
        test,
        p_adjusted: pAdjusted,
        verdict,
      }),
    ),
    predictions: drift.predictions,
    performance: {
      held_out_auc: performance.heldOutAuc,
      estimated_auc: performance.estimatedAuc,
      live: toLiveHealth(performance.live),
      verdict: performance.verdict,
    },
    concept: {
      settled: concept.settled,
      alarms: [...concept.alarms],
      verdict: concept.verdict,
    },
  }
}

const TENTHS = 10
const QUANTILES = { p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95 }

function populationOf(values: Float64Array): DistributionAnswer['reference'] {
  const leads = values.length
  if (leads === 0) return { leads, mean: null, quantiles: null }
  const sorted = values.toSorted()
  const at = (share: number): number => sorted[Math.round(share * (leads - 1))]!
  const { p05, p25, p50, p75, p95 } = QUANTILES
  return {
    leads,
    mean: values.reduce((sum, value) => sum + value, 0) / leads,
    quantiles: { p05: at(p05), p25: at(p25), p50: at(p50), p75: at(p75), p95: at(p95) },
  }
}

function binsOf(reference: Float64Array, current: Float64Array): DistributionAnswer['bins'] {
  if (reference.length === 0) return []
  const edges = quantileEdges(reference, TENTHS)
  const [then, now] = [binCounts(reference, edges), binCounts(current, edges)]
  return Array.from({ length: edges.length + 1 }, (_, i) => ({
    from: i === 0 ? 0 : edges[i - 1]!,
    to: i === edges.length ? 1 : edges[i]!,
    reference_share: then[i]! / reference.length,
    current_share: current.length === 0 ? 0 : now[i]! / current.length,
  }))
}

/** `answers` null: no model is live. */
export function toDistribution(
  model: string,
  version: number | null,
  answers: AnswersThenAndNow | null,
): DistributionAnswer {
  const { reference, current, abstained } = answers ?? {
    reference: new Float64Array(),
    current: new Float64Array(),
    abstained: 0,
  }
  return {
    model,
    version,
    reference: populationOf(reference),
    current: populationOf(current),
    abstained,
    bins: binsOf(reference, current),
    ...distributionDrift(reference, current),
  }
}
