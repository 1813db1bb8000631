/** Attempts at a secret, counted for all processes together. SQL: migrations/0007. */
import type { Queryable } from './connection.ts'

/** Counts one attempt. 0: go on; otherwise whole seconds to wait. `key` is a digest. */
export async function takeAttempt(
  client: Queryable,
  key: Uint8Array,
  { attempts, windowMs }: { readonly attempts: number; readonly windowMs: number },
): Promise<number> {
  const { rows } = await client.query<{ wait: number }>({
    name: 'take_attempt',
    text: 'select take_attempt($1, $2, $3) as wait',
    values: [key, attempts, windowMs / 1_000],
  })
  return rows[0]!.wait
}

/** Gives an attempt back: it succeeded. */
export async function refundAttempt(client: Queryable, key: Uint8Array): Promise<void> {
  await client.query('select refund_attempt($1)', [key])
}

/** Removes what is counted no longer. */
export async function forgetAttempts(client: Queryable): Promise<void> {
  await client.query('select forget_attempts()')
}
