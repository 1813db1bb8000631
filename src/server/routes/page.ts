/** Cursors: opaque texts that name the last item of a page. */
import { AppError } from '../../core/index.ts'

/** The values of an item's sort key as a cursor. */
export function toCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** The numbers inside a cursor; undefined without one. @throws AppError `invalid-request`. */
export function fromCursor(cursor: string | undefined, length: number): number[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown
    if (Array.isArray(values) && values.length === length && values.every(Number.isSafeInteger))
      return values as number[]
  } catch {
    // Falls through to the same answer.
  }
  throw new AppError('invalid-request', 'cursor is none that was given', [
    { path: '/cursor', message: 'send next_cursor of the page before, unchanged' },
  ])
}
