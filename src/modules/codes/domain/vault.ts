import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const HMAC_BLOCK_BYTES = 64
const DIGEST_BYTES = 32
export const FINGERPRINT_BYTES = 16

/** As many codes are sealed together: one sealing for each would take most of an import's time. */
export const BLOCK_CODES = 256

/** What the keys of one prize do. A block is named by its import and its number in it. */
export interface CodeVault {
  /** AES-256-GCM, bound to tenant, prize and block: nonce, tag, ciphertext. Codes have no line breaks. */
  seal(importId: string, no: number, codes: readonly string[]): Buffer
  /** Throws when SECRET_KEY is another, or the bytes are of another prize or block. */
  open(importId: string, no: number, sealed: Buffer): string[]
  /** 16 bytes of HMAC-SHA256: the same for the same code of the same prize, and nothing to one without the key. */
  fingerprint(code: string): Buffer
}

export function codeVault(secretKey: string, tenantId: string, prizeId: string): CodeVault {
  const keys = Buffer.from(hkdfSync('sha256', secretKey, '', `drawbridge/prize-codes/${tenantId}/${prizeId}`, 2 * KEY_BYTES))
  const sealing = keys.subarray(0, KEY_BYTES)
  const mac = hmacSha256(keys.subarray(KEY_BYTES))
  const boundTo = (importId: string, no: number) => Buffer.from(`${tenantId}/${prizeId}/${importId}/${no}`)
  return {
    seal(importId, no, codes) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(boundTo(importId, no))
      const sealed = Buffer.concat([cipher.update(codes.join('\n'), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    open(importId, no, sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(importId, no)).setAuthTag(tag)
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8').split('\n')
    },
    fingerprint: (code) => mac(code).subarray(0, FINGERPRINT_BYTES),
  }
}

/**
 * RFC 2104 of two one-shot hashes, for keys of at most 64 bytes: an object of createHmac for each of a million codes
 * costs ten seconds, this two.
 */
export function hmacSha256(key: Buffer): (text: string) => Buffer {
  const pad = (byte: number) => Buffer.from(Uint8Array.from({ length: HMAC_BLOCK_BYTES }, (_, n) => byte ^ (key[n] ?? 0)))
  const inner = pad(0x36)
  const whole = Buffer.concat([pad(0x5c), Buffer.alloc(DIGEST_BYTES)])
  return (text) => {
    hash('sha256', Buffer.concat([inner, Buffer.from(text, 'utf8')]), 'buffer').copy(whole, HMAC_BLOCK_BYTES)
    return hash('sha256', whole, 'buffer')
  }
}
