import { isSafeId } from '../../../common/ids.js'
import { isFactsProblem, type ParticipantFacts, readFacts } from '../../../common/participant-facts.js'

const AGE_SECONDS_MAX = 24 * 60 * 60
export const CLOCK_TOLERANCE_SECONDS = 5

export interface ParticipantClaims extends ParticipantFacts {
  readonly userId: string
  readonly expiresAtMs: number
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What a verified token says, or null when it may not say it: no or a far exp, a sub that cannot be a name, too many
 * or odd labels or attributes. A token whose facts cannot be read is refused whole: dropping them could open what they should close.
 */
export function readClaims(payload: Readonly<Record<string, unknown>>, nowMs: number): ParticipantClaims | null {
  const { sub, exp, iat, tier, riskPool, segments, attributes } = payload
  if (typeof sub !== 'string' || !isSafeId(sub)) return null
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return null
  if (exp > nowMs / 1_000 + AGE_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) return null
  if (iat !== undefined && (typeof iat !== 'number' || exp - iat > AGE_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS)) return null
  if (attributes != null && !isObject(attributes)) return null
  const facts = readFacts({ tier, riskPool, segments, attributes: attributes == null ? null : Object.entries(attributes) })
  return isFactsProblem(facts) ? null : { userId: sub, ...facts, expiresAtMs: exp * 1_000 }
}
