import type { DrawState } from '../../generated/graphql.js'
import type { Tone } from '../../ui/badge.js'

export const TONES: Readonly<Record<DrawState, Tone>> = { PENDING: 'warn', VALIDATING: 'warn', WINNING: 'info', LOSING: 'info', SETTLED: 'good' }

/** Of all that was read about draws. */
export const DRAWS_KEY = ['draws'] as const
