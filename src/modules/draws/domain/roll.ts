import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

export const ROLL_RANGE = 1_000_000_000
// Words at or above the largest multiple of the range are thrown away: what is left is uniform without modulo bias.
const ACCEPT_BELOW = Math.floor(2 ** 32 / ROLL_RANGE) * ROLL_RANGE
// Making a key of the seed costs four times as much as the digest.
const keys = new WeakMap<Buffer, KeyObject>()

function keyOf(seed: Buffer): KeyObject {
  const known = keys.get(seed)
  if (known !== undefined) return known
  const key = createSecretKey(seed)
  keys.set(seed, key)
  return key
}

/**
 * The roll of one draw: uniform in [0, 1e9). HMAC-SHA256 under the campaign's secret seed of the four parts (each behind its
 * length in bytes, so that no two draws share a text), read as eight 32-bit words; the first word below 4e9 counts, and where
 * none is (1 in 2e9), the next counter's digest is read. Anyone who has the published seed can repeat it.
 */
export function roll(seed: Buffer, campaignId: string, participantId: string, idempotencyKey: string, ordinal: number): number {
  for (let counter = 0; ; counter++) {
    const hmac = createHmac('sha256', keyOf(seed))
    for (const part of [campaignId, participantId, idempotencyKey, String(ordinal), String(counter)]) hmac.update(`${Buffer.byteLength(part)}:${part}`)
    const digest = hmac.digest()
    for (let offset = 0; offset < digest.length; offset += 4) {
      const word = digest.readUInt32BE(offset)
      if (word < ACCEPT_BELOW) return word % ROLL_RANGE
    }
  }
}
