import { Injectable } from '@nestjs/common'
import type { Caller, Context } from '../../common/context.js'
import type { Prisma } from '../../generated/prisma/client.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'

/** One change that somebody made. `before` and `after` are shown to operators: never a secret, hash or password. */
export interface AuditEntry {
  /** `<subject kind>.<verb in the past>`: `api-key.revoked`. */
  readonly action: string
  readonly subjectKind: string
  readonly subjectId: string
  readonly before?: object | null
  readonly after?: object | null
}

const VALUE_CHARACTERS_MAX = 100_000

export function actorIdOf(caller: Caller): string {
  switch (caller.kind) {
    case 'server': return caller.apiKeyId
    case 'participant': return caller.userId
    case 'operator': return caller.operatorId
    case 'system': return caller.name
  }
}

/** Dates become text, and what is too large to keep is named rather than kept. */
function toJson(value: object): Prisma.InputJsonObject {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))
  if (text.length > VALUE_CHARACTERS_MAX) return { omitted: `${text.length} characters` }
  return JSON.parse(text) as Prisma.InputJsonObject
}

@Injectable()
export class AuditLogService {
  /** Writes the entry in the transaction of the change itself: both are kept, or neither. */
  async record(tx: Tx, ctx: Context, { action, subjectKind, subjectId, before, after }: AuditEntry): Promise<void> {
    await tx.auditLog.create({
      data: {
        tenantId: ctx.tenantId,
        actorKind: ctx.caller.kind,
        actorId: actorIdOf(ctx.caller),
        action,
        subjectKind,
        subjectId,
        ...(before == null ? {} : { before: toJson(before) }),
        ...(after == null ? {} : { after: toJson(after) }),
        requestId: ctx.requestId,
      },
      select: { id: true },
    })
  }

  /** As `record`, for a change that is written in SQL. */
  async recordSql(sql: SqlClient, ctx: Context, { action, subjectKind, subjectId, before, after }: AuditEntry): Promise<void> {
    const json = (value: object | null | undefined) => (value == null ? null : JSON.stringify(toJson(value)))
    await sql.query(
      `INSERT INTO audit_log (tenant_id, actor_kind, actor_id, action, subject_kind, subject_id, before, after, request_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [ctx.tenantId, ctx.caller.kind, actorIdOf(ctx.caller), action, subjectKind, subjectId, json(before), json(after), ctx.requestId],
    )
  }
}
