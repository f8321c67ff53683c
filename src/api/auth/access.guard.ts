import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { GqlExecutionContext, type GqlContextType } from '@nestjs/graphql'
import type { FastifyRequest } from 'fastify'
import type { GraphQLResolveInfo } from 'graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { OperatorSession } from '../../modules/tenancy/tenancy.types.js'
import { ACCESS, type Access, TEST_KEYS, WHILE_ENROLLING } from './access.js'
import { AppAuthenticator } from './app-authenticator.js'
import { admitCaller, contextOfCaller, requestIdOf } from './caller-context.js'
import { OperatorAuthenticator } from './operator-authenticator.js'
import { proofOf, type Proof } from './proof.js'
import type { AuthRequest, GraphqlContext } from './request-auth.js'

/**
 * Stands before every operation of both APIs, and opens only to those that an operation's declaration names: what
 * declares nothing runs for nobody.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly app: AppAuthenticator,
    private readonly operators: OperatorAuthenticator,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<Access | undefined>(ACCESS, execution.getHandler())
    if (execution.getType<GqlContextType>() === 'http') return this.admitToRoute(execution.switchToHttp().getRequest<FastifyRequest>(), access)
    if (execution.getType<GqlContextType>() !== 'graphql') return false
    const graphql = GqlExecutionContext.create(execution)
    const info = graphql.getInfo<GraphQLResolveInfo>()
    // A field below the root is reached through a root field, which was guarded.
    if (info.path.prev !== undefined) return true
    if (access === undefined) throw new AppError('FORBIDDEN', 'This operation is not open to anybody')
    const context = graphql.getContext<GraphqlContext>()
    if (access.api === 'app') await this.admitCaller(context, access, this.reflector.get<true | undefined>(TEST_KEYS, execution.getHandler()) === true)
    else if (access.api === 'admin') {
      const session = await this.admitOperator(context, context.req, access.roles, info.operation.operation !== 'query')
      if (this.reflector.get<true | undefined>(WHILE_ENROLLING, execution.getHandler()) !== true) refuseWhileEnrolling(session)
    }
    return true
  }

  /** The few plain routes of the operators' API, under the same rules as its operations. */
  private async admitToRoute(req: FastifyRequest, access: Access | undefined): Promise<boolean> {
    if (access?.api === 'admin') refuseWhileEnrolling(await this.admitOperator(req, req, access.roles, req.method !== 'GET' && req.method !== 'HEAD'))
    return access?.api === 'admin' || access?.api === 'public'
  }

  private async admitCaller(context: GraphqlContext, access: Extract<Access, { api: 'app' }>, testKeysToo: boolean): Promise<void> {
    const { ctx } = await once(context, 'app', async () => {
      const auth = context.req.drawbridge?.auth ?? (await this.app.authenticate(context.req.headers))
      return { ctx: contextOfCaller(auth, context.req) }
    })
    admitCaller(ctx, access, testKeysToo)
  }

  private async admitOperator(proven: object, req: AuthRequest, roles: readonly string[], changes: boolean): Promise<OperatorSession> {
    const { session } = await once(proven, 'admin', async () => {
      const session = await this.operators.authenticate(req.headers, changes)
      return { ctx: contextOfOperator(session, req), session }
    })
    if (session === undefined || !roles.includes(session.role)) throw new AppError('FORBIDDEN', 'Your role does not allow this')
    return session
  }
}

function refuseWhileEnrolling({ totpOwed }: OperatorSession): void {
  if (totpOwed) throw new AppError('FORBIDDEN', 'Your tenant asks for a second factor: enrol one first', { reason: 'TOTP_ENROLMENT_REQUIRED' })
}

/** The root fields of one operation run at the same time, and share one proof: that of the GraphQL context, or of a route's request. */
function once(context: object, api: 'app' | 'admin', prove: () => Promise<Proof>): Promise<Proof> {
  const proofs = proofOf(context)
  return (proofs[api] ??= prove().then((proof) => (proofs.proven = proof)))
}

function contextOfOperator({ tenantId, operatorId, role }: OperatorSession, request: AuthRequest): Context {
  return { tenantId, requestId: requestIdOf(request), caller: { kind: 'operator', operatorId, role }, ip: request.ip }
}
