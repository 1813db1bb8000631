/**
 * What was predicted: for scores that were shown, acted on, or taken in the daily snapshot. Needs a
 * client inside withWorkspace. SQL: migrations/0001 and 0006.
 */
import type { Queryable } from './connection.ts'

export type PredictionReason = 'shown' | 'acted' | 'snapshot'

/** One moment of a lead, which any number of models may have predicted from. */
export interface StoredVector {
  readonly personId: number
  /** Milliseconds since the epoch. */
  readonly asOf: number
  /** FOLD_SCHEMA of the features. */
  readonly schema: number
  readonly numbers: Float32Array
  readonly categories: readonly (string | null)[]
}

export interface PredictionRecord {
  readonly personId: number
  readonly model: string
  readonly version: number
  /** Null when the model abstained. */
  readonly probability: number | null
  readonly score: number | null
  readonly interval: readonly [number, number] | null
  readonly prior: number | null
  readonly asOfPosition: number
  readonly asOf: number
  readonly why: PredictionReason
  /** What else is worth keeping, for instance at which rank it was shown. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Writes vectors and predictions; one lead, version, position and day counts once per `why`. */
export async function insertPredictions(
  client: Queryable,
  vectors: readonly StoredVector[],
  records: readonly PredictionRecord[],
): Promise<void> {
  if (vectors.length > 0)
    await client.query(
      `insert into prediction_vectors
         (workspace_id, person_id, as_of, schema, numbers, categories)
       select current_workspace(), v.person_id, to_timestamp(v.as_of / 1000.0), v.schema, v.numbers,
         array(select jsonb_array_elements_text(v.categories))
       from unnest($1::bigint[], $2::double precision[], $3::bigint[], $4::bytea[], $5::jsonb[])
         as v(person_id, as_of, schema, numbers, categories)
       join persons p on p.workspace_id = current_workspace() and p.person_id = v.person_id
       on conflict do nothing`,
      [
        vectors.map((v) => v.personId),
        vectors.map((v) => v.asOf),
        vectors.map((v) => v.schema),
        vectors.map(({ numbers: n }) => Buffer.from(n.buffer, n.byteOffset, n.byteLength)),
        vectors.map((v) => JSON.stringify(v.categories)),
      ],
    )
  if (records.length === 0) return
  await client.query(
    `insert into predictions (workspace_id, person_id, model, version, probability, score, low,
       high, prior, as_of_position, as_of, why, details)
     select current_workspace(), r.person_id, r.model, r.version, r.probability, r.score, r.low,
       r.high, r.prior, r.as_of_position, to_timestamp(r.as_of / 1000.0), r.why, r.details
     from jsonb_to_recordset($1::jsonb) as r(person_id bigint, model text, version int,
       probability real, score real, low real, high real, prior real, as_of_position bigint,
       as_of double precision, why text, details jsonb)
     join persons p on p.workspace_id = current_workspace() and p.person_id = r.person_id
     on conflict do nothing`,
    [
      JSON.stringify(
        records.map((r) => ({
          person_id: r.personId,
          model: r.model,
          version: r.version,
          probability: r.probability,
          score: r.score,
          low: r.interval?.[0] ?? null,
          high: r.interval?.[1] ?? null,
          prior: r.prior,
          as_of_position: r.asOfPosition,
          as_of: r.asOf,
          why: r.why,
          details: r.details ?? {},
        })),
      ),
    ],
  )
}

export interface StoredPrediction extends PredictionRecord {
  readonly predictionId: number
  readonly madeAt: Date
  /** Undefined for predictions whose vector was not kept. */
  readonly vector: Pick<StoredVector, 'schema' | 'numbers' | 'categories'> | undefined
}

export interface PredictionFilter {
  readonly model?: string | undefined
  readonly personId?: number | undefined
  /** As-of moments from here on, and before there, milliseconds since the epoch. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Below this prediction number, for the next page. */
  readonly before?: number | undefined
  readonly limit: number
  /** Read the vectors too. */
  readonly vectors?: boolean
}

interface PredictionRow {
  prediction_id: string
  person_id: string
  model: string
  version: number
  probability: number | null
  score: number | null
  low: number | null
  high: number | null
  prior: number | null
  as_of_position: string
  as_of: Date
  made_at: Date
  why: PredictionReason
  details: Record<string, unknown>
  schema: string | null
  numbers: Buffer | null
  categories: (string | null)[] | null
}

function toPrediction(row: PredictionRow): StoredPrediction {
  const { low, high, numbers } = row
  return {
    predictionId: Number(row.prediction_id),
    personId: Number(row.person_id),
    model: row.model,
    version: row.version,
    probability: row.probability,
    score: row.score,
    interval: low === null || high === null ? null : [low, high],
    prior: row.prior,
    asOfPosition: Number(row.as_of_position),
    asOf: row.as_of.getTime(),
    madeAt: row.made_at,
    why: row.why,
    details: row.details,
    vector: numbers === null ? undefined : toVector(row, numbers),
  }
}

// A copy: the buffer of a row need not begin at a multiple of four.
const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer)

function toVector({ schema, categories }: PredictionRow, bytes: Buffer) {
  return { schema: Number(schema), numbers: floatsOf(bytes), categories: categories ?? [] }
}

/** Newest first. */
export async function readPredictions(
  client: Queryable,
  filter: PredictionFilter,
): Promise<StoredPrediction[]> {
  const withVectors = filter.vectors === true
  const { rows } = await client.query<PredictionRow>(
    `select p.prediction_id, p.person_id, p.model, p.version, p.probability, p.score, p.low, p.high,
       p.prior, p.as_of_position, p.as_of, p.made_at, p.why, p.details,
       ${withVectors ? 'v.schema, v.numbers, v.categories' : 'null as numbers'}
     from predictions p
     ${withVectors ? 'left join prediction_vectors v using (workspace_id, person_id, as_of)' : ''}
     where p.workspace_id = current_workspace() and ($1::text is null or p.model = $1)
       and ($2::bigint is null or p.person_id = $2)
       and ($3::double precision is null or p.as_of >= to_timestamp($3 / 1000.0))
       and ($4::double precision is null or p.as_of < to_timestamp($4 / 1000.0))
       and ($5::bigint is null or p.prediction_id < $5)
     order by p.prediction_id desc limit $6`,
    [
      filter.model ?? null,
      filter.personId ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  )
  return rows.map(toPrediction)
}

/** The number of the newest prediction of a lead that a version made knowing up to a position. */
export async function findPrediction(
  client: Queryable,
  personId: number,
  { model, version, asOfPosition }: { model: string; version: number; asOfPosition: number },
): Promise<number | undefined> {
  const { rows } = await client.query<{ prediction_id: string }>(
    `select prediction_id from predictions where workspace_id = current_workspace()
       and person_id = $1 and model = $2 and version = $3 and as_of_position = $4
     order by prediction_id desc limit 1`,
    [personId, model, version, asOfPosition],
  )
  return rows[0] && Number(rows[0].prediction_id)
}

/** One prediction as it is judged when its horizon is over. */
export interface JudgedPrediction {
  readonly personId: number
  readonly asOf: number
  readonly probability: number
}

/**
 * The first prediction that a version made of each lead in each period of `periodDays`, by moment:
 * leads that are looked at often count no more than others.
 */
export async function readJudgedPredictions(
  client: Queryable,
  { model, version, periodDays }: { model: string; version: number; periodDays: number },
): Promise<JudgedPrediction[]> {
  const { rows } = await client.query<{ person_id: string; as_of: Date; probability: number }>(
    `select * from (
       select distinct on (person_id, floor(extract(epoch from as_of) / $3))
         person_id, as_of, probability
       from predictions
       where workspace_id = current_workspace() and model = $1 and version = $2
         and probability is not null
       order by person_id, floor(extract(epoch from as_of) / $3), as_of) p
     order by as_of, person_id`,
    [model, version, periodDays * 86_400],
  )
  return rows.map(({ person_id, as_of, probability }) => ({
    personId: Number(person_id),
    asOf: as_of.getTime(),
    probability,
  }))
}

/** A lead as it was last seen by a model. */
export interface LatestVector extends Pick<StoredVector, 'personId' | 'asOf'> {
  readonly numbers: Float32Array
  readonly categories: readonly (string | null)[]
  /** Of the lead as it is now. */
  readonly attributes: Record<string, unknown>
  /** The model said so little of it that it was shown no score. */
  readonly abstained: boolean
}

/**
 * The newest vector since `from` (milliseconds since the epoch) of at most `leads` leads, which are
 * drawn by a hash of their number.
 */
export async function readLatestVectors(
  client: Queryable,
  wanted: { model: string; schema: number; from: number; leads: number },
): Promise<LatestVector[]> {
  const { rows } = await client.query<{
    person_id: string
    as_of: Date
    numbers: Buffer
    categories: (string | null)[]
    attributes: Record<string, unknown>
    abstained: boolean
  }>(
    `with newest as (
       select distinct on (p.person_id) p.person_id, p.as_of, p.score is null as abstained
       from predictions p join prediction_vectors v using (workspace_id, person_id, as_of)
       where p.workspace_id = current_workspace() and p.model = $1 and v.schema = $2
         and p.as_of >= to_timestamp($3 / 1000.0)
       order by p.person_id, p.as_of desc),
     drawn as (select * from newest order by hashint8(person_id) limit $4)
     select d.person_id, d.as_of, v.numbers, v.categories, e.attributes, d.abstained
     from drawn d
     join prediction_vectors v on v.workspace_id = current_workspace()
       and v.person_id = d.person_id and v.as_of = d.as_of
     join persons e on e.workspace_id = v.workspace_id and e.person_id = d.person_id
     order by d.person_id`,
    [wanted.model, wanted.schema, wanted.from, wanted.leads],
  )
  return rows.map(({ person_id, as_of, numbers, ...rest }) => ({
    personId: Number(person_id),
    asOf: as_of.getTime(),
    numbers: floatsOf(numbers),
    ...rest,
  }))
}
