import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../common/errors.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import { may } from '../auth/access.js'
import type { OperatorAuthenticator } from '../auth/operator-authenticator.js'
import { answerOf, expectedError, internalAnswer } from '../graphql/error-answer.js'
import { sendErrorAnswer } from '../graphql/graphql-http.js'
import type { QueueDeskAccess } from './queue-desk-access.js'

export interface DeskGuard {
  readonly operators: OperatorAuthenticator
  readonly access: QueueDeskAccess
  readonly logger: Logger
}

/**
 * A hook of the desk's own context: it runs for whatever route of the desk the router has chosen, however the path was
 * written, where a middleware would compare the path by itself. It answers by itself too: the board's own error handler
 * would make a 500 of a refusal.
 */
export function deskGuard({ operators, access, logger }: DeskGuard) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      // It only reads, so that nothing needs the page to be one of ours; another site's page is not sent the cookie.
      const { tenantId, role, totpOwed } = await operators.authenticate(request.headers, false, false)
      const isAllowed = !totpOwed && may.readQueues.some((allowed) => allowed === role) && await access.opensTo(tenantId)
      if (!isAllowed) throw new AppError('FORBIDDEN', 'The queues are the installation’s: QUEUE_DESK_TENANT names the tenant whose owners may see them')
      return undefined
    } catch (error) {
      const expected = expectedError(error)
      if (expected === null) logger.error({ err: error, requestId: request.id }, 'The queue desk could not tell who asks')
      return sendErrorAnswer(reply, expected === null ? internalAnswer(request.id) : answerOf(expected, request.id))
    }
  }
}
