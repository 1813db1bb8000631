/** Passwords: argon2id with OWASP's first choice (19 MiB, 2 passes, 1 lane: the default here). */
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

export function hashPassword(password: string): Promise<string> {
  return hash(password)
}

let decoy: Promise<string> | undefined

/**
 * Whether the password is the one behind `stored`. Without a stored hash it does the same work and
 * says no, so that the time of an answer does not tell which accounts exist.
 */
export async function passwordMatches(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  decoy ??= hash(randomBytes(16))
  const matches = await verify(stored ?? (await decoy), password)
  return matches && stored !== undefined
}

/** A password nobody has to invent: 120 random bits. */
export function inventPassword(): string {
  return randomBytes(15).toString('base64url')
}
