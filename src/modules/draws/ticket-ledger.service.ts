import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId, isUuid } from '../../common/ids.js'
import { checkFirst, rowCursors } from '../../common/row-cursor.js'
import { SqlService } from '../../platform/prisma/sql.service.js'

export interface TicketMovement {
  readonly id: string
  readonly movement: 'GRANT' | 'DRAW' | 'EXPIRE'
  /** Signed: a grant adds, a draw and an expiry take. */
  readonly amount: number
  readonly reason: string
  readonly expiresAt: Date | null
  readonly createdAt: Date
}

export interface TicketPage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: TicketMovement }>
  readonly hasNextPage: boolean
}

const cursors = rowCursors('ticket', /^[1-9]\d{0,17}$/)

/** A participant's tickets as their operators see them: every movement, with its reason. */
@Injectable()
export class TicketLedgerService {
  constructor(private readonly sql: SqlService) {}

  /** Newest first; spent ones as soon as they are settled. Throws NOT_FOUND and BAD_USER_INPUT. */
  async list(ctx: Context, campaignId: string, userId: string, first: number, after: string | null): Promise<TicketPage> {
    checkFirst(first)
    const before = cursors.decode(after)
    if (!isSafeId(userId)) throw badInput('userId', 'must be 1 to 128 characters, none of them a control character or a brace', 'ID', { max: 128 })
    const rows = await this.sql.tenant(ctx.tenantId, async (sql) => {
      const { rowCount } = isUuid(campaignId)
        ? await sql.query('SELECT FROM campaign WHERE tenant_id = $1 AND id = $2', [ctx.tenantId, campaignId]) : { rowCount: 0 }
      if (rowCount === 0) throw new AppError('NOT_FOUND', 'No such campaign', { field: 'campaignId' })
      const found = await sql.query<TicketMovement>(
        `SELECT id::text, movement::text AS movement, amount, reason, expires_at AS "expiresAt", created_at AS "createdAt" FROM ticket_ledger
         WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = $3 AND ($4::bigint IS NULL OR id < $4) ORDER BY id DESC LIMIT $5`,
        [ctx.tenantId, campaignId, userId, before, first + 1],
      )
      return found.rows
    }, { readOnly: true })
    return { edges: rows.slice(0, first).map((node) => ({ cursor: cursors.encode(node.id), node })), hasNextPage: rows.length > first }
  }
}
