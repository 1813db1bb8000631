import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/index.ts'
import { systemClock } from './clock.ts'

/** Gives identifiers that never repeat. */
export type IdSource = () => string

/** Drawn at once and handed out in pieces: a system call for every identifier costs more. */
const POOL_BYTES = 4_096

function pooledBytes(): (bytes: number) => Uint8Array {
  let pool = randomBytes(POOL_BYTES)
  let at = 0
  return (bytes) => {
    if (at + bytes > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES)
      at = 0
    }
    at += bytes
    return pool.subarray(at - bytes, at)
  }
}

/**
 * UUIDs of version 7: sortable by time to the millisecond, 74 random bits.
 * Reference: RFC 9562, section 5.7.
 */
export function createIdSource(
  clock: Clock = systemClock,
  random: (bytes: number) => Uint8Array = pooledBytes(),
): IdSource {
  return () => {
    const bytes = Buffer.from(random(16))
    bytes.writeUIntBE(clock.now(), 0, 6)
    bytes[6] = 0x70 | (bytes[6]! & 0x0f)
    bytes[8] = 0x80 | (bytes[8]! & 0x3f)
    const hex = bytes.toString('hex')
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-')
  }
}
