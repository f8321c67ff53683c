import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

// RFC 6238 as every authenticator app knows it; others are not read by all of them.
const PERIOD_SECONDS = 30
const DIGITS = 6
const SECRET_BYTES = 20 // RFC 4226, section 4: 160 bits
const WINDOW_STEPS = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ISSUER = 'Drawbridge'

const CODE = /^\d{6}$/
export const RECOVERY_CODES = 10
// Crockford's: nobody takes one character for another.
const RECOVERY_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RECOVERY_LENGTH = 16 // 80 bits
const RECOVERY_SHAPE = /^[0-9A-HJKMNP-TV-Z]{16}$/

const authenticator = (secret: Buffer, label: string) => new TOTP({
  issuer: ISSUER, label, algorithm: 'SHA1', digits: DIGITS, period: PERIOD_SECONDS, secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
})

export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES)

/** For the operator's app: base32, and the otpauth URI that a QR code holds. */
export function enrolmentOf(secret: Buffer, email: string): { secret: string; uri: string } {
  const totp = authenticator(secret, email)
  return { secret: totp.secret.base32, uri: totp.toString() }
}

/** The time step that the code is of, this one or a neighbour (±30 s); null: of none. */
export function stepOf(secret: Buffer, code: string, nowMs: number): number | null {
  const digits = code.replace(/\s/g, '')
  if (!CODE.test(digits)) return null
  const delta = authenticator(secret, '').validate({ token: digits, timestamp: nowMs, window: WINDOW_STEPS })
  return delta === null ? null : Math.floor(nowMs / 1_000 / PERIOD_SECONDS) + delta
}

/** XXXX-XXXX-XXXX-XXXX */
export function newRecoveryCode(): string {
  // 32 divides 256: each character is as likely as another.
  const text = Array.from(randomBytes(RECOVERY_LENGTH), (byte) => RECOVERY_ALPHABET[byte % RECOVERY_ALPHABET.length]).join('')
  return text.replace(/(.{4})(?=.)/g, '$1-')
}

/** The one spelling that is hashed; null: this is no recovery code. */
export function normalRecoveryCode(text: string): string | null {
  const normal = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  return RECOVERY_SHAPE.test(normal) ? normal : null
}

const keyOf = (secretKey: string) => Buffer.from(hkdfSync('sha256', secretKey, '', 'drawbridge/operator-totp', 32))
const boundTo = (tenantId: string, operatorId: string) => Buffer.from(`${tenantId}/${operatorId}`)

/** AES-256-GCM, bound to its operator: nonce, tag, ciphertext. */
export function sealTotp(secretKey: string, tenantId: string, operatorId: string, secret: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secretKey), nonce).setAAD(boundTo(tenantId, operatorId))
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Throws when SECRET_KEY is another, or the bytes are not this operator's. */
export function openTotp(secretKey: string, tenantId: string, operatorId: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secretKey), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(tenantId, operatorId)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}
