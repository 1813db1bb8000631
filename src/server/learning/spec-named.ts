/** Models as routes name them. */
import { AppError } from '../../core/index.ts'
import { TRAINABLE } from '../../learning/index.ts'
import type { ModelSpec } from '../../models/index.ts'

/** @throws AppError `not-found`, naming those that there are. */
export function specNamed(name: string): ModelSpec {
  const spec = TRAINABLE.find((known) => known.name === name)
  if (spec === undefined)
    throw new AppError(
      'not-found',
      `there is no model ${name}; there are ${TRAINABLE.map((known) => known.name).join(', ')}`,
    )
  return spec
}
