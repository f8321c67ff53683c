import { Injectable } from '@nestjs/common'
import type { Context, Role } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { sha256 } from '../../common/hash.js'
import { isUuid, newId } from '../../common/ids.js'
import { checkFirst } from '../../common/row-cursor.js'
import type { Prisma } from '../../generated/prisma/client.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { PolicyService } from '../tenancy/policy.service.js'
import { changeOf, type ChangeRequestRow, SELECT, stateOf, toView, whereState } from './change-request.store.js'
import { freeze } from './domain/stored-input.js'
import {
  rolesFor, type ChangeRequest, type ChangeRequestListing, type ChangeRequestPage, type ChangeState, type Proposal, type ProposedChange,
} from './governance.types.js'

const OPEN_MAX = 500
const INPUT_CHARACTERS_MAX = 1_000_000
const REASON_CHARACTERS_MAX = 500
/** After this, who was making the change is taken for dead, and it may be approved again. */
const LEASE_MS = 120_000
const HOUR_MS = 3_600_000

export type CampaignNames = ReadonlyMap<string, { readonly name: string; readonly currency: string | null }>

export interface Claim {
  readonly ctx: Context
  readonly request: ChangeRequest
  readonly change: ProposedChange
}

const missing = () => new AppError('NOT_FOUND', 'There is no such change request', { field: 'id' })
const over = (state: ChangeState) => new AppError('CONFLICT', `The change request is ${state.toLowerCase()}`, { field: 'id', reason: 'REQUEST_OVER', params: { state } })

function operatorOf({ caller }: Context): { operatorId: string; role: Role } {
  if (caller.kind !== 'operator') throw new AppError('FORBIDDEN', 'Changes are asked for and decided by operators')
  return caller
}

function checkedReason(reason: string): string {
  const trimmed = reason.trim()
  const sound = trimmed.length >= 1 && trimmed.length <= REASON_CHARACTERS_MAX && trimmed.isWellFormed() && !/\p{Cc}/u.test(trimmed)
  if (!sound) throw badInput('reason', `must have 1 to ${REASON_CHARACTERS_MAX} characters and no control characters`, 'NAME', { max: REASON_CHARACTERS_MAX })
  return trimmed
}

/** Changes that wait for a second operator: what was asked, by whom, and what became of it. Who asked never decides. */
@Injectable()
export class ChangeRequestService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    private readonly policy: PolicyService,
    private readonly metrics: Metrics,
  ) {}

  /** Null for what does not exist, or is another tenant's. */
  async get({ tenantId }: Context, id: string): Promise<ChangeRequest | null> {
    if (!isUuid(id)) return null
    const row = await this.prisma.tenant(tenantId, (tx) => tx.changeRequest.findFirst({ where: { tenantId, id }, select: SELECT }))
    return row === null ? null : toView(row)
  }

  /** Newest first; `after`: the id of the last seen. Throws BAD_USER_INPUT. */
  async list({ tenantId }: Context, wanted: ChangeRequestListing): Promise<ChangeRequestPage> {
    const { state, kind, first, after } = wanted
    checkFirst(first)
    if (after !== null && !isUuid(after)) throw badInput('after', 'is no cursor of this list')
    const where: Prisma.ChangeRequestWhereInput = {
      tenantId, ...(kind === null ? {} : { kinds: { has: kind } }), ...(after === null ? {} : { id: { lt: after } }),
      ...(state === null ? {} : whereState(state, new Date())),
    }
    const rows = await this.prisma.tenant(tenantId, (tx) =>
      tx.changeRequest.findMany({ where, orderBy: { id: 'desc' }, take: first + 1, select: SELECT }))
    return { requests: rows.slice(0, first).map(toView), hasNextPage: rows.length > first }
  }

  /** Of the campaigns that the requests are about: what they are called now, and the currency of their budgets. */
  async campaignNames({ tenantId }: Context, requests: readonly ChangeRequest[]): Promise<CampaignNames> {
    const ids = [...new Set(requests.flatMap(({ campaignId }) => (campaignId === null ? [] : [campaignId])))]
    if (ids.length === 0) return new Map()
    const rows = await this.prisma.tenant(tenantId, (tx) =>
      tx.campaign.findMany({ where: { tenantId, id: { in: ids } }, select: { id: true, name: true, budgetCurrency: true } }))
    return new Map(rows.map(({ id, name, budgetCurrency }) => [id, { name, currency: budgetCurrency }]))
  }

  /** The prize's stock at this moment; null where it is gone. */
  async stockNow({ tenantId }: Context, prizeId: string): Promise<number | null> {
    const where = { tenantId, id: prizeId, removedAt: null }
    const prize = await this.prisma.tenant(tenantId, (tx) => tx.prize.findFirst({ where, select: { stockTotal: true } }))
    return prize?.stockTotal ?? null
  }

  /** Keeps the change and makes nothing of it. The same one, asked again by its author while it waits, is the same request. */
  async propose(ctx: Context, proposal: Proposal): Promise<AppError> {
    const { operatorId: authorId } = operatorOf(ctx)
    const { tenantId } = ctx
    const input = freeze(proposal.change)
    const text = JSON.stringify(input)
    if (text.length > INPUT_CHARACTERS_MAX) throw badInput('input', 'is too large to wait for an approval: send it in parts', 'TOO_LARGE')
    const fingerprint = new Uint8Array(sha256(`${authorId}\n${text}`))
    const { approvalHours } = await this.policy.get(ctx)
    const { id, created } = await this.prisma.tenant(tenantId, async (tx) => {
      const now = new Date()
      const expired = { tenantId, fingerprint, state: 'PENDING' as const, expiresAt: { lte: now } }
      await tx.changeRequest.updateMany({ where: expired, data: { state: 'EXPIRED', version: { increment: 1 } } })
      if ((await tx.changeRequest.count({ where: { tenantId, ...whereState('PENDING', now) } })) >= OPEN_MAX) {
        throw new AppError('CONFLICT', `${OPEN_MAX} changes wait for an approval already: decide some first`, { reason: 'REQUESTS_FULL', params: { max: OPEN_MAX } })
      }
      const { change, kinds, campaignId, baseVersion, reason, summary, diff } = proposal
      const row = {
        tenantId, id: newId(), operation: change.operation, kinds: [...kinds], campaignId, baseVersion, input, reason, summary,
        fingerprint, authorId,
        diff: diff as unknown as Prisma.InputJsonArray, expiresAt: new Date(now.getTime() + approvalHours * HOUR_MS),
      }
      const { count } = await tx.changeRequest.createMany({ data: [row], skipDuplicates: true })
      if (count === 0) {
        const same = { tenantId, fingerprint, state: { in: ['PENDING' as const, 'APPLYING' as const] } }
        return { ...(await tx.changeRequest.findFirstOrThrow({ where: same, select: { id: true } })), created: false }
      }
      const after = { operation: row.operation, kinds, campaignId, baseVersion, reason, diff }
      await this.audit.record(tx, ctx, { action: 'change-request.created', subjectKind: 'change-request', subjectId: row.id, campaignId, after })
      return { id: row.id, created: true }
    })
    if (created) this.metrics.changeRequests.inc({ became: 'created' })
    return new AppError('APPROVAL_REQUIRED', `${proposal.summary}: a second operator must approve this; nothing has changed`, { changeRequestId: id })
  }

  /**
   * Takes the request for the caller, who then makes the change: of many who approve at once, one.
   * @throws AppError NOT_FOUND; FORBIDDEN for its author, and for a role that could not make the change; CONFLICT where it
   * is decided, has expired, or is not at `expectedVersion`
   */
  async claim(ctx: Context, id: string, expectedVersion: number): Promise<Claim> {
    const { operatorId } = operatorOf(ctx)
    const { publishers } = await this.policy.get(ctx)
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const row = await this.open(tx, ctx, id, expectedVersion, publishers)
      const version = row.version + 1
      const data = { state: 'APPLYING' as const, version, decidedBy: operatorId, leaseUntil: new Date(Date.now() + LEASE_MS) }
      await tx.changeRequest.updateMany({ where: { tenantId: ctx.tenantId, id }, data })
      const approval = { changeRequestId: id, authorId: row.authorId, version }
      return { ctx: { ...ctx, approval }, request: toView({ ...row, ...data }), change: changeOf(row) }
    })
  }

  /** The change is made. The audit log's entry of it has said so already where it is one transaction; else this does. */
  async applied({ ctx, request: { id, version } }: Claim): Promise<ChangeRequest> {
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const data = { state: 'APPLIED' as const, decidedAt: new Date(), leaseUntil: null }
      await tx.changeRequest.updateMany({ where: { tenantId: ctx.tenantId, id, version, state: 'APPLYING' }, data })
      return this.decided(tx, ctx, id, 'approved')
    })
  }

  /** It cannot be made any more. */
  async stale({ ctx, request: { id, version } }: Claim, why: string): Promise<void> {
    await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const data = { state: 'STALE' as const, decidedAt: new Date(), decisionReason: why.slice(0, REASON_CHARACTERS_MAX), leaseUntil: null }
      const { count } = await tx.changeRequest.updateMany({ where: { tenantId: ctx.tenantId, id, version, state: 'APPLYING' }, data })
      if (count > 0) await this.decided(tx, ctx, id, 'stale')
    })
  }

  /** It was not made now, for a reason that passes: it waits again. */
  async released({ ctx: { tenantId }, request: { id, version } }: Claim): Promise<void> {
    const data = { state: 'PENDING' as const, decidedBy: null, leaseUntil: null, version: version + 1 }
    await this.prisma.tenant(tenantId, (tx) => tx.changeRequest.updateMany({ where: { tenantId, id, version, state: 'APPLYING' }, data }))
  }

  /** By another than its author. Throws as `claim`. */
  async reject(ctx: Context, id: string, reason: string): Promise<ChangeRequest> {
    const { operatorId } = operatorOf(ctx)
    const decisionReason = checkedReason(reason)
    const { publishers } = await this.policy.get(ctx)
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      await this.open(tx, ctx, id, null, publishers)
      const data = { state: 'REJECTED' as const, version: { increment: 1 }, decidedBy: operatorId, decidedAt: new Date(), decisionReason }
      await tx.changeRequest.updateMany({ where: { tenantId: ctx.tenantId, id }, data })
      return this.decided(tx, ctx, id, 'rejected')
    })
  }

  /** By its author. Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
  async withdraw(ctx: Context, id: string): Promise<ChangeRequest> {
    const { operatorId } = operatorOf(ctx)
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const row = await this.locked(tx, ctx, id)
      if (row.authorId !== operatorId) throw new AppError('FORBIDDEN', 'Its author alone withdraws a change: reject it', { reason: 'NOT_AUTHOR' })
      const state = stateOf(row, new Date())
      if (state !== 'PENDING') throw over(state)
      const data = { state: 'WITHDRAWN' as const, version: { increment: 1 }, decidedBy: null, decidedAt: new Date(), leaseUntil: null }
      await tx.changeRequest.updateMany({ where: { tenantId: ctx.tenantId, id }, data })
      return this.decided(tx, ctx, id, 'withdrawn')
    })
  }

  private async locked(tx: Tx, { tenantId }: Context, id: string): Promise<ChangeRequestRow> {
    if (!isUuid(id)) throw missing()
    await tx.$queryRaw`SELECT id FROM change_request WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`
    const row = await tx.changeRequest.findFirst({ where: { tenantId, id }, select: SELECT })
    if (row === null) throw missing()
    return row
  }

  /** The request, locked, where the caller may decide it now. */
  private async open(
    tx: Tx, ctx: Context, id: string, expectedVersion: number | null, publishers: readonly Role[],
  ): Promise<ChangeRequestRow> {
    const { operatorId, role } = operatorOf(ctx)
    const row = await this.locked(tx, ctx, id)
    if (row.authorId === operatorId) throw new AppError('FORBIDDEN', 'Who asked for a change does not decide it', { reason: 'SELF_APPROVAL' })
    if (!rolesFor(changeOf(row).operation, publishers).includes(role)) throw new AppError('FORBIDDEN', 'Your role could not make this change, so it does not decide it', { reason: 'NOT_DECIDER' })
    const state = stateOf(row, new Date())
    if (state !== 'PENDING') throw over(state)
    if (expectedVersion !== null && row.version !== expectedVersion) {
      throw new AppError('CONFLICT', `The change request is at version ${row.version}; you saw ${expectedVersion}`, { field: 'expectedVersion', reason: 'MOVED' })
    }
    return row
  }

  private async decided(tx: Tx, ctx: Context, id: string, became: 'approved' | 'rejected' | 'withdrawn' | 'stale'): Promise<ChangeRequest> {
    const row = await tx.changeRequest.findFirstOrThrow({ where: { tenantId: ctx.tenantId, id }, select: SELECT })
    const { authorId, campaignId, decisionReason, state } = row
    const { approval: _, ...own } = ctx
    this.metrics.changeRequests.inc({ became })
    await this.audit.record(tx, own, { action: `change-request.${became}`, subjectKind: 'change-request', subjectId: id, campaignId, after: { state, authorId, decisionReason } })
    return toView(row)
  }
}
