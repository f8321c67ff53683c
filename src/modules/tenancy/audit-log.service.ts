import { Injectable } from '@nestjs/common'
import type { Approval, Caller, Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { AuditMetrics } from './audit-metrics.js'
import type { AuditAction, AuditSubject } from '../../common/audit-actions.js'
import { changesOf } from './domain/audit-changes.js'

/** One change that somebody made. `before` and `after` are shown to operators: never a secret, hash, password, code or address. */
export interface AuditEntry {
  readonly action: AuditAction
  readonly subjectKind: AuditSubject
  readonly subjectId: string
  /** Of what belongs to one. */
  readonly campaignId?: string | null
  /** The whole state, or what is known of it; what did not change is left out here. */
  readonly before?: object | null
  readonly after?: object | null
  /** As the caller gave it. */
  readonly reason?: string | null
}

const INSERT = `INSERT INTO audit_log
  (tenant_id, actor_kind, actor_id, action, subject_kind, subject_id, campaign_id, before, after, reason, request_id, ip)
  VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::uuid, $8::jsonb, $9::jsonb, $10, $11, $12)`

export function actorIdOf(caller: Caller): string {
  switch (caller.kind) {
    case 'server': return caller.apiKeyId
    case 'participant': return caller.userId
    case 'operator': return caller.operatorId
    case 'system': return caller.name
  }
}

const requestOf = ({ changeRequestId, authorId }: Approval) => ({ changeRequestId, authorId })

async function closeRequest(tx: Tx, tenantId: string, { changeRequestId: id, version }: Approval): Promise<void> {
  const ours = { tenantId, id, version }
  const data = { state: 'APPLIED' as const, decidedAt: new Date(), leaseUntil: null }
  const { count } = await tx.changeRequest.updateMany({ where: { ...ours, state: { in: ['APPLYING', 'APPLIED'] } }, data })
  if (count === 0) throw new AppError('CONFLICT', 'Somebody else has taken the change request over', { reason: 'REQUEST_TAKEN' })
}

/** Writes the log. The database gives each entry its number and hash when the transaction commits (docs/adr/0039). */
@Injectable()
export class AuditLogService {
  constructor(private readonly metrics: AuditMetrics) {}

  /**
   * Writes the entry in the transaction of the change itself: both are kept, or neither. Where the change was asked for by
   * another operator, its request is APPLIED by the same transaction, and the entry names both.
   * @throws AppError CONFLICT where somebody else has taken the request over meanwhile: then the change is not kept either
   */
  async record(tx: Tx, ctx: Context, entry: AuditEntry): Promise<void> {
    const { approval } = ctx
    if (approval !== undefined) await closeRequest(tx, ctx.tenantId, approval)
    await tx.$executeRawUnsafe(INSERT, ...this.#values(ctx, entry))
  }

  /** As `record`, for a change that is written in SQL. */
  async recordSql(sql: SqlClient, ctx: Context, entry: AuditEntry): Promise<void> {
    await sql.query(INSERT, this.#values(ctx, entry))
  }

  #values({ tenantId, caller, requestId, ip, approval }: Context, entry: AuditEntry): Array<string | null> {
    const { action, subjectKind, subjectId, campaignId, reason } = entry
    const told = approval === undefined ? (entry.after ?? null) : { ...entry.after, approved: requestOf(approval) }
    const { before, after } = changesOf(entry.before ?? null, told)
    const json = (value: object | null) => (value === null ? null : JSON.stringify(value))
    this.metrics.entries.inc()
    return [
      tenantId, caller.kind, actorIdOf(caller), action, subjectKind, subjectId, campaignId ?? null,
      json(before), json(after), reason ?? null, requestId, ip ?? null,
    ]
  }
}
