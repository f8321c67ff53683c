import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { badInput } from '../../../common/errors.js'
import type { Address } from '../fulfilment.types.js'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const REQUIRED = { recipient: 100, city: 100, line1: 200 } as const
const OPTIONAL = { phone: 40, region: 100, postalCode: 20, line2: 200 } as const
const CONTROL = /[\p{Cc}\u2028\u2029]/u

/** The address with its texts trimmed. Throws BAD_USER_INPUT with the field that cannot be printed on a parcel. */
export function checkedAddress(given: Address): Address {
  const text = (name: keyof Address, max: number): string | null => {
    const value = given[name]?.trim() ?? ''
    if (value === '') return null
    if (value.length > max || !value.isWellFormed() || CONTROL.test(value)) throw badInput(`address.${name}`, `must have at most ${max} characters, none of control`)
    return value
  }
  const needed = (name: keyof typeof REQUIRED): string => {
    const value = text(name, REQUIRED[name])
    if (value === null) throw badInput(`address.${name}`, 'is needed')
    return value
  }
  const optional = (name: keyof typeof OPTIONAL) => text(name, OPTIONAL[name])
  if (!/^[A-Z]{2}$/.test(given.country)) throw badInput('address.country', 'must be two capital letters (ISO 3166) such as CN')
  return {
    recipient: needed('recipient'), phone: optional('phone'), country: given.country, region: optional('region'), city: needed('city'),
    postalCode: optional('postalCode'), line1: needed('line1'), line2: optional('line2'),
  }
}

const keyOf = (secretKey: string) => Buffer.from(hkdfSync('sha256', secretKey, '', 'drawbridge/award-address', 32))
const boundTo = (tenantId: string, awardId: string) => Buffer.from(`${tenantId}/${awardId}`)

/** AES-256-GCM, bound to its award: nonce, tag, ciphertext. */
export function sealAddress(secretKey: string, tenantId: string, awardId: string, address: Address): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secretKey), nonce).setAAD(boundTo(tenantId, awardId))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(address), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Throws when SECRET_KEY is another, or the bytes are not this award's. */
export function openAddress(secretKey: string, tenantId: string, awardId: string, sealed: Buffer): Address {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secretKey), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(tenantId, awardId)).setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  return JSON.parse(text) as Address
}
