import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GqlExecutionContext } from '@nestjs/graphql'
import { proofOf } from './proof.js'
import type { GraphqlContext } from './request-auth.js'

const graphqlContext = (execution: ExecutionContext) => GqlExecutionContext.create(execution).getContext<GraphqlContext>()

function proven(execution: ExecutionContext) {
  const isRoute = execution.getType() === 'http'
  const { proven: proof } = proofOf(isRoute ? execution.switchToHttp().getRequest<FastifyRequest>() : graphqlContext(execution))
  if (proof === undefined) throw new Error('A public operation has no caller, so it cannot ask for one')
  return proof
}

/** The caller's Context: the first argument of every service. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext) => proven(execution).ctx)

/** The id of the operator's session. */
export const SessionId = createParamDecorator((_: unknown, execution: ExecutionContext) => {
  const { session } = proven(execution)
  if (session === undefined) throw new Error('Only an operator has a session')
  return session.sessionId
})

/** The HTTP request and, where there is one, its reply. */
export const Http = createParamDecorator((_: unknown, execution: ExecutionContext): GraphqlContext => graphqlContext(execution))
