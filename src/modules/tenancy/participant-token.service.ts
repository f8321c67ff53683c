import { Injectable } from '@nestjs/common'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Context } from '../../common/context.js'
import { sha256 } from '../../common/hash.js'
import { isSafeId } from '../../common/ids.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { LookupCache } from './domain/lookup-cache.js'
import { isSlug } from './domain/names.js'
import { CLOCK_TOLERANCE_SECONDS, readClaims, type ParticipantClaims } from './domain/participant-claims.js'
import { KID_CHARACTERS_MAX, ParticipantKeyService, type VerificationKey } from './participant-key.service.js'
import type { ParticipantIdentity, ParticipantKeyView } from './tenancy.types.js'

const TOKEN_CHARACTERS_MAX = 4_096
const VERIFIED_MS_MAX = 60_000
const KEY_BELIEVED_MS = 5_000
const AUDIENCE = 'drawbridge'

interface Verified {
  readonly keyId: string
  readonly slug: string
  readonly kid: string
  readonly claims: ParticipantClaims
}

/** Tokens by which a tenant vouches for a participant: JWTs signed with a key that the tenant registered. */
@Injectable()
export class ParticipantTokenService {
  private readonly verified = new LRUCache<string, Verified>({ max: 50_000 })
  private readonly known = new LookupCache<VerificationKey>({
    entriesMax: 10_000, ttlMs: KEY_BELIEVED_MS, staleMsMax: 60_000, isOutage: isDatabaseUnavailable, lookupsMax: 256,
  })

  constructor(private readonly keys: ParticipantKeyService) {}

  /**
   * Who the token speaks for, or null: malformed, not signed by that key with its own algorithm, another audience or
   * issuer, expired, without exp, valid for more than a day, or signed by a revoked key (within 5 s everywhere).
   */
  async authenticate(token: string): Promise<ParticipantIdentity | null> {
    if (token.length > TOKEN_CHARACTERS_MAX) return null
    const hash = sha256(token).toString('base64')
    const seen = this.verified.get(hash)
    if (seen !== undefined) {
      if (isOver(seen)) return null
      const key = await this.key(seen.slug, seen.kid)
      return key?.id === seen.keyId ? identity(key, seen.claims) : null
    }
    const origin = readOrigin(token)
    if (origin === null) return null
    const key = await this.key(origin.slug, origin.kid)
    if (key === null) return null
    const claims = await this.verify(token, key)
    if (claims === null) return null
    const ttl = Math.min(claims.expiresAtMs - Date.now(), VERIFIED_MS_MAX)
    if (ttl > 0) this.verified.set(hash, { keyId: key.id, ...origin, claims }, { ttl })
    return identity(key, claims)
  }

  /** As `authenticate`, at once where the token was proven before and its key has just been known; undefined: that finds out. */
  authenticateKnown(token: string): ParticipantIdentity | undefined {
    const seen = token.length > TOKEN_CHARACTERS_MAX ? undefined : this.verified.get(sha256(token).toString('base64'))
    if (seen === undefined || isOver(seen)) return undefined
    const key = this.known.peek(nameOf(seen.slug, seen.kid))
    return key?.id === seen.keyId ? identity(key, seen.claims) : undefined
  }

  /** Registers a public key; tokens signed with it are good at once in this process, within 5 s in others. */
  async registerKey(ctx: Context, kid: string, algorithm: string, publicJwk: string): Promise<ParticipantKeyView> {
    const { view, tenantSlug } = await this.keys.register(ctx, kid, algorithm, publicJwk)
    this.known.forget(nameOf(tenantSlug, view.kid))
    return view
  }

  /** Takes a key out of use: its tokens are refused at once in this process, within 5 s in others. Throws NOT_FOUND. */
  async revokeKey(ctx: Context, id: string): Promise<ParticipantKeyView> {
    const { view, tenantSlug } = await this.keys.revoke(ctx, id)
    this.known.forget(nameOf(tenantSlug, view.kid))
    return view
  }

  listKeys(ctx: Context): Promise<ParticipantKeyView[]> {
    return this.keys.list(ctx)
  }

  private key(slug: string, kid: string): Promise<VerificationKey | null> {
    return this.known.get(nameOf(slug, kid), () => this.keys.find(slug, kid))
  }

  private async verify(token: string, key: VerificationKey): Promise<ParticipantClaims | null> {
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [key.algorithm],
        audience: AUDIENCE,
        issuer: key.tenantSlug,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      })
      return readClaims(payload, Date.now())
    } catch (error) {
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }
}

const isOver = ({ claims }: Verified) => claims.expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1_000 <= Date.now()

// A slug holds no slash.
const nameOf = (slug: string, kid: string) => `${slug}/${kid}`

const identity = (key: VerificationKey, claims: ParticipantClaims): ParticipantIdentity => ({
  tenantId: key.tenantId,
  tenantSlug: key.tenantSlug,
  drawsPerSecondMax: key.drawsPerSecondMax,
  deviceIpDrawsPerSecondMax: key.deviceIpDrawsPerSecondMax,
  participantDrawsPerSecondMax: key.participantDrawsPerSecondMax,
  userId: claims.userId,
  tier: claims.tier,
  riskPool: claims.riskPool,
  segments: claims.segments,
  attributes: claims.attributes,
})

/** Where to look for the key, from the token's own unproven words: believed only after the signature says so. */
function readOrigin(token: string): { slug: string; kid: string } | null {
  try {
    const { kid } = decodeProtectedHeader(token)
    const { iss } = decodeJwt(token)
    if (typeof kid !== 'string' || !isSafeId(kid, KID_CHARACTERS_MAX) || typeof iss !== 'string' || !isSlug(iss)) return null
    return { slug: iss, kid }
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null
    throw error
  }
}
