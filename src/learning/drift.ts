/**
 * Drift of a champion: its inputs and its answers against the leads it learned from, its errors as
 * outcomes arrive. What has drifted enough to matter opens the way for a challenger that is merely
 * not worse (see promotion.ts).
 */
import {
  createAdwin,
  estimatePerformance,
  frameDrift,
  type ColumnDrift,
  type DriftVerdict,
} from '../learners/index.ts'
import {
  frameOfLeads,
  marginsOfFrame,
  summaryOf,
  type FittedModel,
  type LiveVersion,
  type ModelInput,
} from '../models/index.ts'
import { readLatestVectors, type Database, type LatestVector } from '../store/index.ts'
import { healthOf, joinPredictions, type LiveHealth, type SettledPrediction } from './health.ts'

const DAY_MS = 86_400_000
/** The leads of now are those seen within so many days; the snapshot sees all of them daily. */
export const CURRENT_DAYS = 7
const CURRENT_LEADS_MAX = 5_000
/** With fewer leads on either side nothing is said. */
const LEADS_MIN = 100
/** An input whose share of the loss reduction is smaller does not make the model drift. */
const SHARE_MIN = 0.05
/** A loss of AUC beyond this, and beyond its interval, is drift (DECISIONS "Learning loop"). */
const AUC_DROP = 0.05
const ADWIN_DELTA = 0.002

/** `unknown`: too few leads on one side. */
export type Verdict = DriftVerdict | 'unknown'

export interface InputDrift extends ColumnDrift, Pick<ModelInput, 'label' | 'share'> {
  /** PSI x share: by how much the model stands on ground that moved; null without a PSI. */
  readonly effect: number | null
}

export interface DistributionDrift extends Pick<ColumnDrift, 'psi' | 'statistic' | 'p'> {
  readonly verdict: Verdict
}

export interface PerformanceDrift {
  /** Of the cross-validation when it was trained: leads it had not seen. */
  readonly heldOutAuc: number
  /** What calibrated probabilities of the leads of now promise, before any outcome. */
  readonly estimatedAuc: number | null
  /** With outcomes, as far as horizons are over. */
  readonly live: LiveHealth
  readonly verdict: Verdict
}

export interface ConceptDrift {
  /** Settled predictions whose horizons do not overlap. */
  readonly settled: number
  /** Moments of predictions at which ADWIN found that errors had grown, ISO 8601. */
  readonly alarms: readonly string[]
  readonly verdict: Verdict
}

export interface ModelDrift {
  readonly referenceLeads: number
  readonly currentLeads: number
  /** Worst effect first; empty while too few leads are there. */
  readonly inputs: readonly InputDrift[]
  readonly inputsVerdict: Verdict
  readonly predictions: DistributionDrift
  readonly performance: PerformanceDrift
  readonly concept: ConceptDrift
  readonly drifted: boolean
  /** Sentences: why it counts as drifted. */
  readonly because: readonly string[]
}

/** Probabilities of the champion: for leads as they were when it was trained, and those of now. */
export interface AnswersThenAndNow {
  readonly reference: Float64Array
  readonly current: Float64Array
  /** Leads of now that are shown no score. */
  readonly abstained: number
}

const sigmoid = (margins: Float64Array): Float64Array => margins.map((z) => 1 / (1 + Math.exp(-z)))

const asLead = ({ asOf, numbers, categories, attributes }: LatestVector) => ({
  vector: {
    asOf,
    knownPosition: 0,
    numeric: Float64Array.from(numbers),
    categorical: [...categories],
  },
  attributes,
})

async function currentLeads(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  { spec, foldSchema }: FittedModel,
  now: number,
): Promise<LatestVector[]> {
  return database.withWorkspace(workspaceId, (client) =>
    readLatestVectors(client, {
      model: spec.name,
      schema: foldSchema,
      from: now - CURRENT_DAYS * DAY_MS,
      leads: CURRENT_LEADS_MAX,
    }),
  )
}

function answersOf(model: FittedModel, leads: readonly LatestVector[]): AnswersThenAndNow {
  const frame = frameOfLeads(model, leads.map(asLead))
  return {
    reference:
      model.sample === null ? new Float64Array() : sigmoid(marginsOfFrame(model, model.sample)),
    current: sigmoid(marginsOfFrame(model, frame)),
    abstained: leads.filter(({ abstained }) => abstained).length,
  }
}

/** What the champion says of the leads of now, beside what it said of those it learned from. */
export async function answersThenAndNow(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  { model }: LiveVersion,
  now: number,
): Promise<AnswersThenAndNow> {
  return answersOf(model, await currentLeads(database, workspaceId, model, now))
}

function inputDrift(model: FittedModel, leads: readonly LatestVector[]): InputDrift[] {
  const inputs = new Map(summaryOf(model).inputs.map((input) => [input.column, input]))
  const { columns } = frameDrift(model.sample!, frameOfLeads(model, leads.map(asLead)))
  return columns
    .map((column) => {
      const { label = column.column, share = 0 } = inputs.get(column.column) ?? {}
      return { ...column, label, share, effect: column.psi === null ? null : column.psi * share }
    })
    .sort((a, b) => (b.effect ?? 0) - (a.effect ?? 0) || (b.psi ?? 0) - (a.psi ?? 0))
}

/** Are two samples of probabilities of one distribution? By PSI and Kolmogorov-Smirnov. */
export function distributionDrift(
  reference: Float64Array,
  current: Float64Array,
): DistributionDrift {
  if (Math.min(reference.length, current.length) < LEADS_MIN)
    return { psi: null, statistic: null, p: null, verdict: 'unknown' }
  const table = (values: Float64Array) => ({
    rows: values.length,
    columns: [{ kind: 'numeric' as const, name: 'probability', values }],
  })
  const { psi, statistic, p, verdict } = frameDrift(table(reference), table(current)).columns[0]!
  return { psi, statistic, p, verdict }
}

function performanceDrift(
  heldOutAuc: number,
  current: Float64Array,
  live: LiveHealth,
): PerformanceDrift {
  const estimatedAuc = current.length === 0 ? null : estimatePerformance(current).rocAuc
  const { rocAuc = null, rocAucInterval = null } = live.evaluation ?? {}
  const told = { heldOutAuc, estimatedAuc, live }
  if (rocAuc === null || rocAucInterval === null) return { ...told, verdict: 'unknown' }
  const isWorse = rocAucInterval[1] < heldOutAuc
  const verdict = !isWorse ? 'stable' : heldOutAuc - rocAuc > AUC_DROP ? 'drift' : 'warning'
  return { ...told, verdict }
}

/**
 * ADWIN over the squared errors of settled predictions. Of each lead those whose horizons do not
 * overlap: the others are wrong or right together.
 */
function conceptDrift(settled: readonly SettledPrediction[], horizonDays: number): ConceptDrift {
  const adwin = createAdwin({ delta: ADWIN_DELTA, clock: 1 })
  const lastOf = new Map<number, number>()
  const alarms: string[] = []
  let counted = 0
  for (const { personId, asOf, probability, label } of settled) {
    if (asOf < (lastOf.get(personId) ?? -Infinity) + horizonDays * DAY_MS) continue
    lastOf.set(personId, asOf)
    counted++
    const before = adwin.mean
    if (adwin.update((label - probability) ** 2) === 'drift' && adwin.mean > before)
      alarms.push(new Date(asOf).toISOString())
  }
  const verdict = counted < LEADS_MIN ? 'unknown' : alarms.length > 0 ? 'drift' : 'stable'
  return { settled: counted, alarms, verdict }
}

function reasonsOf({
  inputs,
  predictions,
  performance,
  concept,
}: Pick<ModelDrift, 'inputs' | 'predictions' | 'performance' | 'concept'>): string[] {
  const reasons = inputs
    .filter(({ verdict, share }) => verdict === 'drift' && share >= SHARE_MIN)
    .map(({ label, psi }) => `${label} is distributed otherwise (PSI ${psi?.toFixed(2) ?? '?'})`)
  if (predictions.verdict === 'drift')
    reasons.push(`its answers are distributed otherwise (PSI ${predictions.psi!.toFixed(2)})`)
  if (performance.verdict === 'drift')
    reasons.push(
      `AUC fell from ${performance.heldOutAuc.toFixed(3)} to ` +
        performance.live.evaluation!.rocAuc!.toFixed(3),
    )
  if (concept.verdict === 'drift') reasons.push('its errors have grown')
  return reasons
}

/** All that is known of a champion's drift at `now`, milliseconds since the epoch. */
export async function modelDrift(
  database: Pick<Database, 'withWorkspace'>,
  workspaceId: number,
  { version, model }: LiveVersion,
  now: number,
): Promise<ModelDrift> {
  const { name, horizonDays } = model.spec
  const heldOutAuc = model.crossValidation.rocAuc
  const leads = await currentLeads(database, workspaceId, model, now)
  const query = { model: name, version, horizonDays }
  const joined = await joinPredictions(database, workspaceId, query, now)
  const answers = answersOf(model, leads)
  const isEnough = Math.min(leads.length, answers.reference.length) >= LEADS_MIN
  const inputs = isEnough ? inputDrift(model, leads) : []
  const used = inputs.filter(({ share }) => share > 0).map(({ verdict }) => verdict)
  const found = {
    inputs,
    predictions: distributionDrift(answers.reference, answers.current),
    performance: performanceDrift(heldOutAuc, answers.current, healthOf(joined)),
    concept: conceptDrift(joined.settled, horizonDays),
  }
  const because = reasonsOf(found)
  return {
    ...found,
    referenceLeads: answers.reference.length,
    currentLeads: leads.length,
    inputsVerdict: !isEnough
      ? 'unknown'
      : ((['drift', 'warning'] as const).find((verdict) => used.includes(verdict)) ?? 'stable'),
    drifted: because.length > 0,
    because,
  }
}
