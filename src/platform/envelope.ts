/**
 * Sealing bytes with AES-256-GCM (NIST SP 800-38D). Form: one byte 1, 12 bytes nonce, 16 bytes tag,
 * then the cipher text. `context` is bound to the bytes: sealed for one place, they open nowhere
 * else.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { keepSecret } from './secrets.ts'
import type { Config } from './settings.ts'

const FORM = 1
const NONCE = 12
const TAG = 16
const HEAD = 1 + NONCE + TAG
const ALGORITHM = 'aes-256-gcm'
/** Of a key, in bytes. */
const KEY = 32

/** A fresh key. */
export const randomKey = (): Uint8Array => randomBytes(KEY)

/** `key`: 32 bytes. */
export function seal(key: Uint8Array, bytes: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv(ALGORITHM, key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([Buffer.from([FORM]), nonce, cipher.getAuthTag(), body])
}

/** The bytes that were sealed; undefined when key, context or bytes are not those sealed. */
export function unseal(
  key: Uint8Array,
  sealed: Uint8Array,
  context: string,
): Uint8Array | undefined {
  if (sealed.length < HEAD || sealed[0] !== FORM) return undefined
  const nonce = sealed.subarray(1, 1 + NONCE)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(1 + NONCE, HEAD))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD)), decipher.final()])
  } catch {
    return undefined
  }
}

/** The key that wraps the keys of workspaces: MODEL_ENCRYPTION_KEY, or one kept in DATA_DIR. */
export function modelKey(config: Pick<Config, 'MODEL_ENCRYPTION_KEY' | 'DATA_DIR'>): Uint8Array {
  return Buffer.from(config.MODEL_ENCRYPTION_KEY ?? keepSecret(config.DATA_DIR, 'model-key'), 'hex')
}
