import type { Context } from '../../common/context.js'
import { isTest } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { currentRequest } from '../../platform/telemetry/request-context.js'
import type { Access } from './access.js'
import type { AppAuth, AuthRequest } from './request-auth.js'

export const requestIdOf = (request: AuthRequest): string => currentRequest()?.requestId ?? String(request.id ?? 'unknown')

/** The Context of a proven caller of the tenants' API. */
export function contextOfCaller(auth: AppAuth, request: AuthRequest): Context {
  const { tenantId } = auth
  const requestId = requestIdOf(request)
  if (auth.kind === 'server') {
    return { tenantId, requestId, caller: { kind: 'server', apiKeyId: auth.apiKeyId, ...(auth.test ? { test: true } : {}) } }
  }
  const { userId, tier, riskPool, segments, attributes } = auth
  return { tenantId, requestId, caller: { kind: 'participant', userId, ip: request.ip, facts: { tier, riskPool, segments, attributes } } }
}

/** Throws FORBIDDEN where an operation that declares this is not for that caller. */
export function admitCaller(ctx: Context, { callers }: Extract<Access, { api: 'app' }>, testKeysToo: boolean): void {
  const { kind } = ctx.caller
  if (!callers.some((caller) => caller === kind)) throw new AppError('FORBIDDEN', 'This operation is for a tenant’s server alone')
  if (isTest(ctx) && !testKeysToo) throw new AppError('FORBIDDEN', 'This operation does not exist in the test world: call it with a live key')
}
