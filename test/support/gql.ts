export interface GqlError {
  message: string
  path?: Array<string | number>
  extensions?: { code?: string; requestId?: string; retryAfterMs?: number; [key: string]: unknown }
}

export interface GqlAnswer<T> {
  status: number
  body: { data?: T | null; errors?: GqlError[]; extensions?: Record<string, unknown> }
  headers: Headers
}

const requestTimeoutMs = 30_000

/**
 * Posts one GraphQL operation as a caller would, refusals included: never throws on an HTTP status.
 * Throws when there is no answer within 30 s or when the answer is not JSON.
 */
export async function gql<T = Record<string, unknown>>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<GqlAnswer<T>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) as GqlAnswer<T>['body'], headers: response.headers }
  } catch {
    throw new Error(`HTTP ${response.status} and no JSON: ${text.slice(0, 200)}`)
  }
}

/** As gql, but throws with the errors' codes unless there is data and no error. */
export async function gqlData<T = Record<string, unknown>>(...args: Parameters<typeof gql>): Promise<T> {
  const { status, body } = await gql<T>(...args)
  if (body.errors !== undefined || body.data == null) {
    const errors = (body.errors ?? []).map(({ message, extensions }) => `${extensions?.code ?? 'no code'}: ${message}`)
    throw new Error(`HTTP ${status}: ${errors.join('; ') || 'no data'}`)
  }
  return body.data
}
