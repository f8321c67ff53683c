import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { awardIdOf, encodeDrawId } from '../../common/draw-id.js'
import { badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { checkFirst, rowCursors } from '../../common/row-cursor.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import type { WalletMovement, WalletMovementPage } from './wallet.types.js'

/** Ms, award, movement: one after another, as they are ordered. */
const cursors = rowCursors('wallet', /^[1-9]\d{0,14}\/[1-9]\d{0,18}\/(?:CREDIT|REVERSAL)$/)

interface Row {
  readonly award_id: string
  readonly movement: 'CREDIT' | 'REVERSAL'
  readonly amount_minor: number
  readonly currency: string
  readonly created_at: Date
  readonly campaign_id: string
  readonly campaign_name: string
  readonly prize_name: string
  readonly no: number
  readonly bucket: number
}

/** What came into a participant's wallet and went out of it again, for operators. */
@Injectable()
export class WalletMovementService {
  constructor(private readonly sql: SqlService) {}

  /** Newest first. Throws BAD_USER_INPUT. */
  async list({ tenantId }: Context, userId: string, first: number, after: string | null): Promise<WalletMovementPage> {
    checkFirst(first)
    const before = cursors.decode(after)?.split('/') ?? [null, null, null]
    if (!isSafeId(userId)) throw badInput('userId', 'must be 1 to 128 characters, none of control and no braces')
    const rows = await this.sql.tenant(tenantId, (sql) => readMovements(sql, tenantId, userId, before, first + 1), { readOnly: true })
    const edges = rows.slice(0, first).map((row) => ({ cursor: cursors.encode(nameOf(row)), node: toMovement(row) }))
    return { edges, hasNextPage: rows.length > first }
  }
}

async function readMovements(
  sql: SqlClient, tenantId: string, userId: string, [ms, awardId, movement]: ReadonlyArray<string | null>, limit: number,
): Promise<Row[]> {
  const at = ms == null ? null : new Date(Number(ms))
  const { rows } = await sql.query<Row>(
    `SELECT w.award_id::text AS award_id, w.movement::text AS movement, w.amount_minor, w.currency, w.created_at,
       c.id AS campaign_id, c.name AS campaign_name, c.no, p.name AS prize_name, d.bucket
     FROM (
       SELECT * FROM wallet_entry e WHERE e.tenant_id = $1 AND e.participant_id = $2
         AND ($3::timestamptz IS NULL OR (e.created_at, e.award_id, e.movement) < ($3, $4::bigint, $5::wallet_movement))
       ORDER BY e.created_at DESC, e.award_id DESC, e.movement DESC LIMIT $6
     ) w JOIN award a ON a.tenant_id = w.tenant_id AND a.id = w.award_id
     JOIN campaign c ON c.tenant_id = a.tenant_id AND c.id = a.campaign_id
     JOIN prize p ON p.tenant_id = a.tenant_id AND p.id = a.prize_id
     CROSS JOIN LATERAL (SELECT d.bucket FROM draw d WHERE d.id = a.id AND d.participant_id = a.participant_id OFFSET 0) d
     ORDER BY w.created_at DESC, w.award_id DESC, w.movement DESC`,
    [tenantId, userId, at, awardId, movement, limit],
  )
  return rows
}

const nameOf = ({ created_at: at, award_id: awardId, movement }: Row): string => `${at.getTime()}/${awardId}/${movement}`

function toMovement(row: Row): WalletMovement {
  const { movement, amount_minor: minor, currency } = row
  const awardId = awardIdOf(encodeDrawId({ snowflake: BigInt(row.award_id), campaignNo: row.no, bucket: row.bucket }))
  const amountMinor = movement === 'CREDIT' ? minor : -minor
  return {
    id: `${awardId}-${movement}`,
    movement,
    amount: { amountMinor, currency },
    awardId,
    campaignId: row.campaign_id,
    campaignName: row.campaign_name,
    prizeName: row.prize_name,
    createdAt: row.created_at,
  }
}
