import { hash } from 'node:crypto'

export const ROLL_RANGE = 1_000_000_000
// Words at or above the largest multiple of the range are thrown away: what is left is uniform without modulo bias.
const ACCEPT_BELOW = Math.floor(2 ** 32 / ROLL_RANGE) * ROLL_RANGE

const BLOCK = 64
const DIGEST = 32
/** Of what is hashed: a campaign's id, and a participant's and a key of the greatest length in the longest UTF-8, and more. */
const TEXT_MAX = 2_048
const WORD_DIGITS = 8

/** The key's two blocks of RFC 2104, each with room for what is hashed behind it. */
interface Pads { readonly inner: Buffer; readonly outer: Buffer }

const pads = new WeakMap<Buffer, Pads>()

function padsOf(seed: Buffer): Pads {
  const known = pads.get(seed)
  if (known !== undefined) return known
  const key = seed.length > BLOCK ? hash('sha256', seed, 'buffer') : seed
  const made = { inner: Buffer.alloc(BLOCK + TEXT_MAX, 0x36), outer: Buffer.alloc(BLOCK + DIGEST, 0x5c) }
  for (const [n, byte] of key.entries()) {
    made.inner[n] = byte ^ 0x36
    made.outer[n] = byte ^ 0x5c
  }
  pads.set(seed, made)
  return made
}

/** HMAC-SHA256 in hexadecimal, by two one-shot digests: an Hmac object costs more than both. */
function hmacHex(seed: Buffer, text: string): string {
  if (Buffer.byteLength(text) > TEXT_MAX) throw new RangeError('A roll is of ids that are in bounds')
  const { inner, outer } = padsOf(seed)
  const length = inner.write(text, BLOCK)
  outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'hex'), BLOCK, 'hex')
  return hash('sha256', outer, 'hex')
}

const measured = (part: string): string => `${Buffer.byteLength(part)}:${part}`

/**
 * The roll of one draw: uniform in [0, 1e9). HMAC-SHA256 under the campaign's secret seed of the four parts and a counter (each behind
 * its length in bytes, so that no two draws share a text), read as eight 32-bit words; the first word below 4e9 counts, and where
 * none is (1 in 2e9), the next counter's digest is read. Anyone who has the published seed can repeat it.
 */
export function roll(seed: Buffer, campaignId: string, participantId: string, idempotencyKey: string, ordinal: number): number {
  const text = measured(campaignId) + measured(participantId) + measured(idempotencyKey) + measured(String(ordinal))
  for (let counter = 0; ; counter++) {
    const digest = hmacHex(seed, text + measured(String(counter)))
    for (let at = 0; at < digest.length; at += WORD_DIGITS) {
      const word = parseInt(digest.slice(at, at + WORD_DIGITS), 16)
      if (word < ACCEPT_BELOW) return word % ROLL_RANGE
    }
  }
}
