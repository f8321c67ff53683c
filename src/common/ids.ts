import { randomFillSync } from 'node:crypto'

const BYTES = 16
/** Random bytes ahead of their use: the system is asked for those of many ids at once, which is most of what an id costs. */
const ahead = Buffer.alloc(256 * BYTES)
let used = ahead.length

/** A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random bits; sorts by time. */
export function newId(nowMs = Date.now()): string {
  if (used === ahead.length) {
    randomFillSync(ahead)
    used = 0
  }
  const at = used
  used += BYTES
  ahead.writeUIntBE(nowMs, at, 6)
  ahead[at + 6] = 0x70 | (ahead[at + 6]! & 0x0f)
  ahead[at + 8] = 0x80 | (ahead[at + 8]! & 0x3f)
  const hex = ahead.toString('hex', at, at + BYTES)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** As they are written here: in lower case. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isUuid = (text: string): boolean => UUID.test(text)

// Braces would move a Redis key to another slot; the rest would break logs and terminals.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f{}\u2028\u2029\ufeff]/

/** Whether a tenant's own id (userId, deviceId, idempotency key) can be a name here: 1 to `max` characters, none of control, none a brace. */
export const isSafeId = (text: string, max = 128): boolean =>
  text.length >= 1 && text.length <= max && !UNSAFE.test(text) && text.isWellFormed()
