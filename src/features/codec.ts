/**
 * The state as bytes: compact, exact, versioned. The layout follows the shape of `emptyState()`:
 * fields in their order, whole numbers as variable-length integers, others as eight-byte floats,
 * typed arrays by their non-zero cells.
 *
 * Format: byte 0 the format version; bytes 1-4 FOLD_SCHEMA (little endian); then the fields; the
 * last four bytes are the CRC-32 of all before them (little endian).
 */
import { crc32 } from 'node:zlib'
import { fnv1a } from '../math/index.ts'
import { emptyState, type LeadState } from './state.ts'

/** 1 had no checksum. */
const FORMAT = 2

/**
 * Raise it whenever a fold changes what it does without changing the shape of the state; a golden
 * test notices when that was forgotten.
 */
const FOLD_REVISION = 1

type Field = number | boolean | string | Float64Array | Uint8Array | number[] | string[] | Fields
interface Fields {
  [name: string]: Field
}

const EMPTY = emptyState() as unknown as Fields

function shapeOf(field: Field): string {
  if (field instanceof Float64Array) return `f64[${field.length}]`
  if (field instanceof Uint8Array) return `u8[${field.length}]`
  if (Array.isArray(field)) return 'list'
  if (typeof field !== 'object') return typeof field
  return `{${Object.keys(field)
    .map((name) => `${name}:${shapeOf(field[name]!)}`)
    .join()}}`
}

/** Identifies the fold: states written under another number must be rebuilt from the log. */
export const FOLD_SCHEMA: number = fnv1a(`${FOLD_REVISION}:${shapeOf(EMPTY)}`)

/** Of the bytes of a state: another number means that stored states are to be written anew. */
export const STATE_VERSION: number = fnv1a(`${FORMAT}:${FOLD_SCHEMA}`)

/** The first bytes of a state: they say which version of the fold wrote it. */
const STATE_HEADER_BYTES = 5
const CHECKSUM_BYTES = 4

/** Bytes that are not as they were written, or never were a state: fold the lead from the log. */
export class DamagedStateError extends RangeError {
  override readonly name = 'DamagedStateError'
  constructor() {
    super('the encoded state is damaged: rebuild it from the log')
  }
}

/** Exact bytes of `state`; about 1 KB for a lead with a hundred events. */
export function encodeState(state: LeadState): Uint8Array {
  writer.restart()
  writer.byte(FORMAT)
  for (let shift = 0; shift < 32; shift += 8) writer.byte((FOLD_SCHEMA >>> shift) & 255)
  writeFields(writer, state as unknown as Fields, STEPS)
  return writer.sealed()
}

/**
 * The state behind `bytes`, equal bit for bit to the one encoded; null when another version of the
 * fold wrote them, so that the state must be rebuilt from the log.
 * @throws DamagedStateError when they are not as they were written.
 */
export function decodeState(bytes: Uint8Array): LeadState | null {
  if (bytes.length < STATE_HEADER_BYTES || bytes[0] === 0) throw new DamagedStateError()
  // How another format is sealed is not known here.
  if (bytes[0] !== FORMAT) return null
  const end = bytes.length - CHECKSUM_BYTES
  if (end < STATE_HEADER_BYTES) throw new DamagedStateError()
  const seal = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true)
  if (crc32(bytes.subarray(0, end)) !== seal) throw new DamagedStateError()
  if (!isOfThisFold(bytes)) return null
  const reader = new Reader(bytes.subarray(0, end))
  reader.at = STATE_HEADER_BYTES
  const state = emptyState()
  readFields(reader, state as unknown as Fields, STEPS)
  if (reader.left > 0) throw new DamagedStateError()
  return state
}

/** Whether this version of the fold wrote a state that begins with these bytes (five of them). */
export function isOfThisFold(bytes: Uint8Array): boolean {
  if (bytes.length < STATE_HEADER_BYTES) return false
  const schema = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true)
  return bytes[0] === FORMAT && schema === FOLD_SCHEMA
}

/**
 * What to do for one field: worked out once from the empty state, because asking every value for
 * its type and every object for its keys took most of the time.
 */
interface Step {
  readonly name: string
  readonly kind: 'number' | 'boolean' | 'text' | 'list' | 'floats' | 'bytes' | 'fields'
  readonly steps: readonly Step[]
}

function kindOf(field: Field): Step['kind'] {
  if (typeof field === 'number') return 'number'
  if (typeof field === 'boolean') return 'boolean'
  if (typeof field === 'string') return 'text'
  if (Array.isArray(field)) return 'list'
  if (field instanceof Float64Array) return 'floats'
  return field instanceof Uint8Array ? 'bytes' : 'fields'
}

function stepsOf(fields: Fields): readonly Step[] {
  return Object.keys(fields).map((name) => {
    const kind = kindOf(fields[name]!)
    return { name, kind, steps: kind === 'fields' ? stepsOf(fields[name] as Fields) : [] }
  })
}

const STEPS = stepsOf(EMPTY)

function writeFields(writer: Writer, fields: Fields, steps: readonly Step[]): void {
  for (const { name, kind, steps: inner } of steps) {
    const field = fields[name]
    if (kind === 'number') writer.number(field as number)
    else if (kind === 'boolean') writer.byte(field === true ? 1 : 0)
    else if (kind === 'text') writer.text(field as string)
    else if (kind === 'list') writeList(writer, field as number[] | string[])
    else if (kind === 'floats') writeFloats(writer, field as Float64Array)
    else if (kind === 'bytes') writeBytes(writer, field as Uint8Array)
    else writeFields(writer, field as Fields, inner)
  }
}

function writeList(writer: Writer, list: readonly (number | string)[]): void {
  writer.whole(list.length * 2 + (typeof list[0] === 'string' ? 1 : 0))
  for (const item of list)
    if (typeof item === 'string') writer.text(item)
    else writer.number(item)
}

/** Places of the filled cells of the array being written. */
const places = new Uint16Array(1_024)

function writeFloats(writer: Writer, cells: Float64Array): void {
  let filled = 0
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!
    // Minus zero counts as filled: states are kept bit for bit.
    if (cell !== 0 || 1 / cell < 0) places[filled++] = i
  }
  writer.whole(filled)
  let before = -1
  for (let n = 0; n < filled; n++) {
    const at = places[n]!
    writer.whole(at - before - 1)
    writer.number(cells[at]!)
    before = at
  }
}

function writeBytes(writer: Writer, cells: Uint8Array): void {
  let filled = 0
  for (let i = 0; i < cells.length; i++) if (cells[i] !== 0) places[filled++] = i
  writer.whole(filled)
  let before = -1
  for (let n = 0; n < filled; n++) {
    const at = places[n]!
    writer.whole(at - before - 1)
    writer.number(cells[at]!)
    before = at
  }
}

/** Fills `fields`, which is empty, from the reader. */
function readFields(reader: Reader, fields: Fields, steps: readonly Step[]): void {
  for (const { name, kind, steps: inner } of steps) {
    if (kind === 'number') fields[name] = reader.number()
    else if (kind === 'boolean') fields[name] = reader.byte() === 1
    else if (kind === 'text') fields[name] = reader.text()
    else if (kind === 'list') fields[name] = readList(reader)
    else if (kind === 'fields') readFields(reader, fields[name] as Fields, inner)
    else readSparse(reader, fields[name] as Float64Array | Uint8Array)
  }
}

function readList(reader: Reader): number[] | string[] {
  const head = reader.whole()
  const length = Math.floor(head / 2)
  // Every item takes a byte at least: a longer list is damage, not a reason to fill the memory.
  if (length > reader.left) throw new DamagedStateError()
  if (head % 2 === 1) {
    const texts: string[] = []
    for (let i = 0; i < length; i++) texts.push(reader.text())
    return texts
  }
  const numbers: number[] = []
  for (let i = 0; i < length; i++) numbers.push(reader.number())
  return numbers
}

function readSparse(reader: Reader, cells: Float64Array | Uint8Array): void {
  const filled = reader.whole()
  let at = -1
  for (let i = 0; i < filled; i++) {
    at += reader.whole() + 1
    if (at >= cells.length) throw new DamagedStateError()
    cells[at] = reader.number()
  }
}

/** First numbers of the encoding of `number`: what follows them is a whole number or a float. */
const FLOAT = 0
const WHOLE_FROM = 1

class Writer {
  #bytes = new Uint8Array(2048)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  #room(need: number): void {
    if (this.#at + need <= this.#bytes.length) return
    const larger = new Uint8Array(2 * this.#bytes.length + need)
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, lowest first. */
  whole(value: number): void {
    this.#room(8)
    // Most are small; the loop below works with doubles.
    if (value < 128) {
      this.#bytes[this.#at++] = value
      return
    }
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
  }

  /** Any number: whole ones below 2^51 in size zigzag-coded, all others as they are. */
  number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 51 && !Object.is(value, -0)) {
      this.whole(WHOLE_FROM + (value < 0 ? -2 * value - 1 : 2 * value))
      return
    }
    this.#room(9)
    this.#bytes[this.#at++] = FLOAT
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  text(value: string): void {
    this.whole(value.length)
    for (let i = 0; i < value.length; i++) this.whole(value.charCodeAt(i))
  }

  restart(): void {
    this.#at = 0
  }

  /** What was written, with its checksum. */
  sealed(): Uint8Array {
    this.#room(CHECKSUM_BYTES)
    this.#view.setUint32(this.#at, crc32(this.#bytes.subarray(0, this.#at)), true)
    return this.#bytes.slice(0, this.#at + CHECKSUM_BYTES)
  }
}

/** One for all states: encoding is synchronous, and its buffer only ever grows. */
const writer = new Writer()

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new DamagedStateError()
    return byte
  }

  whole(): number {
    const first = this.byte()
    if (first < 128) return first
    this.at--
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
      if (scale > 2 ** 53) throw new DamagedStateError()
    }
  }

  number(): number {
    const head = this.whole()
    if (head !== FLOAT) {
      const zigzag = head - WHOLE_FROM
      return zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2
    }
    if (this.left < 8) throw new DamagedStateError()
    const value = this.#view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  text(): string {
    const length = this.whole()
    if (length > this.left) throw new DamagedStateError()
    let value = ''
    for (let i = 0; i < length; i++) value += String.fromCharCode(this.whole())
    return value
  }
}
