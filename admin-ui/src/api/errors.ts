export type ApiErrorCode =
  | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BAD_USER_INPUT' | 'RATE_LIMITED' | 'OVERLOADED' | 'NOT_FOUND' | 'CONFLICT' | 'APPROVAL_REQUIRED' | 'INTERNAL'
  /** No answer came. */
  | 'NETWORK'
  /** The server is of another version than this page. */
  | 'STALE_PAGE'

export interface ApiErrorDetails {
  readonly field?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
  /** Tells cases of one code apart. */
  readonly reason?: string | undefined
  /** What the reason leaves open. */
  readonly params?: Readonly<Record<string, string | number>> | undefined
  /** Of APPROVAL_REQUIRED: what waits for another operator. */
  readonly changeRequestId?: string | undefined
}

/** A refusal or a failure, as the API words it. */
export class ApiError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    readonly details: ApiErrorDetails = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export const isApiError = (error: unknown, ...codes: ApiErrorCode[]): error is ApiError =>
  error instanceof ApiError && (codes.length === 0 || codes.includes(error.code))

/** One of an answer's `errors`. */
export interface AnswerError {
  readonly message: string
  readonly extensions?: ApiErrorDetails & { readonly code?: string }
}

export function refusalOf({ message, extensions = {} }: AnswerError): ApiError {
  const { code = 'INTERNAL', field, retryAfterMs, requestId, reason, params, changeRequestId } = extensions
  const details = { field, retryAfterMs, requestId, reason, params, changeRequestId }
  return new ApiError(field === 'documentId' ? 'STALE_PAGE' : code as ApiErrorCode, message, details)
}
