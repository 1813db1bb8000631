/**
 * Who sent a webhook. GoHighLevel signs the bytes of the body with Ed25519 (X-GHL-Signature), with
 * one key for all applications: the signature says that GoHighLevel sent it, not for whom. Its
 * older RSA signature is no longer sent and not accepted.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { SetupError } from '../../../platform/index.ts'

/** As GoHighLevel publishes it; GHL_WEBHOOK_PUBLIC_KEY replaces it. */
const PUBLISHED = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----`

const BLOCK = /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/g
/** Base64 of 64 bytes. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/

/**
 * The keys of a setting: one PEM block or several (while keys change), line breaks also as `\n`.
 * @throws SetupError when one is no Ed25519 public key
 */
export function webhookKeys(setting: string | undefined): KeyObject[] {
  const text = (setting ?? PUBLISHED).replaceAll('\\n', '\n')
  const keys = (text.match(BLOCK) ?? []).map((block) => {
    try {
      return createPublicKey(block)
    } catch {
      return undefined
    }
  })
  if (keys.length === 0 || keys.some((key) => key?.asymmetricKeyType !== 'ed25519'))
    throw new SetupError(
      'GHL_WEBHOOK_PUBLIC_KEY must hold Ed25519 public keys in PEM form (BEGIN PUBLIC KEY to END ' +
        'PUBLIC KEY). Remove it to use the key that GoHighLevel publishes.',
    )
  return keys.flatMap((key) => key ?? [])
}

/** Whether one of the keys signed exactly these bytes. `header`: value of X-GHL-Signature. */
export function isSigned(body: Uint8Array, header: string, keys: readonly KeyObject[]): boolean {
  if (!SIGNATURE.test(header)) return false
  const signature = Buffer.from(header, 'base64')
  return keys.some((key) => verify(null, body, key, signature))
}
