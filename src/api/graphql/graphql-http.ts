import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../common/errors.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import { answerOf, type ErrorAnswer, expectedError, httpStatusOf, internalAnswer, retryAfterOf } from './error-answer.js'

export const APP_PATH = '/graphql'
export const ADMIN_PATH = '/admin/graphql'
const STOPPING_RETRY_MS = 1_000
const PATHS: readonly string[] = [APP_PATH, ADMIN_PATH]

/** Answers in GraphQL's shape from below GraphQL: hooks that refuse early, and Fastify's own refusals. */
export function sendErrorAnswer(reply: FastifyReply, answer: ErrorAnswer, status = httpStatusOf(answer.extensions.code)): FastifyReply {
  const retryAfter = retryAfterOf(answer.extensions)
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  return reply.code(status).header('cache-control', 'no-store').header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ errors: [answer] }))
}

interface GuardOptions {
  readonly appBytesMax: number
  readonly adminBytesMax: number
  /** Whether this process takes no new requests any more; those that come over connections still open are sent away. */
  readonly stopping: () => boolean
}

/** Call before the GraphQL routes are registered. */
export function guardGraphqlHttp(fastify: FastifyInstance, logger: Logger, options: GuardOptions): void {
  fastify.addHook('onRoute', (route) => {
    if (!PATHS.includes(route.url)) return
    const bodyBytesMax = route.url === ADMIN_PATH ? options.adminBytesMax : options.appBytesMax
    route.bodyLimit = bodyBytesMax
    route.errorHandler = (error, request, reply) => { answerFailure(error, request, reply, logger, bodyBytesMax) }
    const own = [(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
      void reply.header('cache-control', 'no-store')
      if (options.stopping()) done(new AppError('OVERLOADED', 'This process is stopping; send it again', { retryAfterMs: STOPPING_RETRY_MS }))
      else done(request.method === 'POST' ? contentTypeTrouble(request.headers['content-type']) : undefined)
    }]
    route.onRequest = route.onRequest === undefined ? own : own.concat(route.onRequest as typeof own)
  })
}

class HttpTrouble extends AppError {
  constructor(readonly httpStatus: number, message: string, field?: string) {
    super('BAD_USER_INPUT', message, field === undefined ? {} : { field })
  }
}

function contentTypeTrouble(contentType: string | undefined): HttpTrouble | undefined {
  if (contentType !== undefined && /^application\/json\s*(?:;|$)/i.test(contentType)) return undefined
  return new HttpTrouble(415, 'Content-Type must be application/json', 'Content-Type')
}

function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply, logger: Logger, bodyBytesMax: number): void {
  const { requestId } = request.observed
  const expected = fastifysOwn(error, bodyBytesMax) ?? expectedError(error)
  if (expected === null) {
    logger.error({ err: error, requestId }, 'A request failed unexpectedly')
    void sendErrorAnswer(reply, internalAnswer(requestId))
    return
  }
  void sendErrorAnswer(reply, answerOf(expected, requestId), expected instanceof HttpTrouble ? expected.httpStatus : undefined)
}

/** What Fastify refuses by itself while it reads a request. */
function fastifysOwn(error: FastifyError, bodyBytesMax: number): HttpTrouble | null {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new HttpTrouble(413, `The body may have at most ${bodyBytesMax} bytes`, 'body')
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new HttpTrouble(415, 'Content-Type must be application/json', 'Content-Type')
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return new HttpTrouble(400, 'The body is empty', 'body')
  if (error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return new HttpTrouble(400, 'The body is not as long as Content-Length says', 'body')
  if (error instanceof AppError) return error instanceof HttpTrouble ? error : null
  if (error instanceof SyntaxError || error.code === 'FST_ERR_CTP_INVALID_JSON_BODY') return new HttpTrouble(400, 'The body is not valid JSON', 'body')
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500 ? new HttpTrouble(error.statusCode, 'The request cannot be read') : null
}
