const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base32
const LENGTH = 21
const VALUES = new Map([...ALPHABET].map((character, value) => [character, BigInt(value)]))

/** What a public draw id says: the row's 64-bit id, and where to look while it is not yet a row. */
export interface DrawIdParts {
  readonly snowflake: bigint
  readonly campaignNo: number
  readonly bucket: number
}

const PLACE_LENGTH = 8 // of campaign and bucket: 40 bits
const LOW_LENGTH = 6 // of the id's low 30 bits
const HIGH_LENGTH = LENGTH - LOW_LENGTH - PLACE_LENGTH

/** Below 2⁵³: a big integer is made for each of its digits otherwise. */
function digits(value: number, length: number): string {
  let text = ''
  for (let left = value; text.length < length; left = Math.floor(left / 32)) text = ALPHABET[left % 32]! + text
  return text
}

/** 8 + 4 + 1 bytes as 21 characters of Crockford's base32. */
export function encodeDrawId({ snowflake, campaignNo, bucket }: DrawIdParts): string {
  const low = Number(snowflake & 0x3fff_ffffn)
  const high = Number(snowflake >> 30n)
  return digits(high, HIGH_LENGTH) + digits(low, LOW_LENGTH) + digits(campaignNo * 256 + bucket, PLACE_LENGTH)
}

const TEST_MARK = 'T'

/** A test draw's id: seen at once, and found in no other world. */
export const encodeTestDrawId = (parts: DrawIdParts): string => TEST_MARK + encodeDrawId(parts)

/** Null for anything that `encodeTestDrawId` did not write. */
export const decodeTestDrawId = (text: string): DrawIdParts | null =>
  (text.startsWith(TEST_MARK) ? decodeDrawId(text.slice(TEST_MARK.length)) : null)

/** An award's public id is its draw's behind an 'A'. */
export const awardIdOf = (drawId: string): string => `A${drawId}`

/** What an award's public id says; null for anything that is none. */
export const decodeAwardId = (text: string): DrawIdParts | null => (text.startsWith('A') ? decodeDrawId(text.slice(1)) : null)

/** Null for anything that `encodeDrawId` did not write. */
export function decodeDrawId(text: string): DrawIdParts | null {
  if (text.length !== LENGTH) return null
  let value = 0n
  for (const character of text) {
    const digit = VALUES.get(character)
    if (digit === undefined) return null
    value = (value << 5n) | digit
  }
  const parts = { snowflake: value >> 40n, campaignNo: Number((value >> 8n) & 0xffff_ffffn), bucket: Number(value & 0xffn) }
  return parts.snowflake < 1n << 63n && parts.campaignNo < 2 ** 31 && parts.bucket < 64 ? parts : null
}
