import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { checkFirst, rowCursors } from '../../common/row-cursor.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { bucketOfPlace } from './domain/split.js'
import type { StockListing, StockMovement, StockMovementPage, StockPlace } from './inventory.types.js'

const cursors = rowCursors('stock', /^[1-9]\d{0,17}$/)

type Row = Omit<StockMovement, 'from' | 'to'> & { readonly fromPlace: string; readonly toPlace: string }

/** A campaign's stock as it moved, for its operators: every row of the ledger but what draws took. */
@Injectable()
export class StockLedgerService {
  constructor(private readonly sql: SqlService) {}

  /** Newest first; of one prize, or of all. Throws NOT_FOUND and BAD_USER_INPUT. */
  async list({ tenantId }: Context, { campaignId, prizeId, first, after }: StockListing): Promise<StockMovementPage> {
    checkFirst(first)
    const before = cursors.decode(after)
    const rows = await this.sql.tenant(tenantId, async (sql) => {
      const { rowCount } = isUuid(campaignId)
        ? await sql.query('SELECT FROM campaign WHERE tenant_id = $1 AND id = $2', [tenantId, campaignId]) : { rowCount: 0 }
      if (rowCount === 0) throw new AppError('NOT_FOUND', 'No such campaign', { field: 'campaignId' })
      return prizeId !== null && !isUuid(prizeId) ? [] : readMovements(sql, tenantId, { campaignId, prizeId, before }, first + 1)
    }, { readOnly: true })
    const edges = rows.slice(0, first).map((row) => ({ cursor: cursors.encode(row.id), node: toMovement(row) }))
    return { edges, hasNextPage: rows.length > first }
  }
}

/** Each prize's newest, by an index of them, and then the newest of these; prizes that were taken out of the campaign too. */
async function readMovements(
  sql: SqlClient, tenantId: string, of: { campaignId: string; prizeId: string | null; before: string | null }, limit: number,
): Promise<Row[]> {
  const { rows } = await sql.query<Row>(
    `SELECT l.id::text AS id, p.id AS "prizeId", p.name AS "prizeName", l.movement::text AS movement, l.quantity AS units,
       l.from_place AS "fromPlace", l.to_place AS "toPlace", CASE WHEN l.movement <> 'TRANSFER' THEN l.reason END AS reason,
       l.operator_id AS "operatorId", o.name AS "operatorName", l.created_at AS "createdAt", l.applied_at AS "appliedAt"
     FROM prize p CROSS JOIN LATERAL (
       SELECT * FROM stock_ledger s WHERE s.tenant_id = $1 AND s.campaign_id = $2 AND s.prize_id = p.id AND s.movement <> 'AWARD'
         AND ($4::bigint IS NULL OR s.id < $4) ORDER BY s.id DESC LIMIT $5
     ) l LEFT JOIN operator o ON o.tenant_id = $1 AND o.id = l.operator_id
     WHERE p.tenant_id = $1 AND p.campaign_id = $2 AND ($3::uuid IS NULL OR p.id = $3) ORDER BY l.id DESC LIMIT $5`,
    [tenantId, of.campaignId, of.prizeId, of.before, limit],
  )
  return rows
}

function toMovement({ fromPlace, toPlace, ...row }: Row): StockMovement {
  return { ...row, from: placeOf(fromPlace), to: placeOf(toPlace) }
}

const NAMES: Readonly<Record<string, Exclude<StockPlace['kind'], 'BUCKET'>>> = { outside: 'OUTSIDE', vault: 'VAULT', awarded: 'AWARDED' }

function placeOf(text: string): StockPlace {
  const kind = NAMES[text]
  return kind === undefined ? { kind: 'BUCKET', bucket: bucketOfPlace(text) } : { kind, bucket: null }
}
