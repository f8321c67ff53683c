import type { ApolloServerPlugin } from '@apollo/server'
import { httpStatusOf, retryAfterOf } from './error-answer.js'

const ERRORS_MAX = 10

/**
 * A refusal has its HTTP status (and Retry-After) also when it came from a guard or a resolver. An answer that carries
 * any data is 200, with its errors in the body.
 */
export const httpStatusPlugin: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendResponse({ response }) {
        if (response.body.kind !== 'single') return
        const { data, errors } = response.body.singleResult
        if (errors !== undefined && errors.length > ERRORS_MAX) response.body.singleResult.errors = errors.slice(0, ERRORS_MAX)
        const first = errors?.[0]
        if (first === undefined || hasAny(data)) return
        const code = first.extensions?.code
        // Errors before execution keep the status that Apollo gave them (405 for a mutation by GET, say).
        const given = response.http.status ?? 200
        if (data === undefined && given >= 400 && given < 500 && code === 'BAD_USER_INPUT') return
        response.http.status = httpStatusOf(typeof code === 'string' ? code : 'INTERNAL')
        const retryAfter = retryAfterOf(first.extensions ?? {})
        if (retryAfter !== undefined) response.http.headers.set('retry-after', retryAfter)
      },
    }
  },
}

const hasAny = (data: Record<string, unknown> | null | undefined): boolean =>
  data !== null && data !== undefined && Object.values(data).some((value) => value !== null)
