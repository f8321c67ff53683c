import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../common/errors.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { answerOf, expectedError, internalAnswer } from './error-answer.js'
import { sendErrorAnswer } from './graphql-http.js'

/** In Nest's place, which would log every refusal as an error: GraphQL's errors go on to formatError. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() !== 'http') return error
    const request = host.switchToHttp().getRequest<FastifyRequest>()
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    const requestId = request.id
    const status = error instanceof HttpException ? error.getStatus() : undefined
    const expected = status === 404 ? new AppError('NOT_FOUND', 'There is nothing here') : expectedError(error)
    if (expected === null) this.logger.error({ err: error, requestId }, 'A request failed unexpectedly')
    void sendErrorAnswer(reply, expected === null ? internalAnswer(requestId) : answerOf(expected, requestId), status)
    return undefined
  }
}
