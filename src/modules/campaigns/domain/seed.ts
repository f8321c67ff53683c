import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { sha256 } from '../../../common/hash.js'
import type { CampaignStatus } from './snapshot.js'

const SEED_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** By then no process, and no gate that was behind, decides another draw of the campaign. */
const REVEAL_AFTER_MS = 60_000

const keyOf = (secretKey: string) => Buffer.from(hkdfSync('sha256', secretKey, '', 'drawbridge/campaign-seed', 32))

/**
 * What a test world rolls under. Derived, since a draft has no seed yet, and never a campaign's own: its test draws must
 * not foretell what it will give.
 */
export const testSeed = (secretKey: string, campaignId: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, campaignId, 'drawbridge/test-seed', SEED_BYTES))

export const newSeed = (): Buffer => randomBytes(SEED_BYTES)

/** AES-256-GCM, bound to its campaign: nonce, tag, ciphertext. */
export function sealSeed(secretKey: string, campaignId: string, seed: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secretKey), nonce).setAAD(Buffer.from(campaignId))
  const sealed = Buffer.concat([cipher.update(seed), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Throws when SECRET_KEY is another, or the bytes are not this campaign's. */
export function openSeed(secretKey: string, campaignId: string, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secretKey), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(campaignId)).setAuthTag(tag)
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}

/** What is published before the campaign opens: SHA-256 of the seed, in hexadecimal. */
export const seedHash = (seed: Buffer): string => sha256(seed).toString('hex')

/** The seed in hexadecimal, a minute after the campaign has ended; null before. A test world's is no secret. */
export function revealedSeed(
  campaign: { status: CampaignStatus; endedAtMs: number | null; seed: Buffer | null; test?: true }, nowMs: number,
): string | null {
  if (campaign.test === true && campaign.seed !== null) return campaign.seed.toString('hex')
  const ended = campaign.status === 'ENDED' || campaign.status === 'ARCHIVED'
  if (!ended || campaign.endedAtMs === null || campaign.seed === null) return null
  return nowMs >= campaign.endedAtMs + REVEAL_AFTER_MS ? campaign.seed.toString('hex') : null
}
