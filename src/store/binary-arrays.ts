/**
 * Columns for PostgreSQL as arrays in its binary format (array_recv): neither side writes or reads
 * numbers as text. A driver sends a Buffer as it is, marked as binary.
 *
 * Format (big endian): dimensions, whether there are nulls, the type's OID, length, lower bound;
 * then for each element its bytes with their number before them, or -1 for null.
 */

/** From pg_type.dat; the same in every PostgreSQL. */
const OID = {
  int2: 21,
  int4: 23,
  int8: 20,
  text: 25,
  uuid: 2950,
  jsonb: 3802,
  timestamptz: 1184,
} as const

const HEAD_BYTES = 20
const LENGTH_BYTES = 4
const TWO_32 = 2 ** 32
/** Of PostgreSQL's epoch, 2000-01-01, in milliseconds of ours. */
const EPOCH_MS = 946_684_800_000
/** What jsonb in binary begins with. */
const JSONB_VERSION = 1

/** `length` elements of at most `bytes` bytes each, all heads written but the elements. */
function beginArray(oid: number, length: number, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(HEAD_BYTES + length * LENGTH_BYTES + bytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(1, 4)
  array.writeInt32BE(oid, 8)
  array.writeInt32BE(length, 12)
  array.writeInt32BE(1, 16)
  return array
}

/** Elements of `size` bytes; `write` puts one at a place, or answers false where it is null. */
function fixedArray(
  oid: number,
  size: number,
  length: number,
  write: (array: Buffer, at: number, i: number) => unknown,
): Buffer {
  const array = beginArray(oid, length, length * size)
  let at = HEAD_BYTES
  for (let i = 0; i < length; i++) {
    const isNull = write(array, at + LENGTH_BYTES, i) === false
    at = array.writeInt32BE(isNull ? -1 : size, at)
    if (!isNull) at += size
  }
  return array.subarray(0, at)
}

function writeWhole(array: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_32)
  array.writeInt32BE(high, at)
  array.writeUInt32BE(value - high * TWO_32, at + 4)
}

export const smallintArray = (values: readonly number[]): Buffer =>
  fixedArray(OID.int2, 2, values.length, (array, at, i) => array.writeInt16BE(values[i]!, at))

export const intArray = (values: readonly number[]): Buffer =>
  fixedArray(OID.int4, 4, values.length, (array, at, i) => array.writeInt32BE(values[i]!, at))

/** Safe integers, or null. */
export const bigintArray = (values: readonly (number | null)[]): Buffer =>
  fixedArray(OID.int8, 8, values.length, (array, at, i) => {
    const value = values[i]!
    if (value === null) return false
    writeWhole(array, value, at)
    return true
  })

/** Fewer digits would leave bytes of other memory in their place. */
function writeHex(array: Buffer, digits: string, at: number, bytes: number): void {
  if (array.write(digits, at, bytes, 'hex') < bytes)
    throw new RangeError(`"${digits}" is not ${2 * bytes} hexadecimal digits`)
}

/** 64 bits each, as 16 hexadecimal digits. @throws RangeError for fewer. */
export const bits64Array = (digits: readonly string[]): Buffer =>
  fixedArray(OID.int8, 8, digits.length, (array, at, i) => writeHex(array, digits[i]!, at, 8))

/** 32 hexadecimal digits each; '' is null. @throws RangeError for fewer. */
export const uuidArray = (digits: readonly string[]): Buffer =>
  fixedArray(OID.uuid, 16, digits.length, (array, at, i) =>
    digits[i] === '' ? false : writeHex(array, digits[i]!, at, 16),
  )

/** Whole milliseconds since 1970. */
export const timestampArray = (times: readonly number[]): Buffer =>
  fixedArray(OID.timestamptz, 8, times.length, (array, at, i) => {
    writeWhole(array, (times[i]! - EPOCH_MS) * 1_000, at)
  })

function writtenArray(oid: number, texts: readonly string[], prefix: string): Buffer {
  let most = 0
  // A UTF-16 unit takes three bytes at most.
  for (const text of texts) most += 3 * text.length + prefix.length
  const array = beginArray(oid, texts.length, most)
  let at = HEAD_BYTES
  for (const text of texts) {
    const bytes = array.write(prefix === '' ? text : prefix + text, at + LENGTH_BYTES, 'utf8')
    at = array.writeInt32BE(bytes, at) + bytes
  }
  return array.subarray(0, at)
}

export const textArray = (texts: readonly string[]): Buffer => writtenArray(OID.text, texts, '')

/** JSON texts. */
export const jsonbArray = (texts: readonly string[]): Buffer =>
  writtenArray(OID.jsonb, texts, String.fromCharCode(JSONB_VERSION))
