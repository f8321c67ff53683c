import { ApiError, type ApiErrorCode, type ApiErrorDetails } from './errors.js'

/** The server gives a file five minutes, and tells how it ended. */
const TIMEOUT_MS = 320_000

interface Refused {
  readonly errors?: ReadonlyArray<{ readonly message: string; readonly extensions?: ApiErrorDetails & { readonly code?: string } }>
}

/**
 * Sends a CSV file; `onSent` is told how much of it has gone, from 0 to 1. What the server answers of its own is given
 * back, whatever its status: `isAnswer` knows it. Throws ApiError for refusals, and NETWORK where no answer came.
 */
export function uploadCsv<T extends object>(
  url: string, file: Blob, isAnswer: (body: object) => body is T, onSent: (part: number) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const lost = () => { reject(new ApiError('NETWORK', 'No answer came')) }
    request.open('POST', url)
    request.timeout = TIMEOUT_MS
    request.responseType = 'json'
    request.setRequestHeader('content-type', 'text/csv')
    request.upload.onprogress = ({ loaded, total }) => { onSent(total === 0 ? 1 : loaded / total) }
    request.onerror = lost
    request.ontimeout = lost
    request.onabort = lost
    request.onload = () => {
      const body = request.response as unknown
      if (typeof body !== 'object' || body === null) return lost()
      if (isAnswer(body)) return resolve(body)
      const [first] = (body as Refused).errors ?? []
      const { code = 'INTERNAL', field, retryAfterMs, requestId, reason, params } = first?.extensions ?? {}
      reject(new ApiError(code as ApiErrorCode, first?.message ?? '', { field, retryAfterMs, requestId, reason, params }))
    }
    request.send(file)
  })
}
