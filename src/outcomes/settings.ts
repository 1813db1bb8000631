/** What a workspace may say otherwise: success scores and horizons, under `settings.outcomes`. */
import {
  AppError,
  OUTCOME_SUCCESS,
  OUTCOME_TYPES,
  isOutcomeType,
  type OutcomeType,
} from '../core/index.ts'

export interface OutcomeSettings {
  /** Success score of each outcome, in [-1, 1]. */
  readonly success: Readonly<Record<OutcomeType, number>>
  /** How far ahead the lead score looks, days. */
  readonly leadScoringDays: number
}

const DEFAULT_DAYS = 90
const DAYS_MAX = 730

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The outcome settings of a workspace whose settings are `settings`; defaults where it is silent:
 * `{"outcomes": {"success": {"tour_scheduled": 0.5}, "lead_scoring_days": 60}}`.
 * @throws AppError `invalid-request` naming the setting that cannot be.
 */
export function outcomeSettings(settings: unknown): OutcomeSettings {
  const own = isTable(settings) && isTable(settings['outcomes']) ? settings['outcomes'] : {}
  const given = own['success'] ?? {}
  if (!isTable(given))
    throw new AppError('invalid-request', 'outcomes.success must map outcomes to numbers')
  const success: Record<OutcomeType, number> = { ...OUTCOME_SUCCESS }
  for (const [name, value] of Object.entries(given)) {
    if (!isOutcomeType(name))
      throw new AppError(
        'invalid-request',
        `outcomes.success: there is no outcome "${name}"; there are ${OUTCOME_TYPES.join(', ')}`,
      )
    if (typeof value !== 'number' || !(Math.abs(value) <= 1))
      throw new AppError('invalid-request', `outcomes.success.${name} must lie in [-1, 1]`)
    success[name] = value
  }
  const days = own['lead_scoring_days'] ?? DEFAULT_DAYS
  if (!Number.isInteger(days) || Number(days) < 1 || Number(days) > DAYS_MAX)
    throw new AppError(
      'invalid-request',
      `outcomes.lead_scoring_days must be a whole number from 1 to ${DAYS_MAX}`,
    )
  return { success, leadScoringDays: Number(days) }
}

/** The success score of an outcome in [-1, 1]. */
export function successOf(settings: OutcomeSettings, type: OutcomeType): number {
  return settings.success[type]
}
