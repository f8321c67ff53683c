import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation } from './books.types.js'
import type { CampaignCut } from './cut.store.js'

/** Of a prize whose units share a total: what was split, and what was won of it, whatever became of the awards. Minor units. */
export interface SplitPrize {
  readonly position: number
  readonly prizeId: string
  readonly units: number
  readonly totalMinor: number
  readonly awards: number
  readonly awardedMinor: number
  /** Something promised to the buckets is not known to have come there. */
  readonly isFilling: boolean
}

interface SplitRow { position: number; id: string; units: string; total: string; awards: string; awarded: string; filling: boolean }

export async function readSplitPrizes(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<SplitPrize[]> {
  const { rows } = await sql.query<SplitRow>(
    `SELECT p.position, p.id, l.units, l.total, a.awards, a.awarded, EXISTS (SELECT FROM stock_ledger s
         WHERE s.tenant_id = $1 AND s.campaign_id = $2 AND s.prize_id = p.id AND s.applied_at IS NULL) AS filling
     FROM (SELECT prize_id, sum(units) AS units, sum(total_minor) AS total FROM stock_lot
         WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY prize_id HAVING bool_and(total_minor IS NOT NULL)) l
       JOIN prize p ON p.tenant_id = $1 AND p.id = l.prize_id
       CROSS JOIN LATERAL (SELECT count(*) AS awards, coalesce(sum(amount_minor), 0) AS awarded FROM award
         WHERE tenant_id = $1 AND campaign_id = $2 AND prize_id = p.id) a
     ORDER BY p.position`,
    [tenantId, campaignId],
  )
  return rows.map((row) => ({
    position: row.position, prizeId: row.id, units: Number(row.units), totalMinor: Number(row.total),
    awards: Number(row.awards), awardedMinor: Number(row.awarded), isFilling: row.filling,
  }))
}

/**
 * I7 of split totals: what is in the buckets, under way and won is all that was split. Units that went back to the vault have
 * no amounts any more; together they are the rest, each at least 1. Only where nothing was decided or moved between the cut
 * and the tables, and nothing waits to be settled.
 */
export function splitViolations(prizes: readonly SplitPrize[], { buckets, inTransit, amountsInTransit }: CampaignCut): BooksViolation[] {
  return prizes.filter(({ isFilling }) => !isFilling).flatMap((prize): BooksViolation[] => {
    const { position, prizeId, totalMinor, awardedMinor } = prize
    const inBuckets = buckets.reduce((sum, bucket) => sum + (bucket.amounts.get(position) ?? 0), 0)
    const moving = amountsInTransit.get(position) ?? 0
    const listed = buckets.reduce((sum, bucket) => sum + (bucket.units.get(position) ?? 0), 0)
    const goneUnits = prize.units - listed - (inTransit.get(position) ?? 0) - prize.awards
    const rest = totalMinor - inBuckets - moving - awardedMinor
    if (goneUnits > 0 ? rest >= goneUnits : rest === 0) return []
    const where = `${totalMinor} split, buckets ${inBuckets}, in transit ${moving}, awarded ${awardedMinor}, ${goneUnits} units back in the vault`
    return [{ invariant: 'I7', detail: `prize ${prizeId}: the amounts of its units are not what was split (${where})` }]
  })
}
