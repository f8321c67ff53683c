import type { ChangeState } from '../../generated/graphql.js'
import type { Tone } from '../../ui/badge.js'

export const STATES = ['PENDING', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'STALE', 'EXPIRED'] as const satisfies readonly ChangeState[]

export const TONES: Readonly<Record<ChangeState, Tone>> = {
  PENDING: 'warn', APPLYING: 'info', APPLIED: 'good', REJECTED: 'bad', WITHDRAWN: 'idle', STALE: 'bad', EXPIRED: 'idle',
}

/** Of all that was read about changes that wait, or waited. */
export const APPROVALS_KEY = ['approvals'] as const
