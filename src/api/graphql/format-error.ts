import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { AppError } from '../../common/errors.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import { currentRequest } from '../../platform/telemetry/request-context.js'
import { answerOf, expectedError, internalAnswer } from './error-answer.js'

/** Refused before any resolver ran: the caller's mistake, and safe to repeat to it. */
const CALLERS_MISTAKES = new Set([
  'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED',
])
const VARIABLE = /^Variable "\$(\w+)" (?:got invalid value .* at "([^"]+)";|)/s
const ARGUMENT = /^Argument "(\w+)" /
const UNKNOWN_INPUT_FIELD = /Field "(\w+)" is not defined by type/

/** The one place where an error becomes what a caller sees: never a stack, SQL or what Redis said. */
export function formatErrorWith(logger: Logger) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const requestId = currentRequest()?.requestId ?? ''
    const { locations, path } = formatted
    const place = { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) }
    const original = unwrapResolverError(thrown)
    const expected = expectedError(original) ?? callersMistake(formatted, original)
    if (expected !== null) {
      const code = formatted.extensions?.code
      const reason = original instanceof GraphQLError && typeof code === 'string' && code !== expected.code ? code : undefined
      return { ...answerOf(expected, requestId, reason), ...place }
    }
    logger.error({ err: original, path: formatted.path?.join('.') }, 'A request failed unexpectedly')
    return { ...internalAnswer(requestId), ...place }
  }
}

function callersMistake(formatted: GraphQLFormattedError, original: unknown): AppError | null {
  if (!(original instanceof GraphQLError)) return null
  const code = formatted.extensions?.code
  const field = fieldOf(original.message)
  // graphql-js checks some arguments only when it comes to the field, and gives these no code.
  const refused = (typeof code === 'string' && CALLERS_MISTAKES.has(code)) || ARGUMENT.test(original.message)
  return refused ? new AppError('BAD_USER_INPUT', original.message, field === undefined ? {} : { field }) : null
}

function fieldOf(message: string): string | undefined {
  const variable = VARIABLE.exec(message)
  const unknown = UNKNOWN_INPUT_FIELD.exec(message)?.[1]
  if (variable !== null) {
    const at = variable[2] ?? variable[1]
    return unknown === undefined ? at : `${at}.${unknown}`
  }
  return unknown ?? ARGUMENT.exec(message)?.[1]
}
