import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length)

/** Uniform characters of 0-9A-Za-z, 5.95 bits each. */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED_BELOW && text.length < length) text += ALPHABET[byte % ALPHABET.length]
    }
  }
  return text
}

/** LIVE draws for real; TEST draws in a test world, and touches nothing else. */
export type ApiKeyKind = 'LIVE' | 'TEST'

/** Which kind a key is can be seen: nobody should have to try it. */
const MARKS = { LIVE: 'dbk_', TEST: 'dbt_' } as const satisfies Record<ApiKeyKind, string>
const MARK_LENGTH = MARKS.LIVE.length
const NAME_LENGTH = 8
const SECRET_LENGTH = 30 // 178 bits
const CHECKSUM_LENGTH = 6
const BODY_LENGTH = MARK_LENGTH + NAME_LENGTH + SECRET_LENGTH
const SHAPE = new RegExp(`^(?:${Object.values(MARKS).join('|')})[0-9A-Za-z]{${NAME_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH}}$`)

function checksum(body: string): string {
  let value = crc32(body)
  let text = ''
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET[value % ALPHABET.length] + text
    value = Math.floor(value / ALPHABET.length)
  }
  return text
}

/** A new server key, and the part of it that may be shown for ever. */
export function newApiKeySecret(kind: ApiKeyKind): { secret: string; prefix: string } {
  const body = MARKS[kind] + randomText(NAME_LENGTH + SECRET_LENGTH)
  return { secret: body + checksum(body), prefix: body.slice(0, MARK_LENGTH + NAME_LENGTH) }
}

/** Whether a text can be a server key at all: typos and scanners' guesses are refused without asking the database. */
export const isApiKeySecret = (text: string): boolean =>
  SHAPE.test(text) && checksum(text.slice(0, BODY_LENGTH)) === text.slice(BODY_LENGTH)

const SESSION_MARK = 'dbs_'
const SESSION_SHAPE = new RegExp(`^${SESSION_MARK}[0-9A-Za-z_-]{43}$`)

/** A session's token: 256 bits. */
export const newSessionToken = (): string => SESSION_MARK + randomBytes(32).toString('base64url')

export const isSessionToken = (text: string): boolean => SESSION_SHAPE.test(text)

/** A password that a person may have to type once: 119 bits. */
export const newPassword = (): string => randomText(20)

const LINK_MARK = 'dbl_'
const LINK_SHAPE = new RegExp(`^${LINK_MARK}[0-9A-Za-z_-]{43}$`)

/** The secret part of a one-time link: 256 bits. */
export const newLinkToken = (): string => LINK_MARK + randomBytes(32).toString('base64url')

export const isLinkToken = (text: string): boolean => LINK_SHAPE.test(text)
