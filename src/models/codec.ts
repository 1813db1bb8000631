/**
 * Model versions as bytes: the letters EHMODEL, a format number, then gzip of JSON in which every
 * float stands exactly. A format is never changed, only followed by another.
 */
import { gunzipSync, gzipSync } from 'node:zlib'
import { AppError } from '../core/index.ts'
import {
  boosterStates,
  boostersFromStates,
  fittedModel,
  type BoosterState,
  type FittedModel,
  type ModelParts,
} from './fitted-model.ts'
import type { Thresholds } from './thresholds.ts'
import { packSample, unpackSample, type StoredSample } from './reference-sample.ts'

const MAGIC = Buffer.from('EHMODEL')
/** Format 1 had no reference sample, 2 no thresholds. */
const FORMATS = [1, 2, 3]
const FORMAT = 3
/** A model is some megabytes; a file that claims more is damaged or hostile. */
const JSON_BYTES_MAX = 512 * 1024 * 1024

interface Stored extends Omit<
  ModelParts,
  'boosters' | 'bags' | 'reference' | 'sample' | 'thresholds'
> {
  readonly reference: readonly number[]
  readonly sample?: StoredSample | null
  readonly thresholds?: Thresholds | null
  readonly binner: ReturnType<FittedModel['boosters'][number]['toState']>['binner']
  readonly boosters: readonly BoosterState[]
  readonly bags: readonly BoosterState[]
}

/** Bytes from which `decodeModel` makes a model that predicts equally, bit for bit. */
export function encodeModel(model: FittedModel): Uint8Array {
  const { binner: _binner, readers: _readers, boosters, bags, ...own } = model
  const { reference, sample, ...rest } = own
  const stored: Stored = {
    ...rest,
    reference: [...reference],
    sample: sample && packSample(sample),
    binner: boosters[0]!.toState().binner,
    boosters: boosterStates(boosters),
    bags: boosterStates(bags),
  }
  return Buffer.concat([MAGIC, Buffer.from([FORMAT]), gzipSync(JSON.stringify(stored))])
}

/** @throws AppError `invalid-request` when the bytes are no model this release can read. */
export function decodeModel(bytes: Uint8Array): FittedModel {
  const head = MAGIC.length
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!buffer.subarray(0, head).equals(MAGIC))
    throw new AppError('invalid-request', 'These bytes are no model')
  if (!FORMATS.includes(buffer[head]!))
    throw new AppError(
      'invalid-request',
      `The model has format ${buffer[head]}; this release reads up to ${FORMAT}: update it`,
    )
  const packed = buffer.subarray(head + 1)
  const { binner, boosters, bags, reference, sample, thresholds, ...rest } = JSON.parse(
    gunzipSync(packed, { maxOutputLength: JSON_BYTES_MAX }).toString('utf8'),
  ) as Stored
  return fittedModel({
    ...rest,
    reference: Float64Array.from(reference),
    sample: sample ? unpackSample(sample) : null,
    thresholds: thresholds ?? null,
    boosters: boostersFromStates(boosters, binner),
    bags: boostersFromStates(bags, binner),
  })
}
