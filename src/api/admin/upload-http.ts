import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../common/errors.js'
import { IMPORT_BYTES_MAX, IMPORT_MS_MAX } from '../../modules/codes/code-import.service.js'
import { answerOf } from '../graphql/error-answer.js'
import { sendErrorAnswer } from '../graphql/graphql-http.js'

const UPLOAD_PATH = '/admin/codes/import'
const STOPPING_RETRY_MS = 1_000

/**
 * The route that takes files: its body is handed on as it comes, and may take longer than others. Call before the routes
 * are registered.
 */
export function serveUploads(fastify: FastifyInstance, stopping: () => boolean): void {
  fastify.addContentTypeParser('text/csv', (_request, payload, done) => { done(null, payload) })
  fastify.addHook('onRoute', (route) => {
    if (route.url !== UPLOAD_PATH) return
    route.config = { ...route.config, requestMsMax: IMPORT_MS_MAX }
    const own = [(request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      void reply.header('cache-control', 'no-store')
      const refused = refusal(request, stopping())
      if (refused === null) done()
      else sendErrorAnswer(reply, answerOf(refused.error, request.id), refused.status)
    }]
    route.onRequest = route.onRequest === undefined ? own : own.concat(route.onRequest as typeof own)
  })
}

function refusal({ headers }: FastifyRequest, stopping: boolean): { error: AppError; status?: number } | null {
  if (stopping) return { error: new AppError('OVERLOADED', 'This process is stopping; send it again', { retryAfterMs: STOPPING_RETRY_MS }) }
  if (!/^text\/csv\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    return { error: new AppError('BAD_USER_INPUT', 'Content-Type must be text/csv', { field: 'Content-Type' }), status: 415 }
  }
  if (Number(headers['content-length'] ?? 0) > IMPORT_BYTES_MAX) {
    return { error: new AppError('BAD_USER_INPUT', `The body may have at most ${IMPORT_BYTES_MAX} bytes`, { field: 'body' }), status: 413 }
  }
  return null
}
