/**
 * Prequential (test-then-train) evaluation: every row is first predicted, later learnt from (Dawid
 * 1984; Gama, Sebastiao and Rodrigues, Machine Learning 90, 2013). With a label delay of d rows, a
 * row's label reaches the model only after d further predictions, as in life.
 */
import { argmax, type OnlineClassifier, type OnlineRow } from './online-classifier.ts'

export interface PrequentialResult {
  readonly rows: number
  readonly accuracy: number
  /** Cohen's kappa: accuracy beyond what the class shares alone would reach; 0 when undefined. */
  readonly kappa: number
  /** Mean -ln p(label), p clipped to [1e-15, 1]; in nats. */
  readonly logLoss: number
  /** confusion[label][prediction], in rows. */
  readonly confusion: readonly (readonly number[])[]
}

export interface PrequentialMeter {
  add: (label: number, probabilities: ArrayLike<number>, prediction: number) => void
  result: () => PrequentialResult
}

const PROBABILITY_MIN = 1e-15

/** Counts predictions against labels as they come. */
export function createPrequentialMeter(): PrequentialMeter {
  const confusion: number[][] = []
  let rows = 0
  let right = 0
  let loss = 0
  const grow = (classes: number) => {
    while (confusion.length < classes) confusion.push([])
    for (const line of confusion) while (line.length < confusion.length) line.push(0)
  }
  return {
    add(label, probabilities, prediction) {
      grow(Math.max(label, prediction) + 1)
      confusion[label]![prediction]! += 1
      rows += 1
      if (label === prediction) right += 1
      loss -= Math.log(Math.max(PROBABILITY_MIN, probabilities[label] ?? 0))
    },
    result() {
      const accuracy = rows === 0 ? 0 : right / rows
      let chance = 0
      confusion.forEach((line, k) => {
        const labelled = line.reduce((a, b) => a + b, 0)
        const predicted = confusion.reduce((a, other) => a + other[k]!, 0)
        chance += rows === 0 ? 0 : (labelled * predicted) / (rows * rows)
      })
      return {
        rows,
        accuracy,
        kappa: chance < 1 ? (accuracy - chance) / (1 - chance) : 0,
        logLoss: rows === 0 ? 0 : loss / rows,
        confusion: confusion.map((line) => [...line]),
      }
    },
  }
}

export interface PrequentialOptions {
  /** Rows between a prediction and the arrival of its label. Default 0. */
  readonly delayRows?: number
  /** Told the 0/1 error of each row when its label arrives. */
  readonly onError?: (row: number, error: 0 | 1) => void
}

/** Runs `model` over the stream; the model is changed. O(delayRows) memory. */
export function prequential(
  model: OnlineClassifier,
  stream: Iterable<{ readonly row: OnlineRow; readonly label: number }>,
  options: PrequentialOptions = {},
): PrequentialResult {
  const { delayRows = 0, onError } = options
  if (!Number.isInteger(delayRows) || delayRows < 0)
    throw new RangeError(`delayRows must be an integer of at least 0, got ${delayRows}`)
  const meter = createPrequentialMeter()
  const waiting: { at: number; row: OnlineRow; label: number; prediction: number }[] = []
  const arrive = () => {
    const { at, row, label, prediction } = waiting.shift()!
    model.learnOne(row, label)
    onError?.(at, label === prediction ? 0 : 1)
  }
  let at = 0
  for (const { row, label } of stream) {
    const probabilities = model.predictProbaOne(row)
    const prediction = argmax(probabilities)
    meter.add(label, probabilities, prediction)
    waiting.push({ at, row, label, prediction })
    at += 1
    if (waiting.length > delayRows) arrive()
  }
  while (waiting.length > 0) arrive()
  return meter.result()
}
