/** Cursors: opaque texts that name the last item of a page. */
import { AppError } from '../../core/index.ts'

/** The sort key of an item as a cursor. */
export function toCursor(values: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

function read(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const refuse = (): AppError =>
  new AppError('invalid-request', 'cursor is none that was given', [
    { path: '/cursor', message: 'send next_cursor of the page before, unchanged' },
  ])

/** The `length` whole numbers of a cursor; undefined without one. @throws AppError */
export function numberCursor(cursor: string | undefined, length: number): number[] | undefined {
  if (cursor === undefined) return undefined
  const values = read(cursor)
  if (Array.isArray(values) && values.length === length && values.every(Number.isSafeInteger))
    return values as number[]
  throw refuse()
}

/** The text of a cursor; undefined without one. @throws AppError `invalid-request`. */
export function textCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const values = read(cursor)
  const first = Array.isArray(values) ? (values[0] as unknown) : undefined
  if (typeof first === 'string' && first.isWellFormed() && !first.includes('\0')) return first
  throw refuse()
}

/**
 * The place in a sorted list (the order's name, the value or null, a whole number); undefined
 * without a cursor. @throws AppError when it belongs to another order.
 */
export function placeCursor(
  cursor: string | undefined,
  order: string,
): { value: number | null; id: number } | undefined {
  if (cursor === undefined) return undefined
  const values = read(cursor)
  if (!Array.isArray(values) || values.length !== 3 || values[0] !== order) throw refuse()
  const [, value, id] = values as unknown[]
  const isValue = value === null || (typeof value === 'number' && Number.isFinite(value))
  if (isValue && Number.isSafeInteger(id)) return { value, id: id as number }
  throw refuse()
}
