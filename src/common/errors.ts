import type { Params, Reason } from './reasons.js'

export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'APPROVAL_REQUIRED'
  | 'INTERNAL'

export interface ErrorDetails {
  readonly field?: string
  readonly retryAfterMs?: number
  /** Tells cases of one code apart. */
  readonly reason?: Reason
  /** What the reason leaves open: for who words it himself. */
  readonly params?: Params
  /** Of APPROVAL_REQUIRED: what waits for a second operator. */
  readonly changeRequestId?: string
  /** Of CONFLICT: the fields that have changed meanwhile. */
  readonly moved?: readonly string[]
}

/** An expected failure that the caller is told about: the message is shown to it as it is. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message)
    this.name = 'AppError'
  }
}

export const badInput = (field: string, message: string, reason?: Reason, params?: Params) => new AppError('BAD_USER_INPUT', `${field}: ${message}`, {
  field, ...(reason === undefined ? {} : { reason }), ...(params === undefined ? {} : { params }),
})

/** Somebody else was first: what the caller said that it had seen (`expected`) is not what there is. `moved`: the fields that are others. */
export const movedMeanwhile = (message: string, moved: readonly string[]) => new AppError('CONFLICT', message, { field: 'expected', moved, reason: 'MOVED' })
