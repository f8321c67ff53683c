import { isSafeId } from '../../../common/ids.js'

const AGE_SECONDS_MAX = 24 * 60 * 60
export const CLOCK_TOLERANCE_SECONDS = 5
const LABEL_CHARACTERS_MAX = 64
const SEGMENTS_MAX = 32

export interface ParticipantClaims {
  readonly userId: string
  readonly tier: string | null
  readonly segments: readonly string[]
  readonly expiresAtMs: number
}

const isLabel = (value: unknown): value is string => typeof value === 'string' && isSafeId(value, LABEL_CHARACTERS_MAX)
const isLabels = (value: unknown): value is string[] => Array.isArray(value) && value.length <= SEGMENTS_MAX && value.every(isLabel)

/**
 * What a verified token says, or null when it may not say it: no or a far exp, a sub that cannot be a name, too many
 * or odd labels. A token whose labels cannot be read is refused whole: dropping them could open what they should close.
 */
export function readClaims(payload: Readonly<Record<string, unknown>>, nowMs: number): ParticipantClaims | null {
  const { sub, exp, iat, tier, segments } = payload
  if (typeof sub !== 'string' || !isSafeId(sub)) return null
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return null
  if (exp > nowMs / 1_000 + AGE_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) return null
  if (iat !== undefined && (typeof iat !== 'number' || exp - iat > AGE_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS)) return null
  if (tier != null && !isLabel(tier)) return null
  if (segments != null && !isLabels(segments)) return null
  const labels: string[] = segments ?? []
  return { userId: sub, tier: tier ?? null, segments: Object.freeze([...labels]), expiresAtMs: exp * 1_000 }
}
