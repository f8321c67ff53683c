import type { DrawResult, RejectionCode } from '../draws.types.js'

const MESSAGES: Record<RejectionCode, string> = {
  CAMPAIGN_NOT_FOUND: 'There is no such campaign.',
  IDEMPOTENCY_CONFLICT: 'This idempotency key was used for a draw with other parameters.',
  RECOVERING: 'The campaign is being restored. Send the draw again with the same idempotency key.',
  CAMPAIGN_NOT_STARTED: 'The campaign has not started yet.',
  CAMPAIGN_ENDED: 'The campaign has ended.',
  CAMPAIGN_PAUSED: 'The campaign is paused.',
  BLOCKED: 'This participant may not draw.',
  NOT_ELIGIBLE: 'This participant is not eligible for this campaign.',
  TOO_FREQUENT: 'Too many draws in a short time. Wait and try again.',
  QUOTA_EXCEEDED: 'The participant has no draws, or no wins, left in this campaign.',
  NO_TICKETS: 'The participant has too few tickets.',
  SOLD_OUT: 'All prizes are gone.',
}
const RECOVERING_RETRY_AFTER_MS = 1_000
// GraphQL's Int ends at 24.8 days; a campaign may start later than that.
const RETRY_AFTER_MS_MAX = 2 ** 31 - 1

export function rejected(code: RejectionCode, retryAfterMs: number | null = null): DrawResult {
  const message = code === 'SOLD_OUT' && retryAfterMs !== null ? 'All packets of this wave are gone. The next wave begins later.' : MESSAGES[code]
  const waitMs = retryAfterMs ?? (code === 'RECOVERING' ? RECOVERING_RETRY_AFTER_MS : null)
  return { kind: 'rejected', code, message, retryAfterMs: waitMs === null ? null : Math.min(waitMs, RETRY_AFTER_MS_MAX) }
}
