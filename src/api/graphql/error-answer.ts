import { HttpException } from '@nestjs/common'
import { AppError, type ErrorCode } from '../../common/errors.js'
import type { Params } from '../../common/reasons.js'
import { isDatabaseUnavailable, isUnstorableText } from '../../platform/prisma/database-errors.js'
import { isRedisAway } from '../../platform/redis/redis-errors.js'

/** What a caller is told: a message and `extensions`. */
export interface ErrorAnswer {
  readonly message: string
  readonly extensions: {
    readonly code: ErrorCode
    readonly field?: string
    readonly retryAfterMs?: number
    readonly changeRequestId?: string
    readonly moved?: readonly string[]
    /** Tells cases of one code apart; for errors before execution, what the GraphQL server calls it. */
    readonly reason?: string
    /** What the reason leaves open. */
    readonly params?: Params
    readonly requestId: string
  }
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 400,
  CONFLICT: 400,
  APPROVAL_REQUIRED: 403,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  INTERNAL: 500,
}

const UNAVAILABLE_RETRY_MS = 1_000
const MESSAGE_MAX = 500

export const httpStatusOf = (code: string): number => STATUS[code as ErrorCode] ?? 500

/** In seconds, rounded up, as HTTP wants it; undefined where waiting does not help. */
export const retryAfterOf = (extensions: { retryAfterMs?: unknown }): string | undefined =>
  typeof extensions.retryAfterMs === 'number' ? String(Math.max(1, Math.ceil(extensions.retryAfterMs / 1000))) : undefined

/** An error that somebody threw, as an expected one where it is; null: unexpected, to be logged and not shown. */
export function expectedError(error: unknown): AppError | null {
  if (error instanceof AppError) return error.code === 'INTERNAL' ? null : withRetry(error)
  if (isDatabaseUnavailable(error) || isRedisAway(error)) {
    return new AppError('OVERLOADED', 'The service is not available for a moment; try again', { retryAfterMs: UNAVAILABLE_RETRY_MS })
  }
  if (isUnstorableText(error)) return new AppError('BAD_USER_INPUT', 'A text contains characters that cannot be kept')
  // Nest's own: a guard that answered false, a pipe that refused.
  if (error instanceof HttpException) {
    const status = error.getStatus()
    if (status === 401) return new AppError('UNAUTHENTICATED', 'Authentication is needed')
    if (status === 403) return new AppError('FORBIDDEN', 'This is not allowed')
    if (status >= 400 && status < 500) return new AppError('BAD_USER_INPUT', error.message)
  }
  return null
}

/** RATE_LIMITED and OVERLOADED always say when to come again. */
const withRetry = (error: AppError): AppError =>
  (error.code === 'RATE_LIMITED' || error.code === 'OVERLOADED') && error.details.retryAfterMs === undefined
    ? new AppError(error.code, error.message, { ...error.details, retryAfterMs: UNAVAILABLE_RETRY_MS })
    : error

export function answerOf(error: AppError, requestId: string, reason?: string): ErrorAnswer {
  const { field, retryAfterMs, changeRequestId, moved, params } = error.details
  const cause = reason ?? error.details.reason
  return {
    message: shortened(error.message),
    extensions: {
      code: error.code,
      ...(field === undefined ? {} : { field }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(changeRequestId === undefined ? {} : { changeRequestId }),
      ...(moved === undefined ? {} : { moved }),
      ...(cause === undefined ? {} : { reason: cause }),
      ...(params === undefined ? {} : { params }),
      requestId,
    },
  }
}

export const internalAnswer = (requestId: string): ErrorAnswer => ({
  message: `Something went wrong here; it was logged as ${requestId}`,
  extensions: { code: 'INTERNAL', requestId },
})

/** Messages repeat what the caller sent, which may be long. */
const shortened = (message: string): string => (message.length <= MESSAGE_MAX ? message : `${message.slice(0, MESSAGE_MAX)}…`)
