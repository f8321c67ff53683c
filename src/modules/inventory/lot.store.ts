import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { openSeed } from '../campaigns/domain/seed.js'
import type { StockLot } from '../campaigns/domain/snapshot.js'
import { bucketPlace, split } from './domain/split.js'
import { type LedgerMovement, PUBLISH_KEY } from './ledger.store.js'

const LOT_KEY = /^(?:publish:)?lot:(\d+):b(\d+)\/(\d+)$/

interface LotColumns { position: number; units: number; from_ms: string; until_ms: string; total_minor: number | null; seed_sealed: Buffer }
export interface LotRow { readonly no: number; readonly bucket: number; readonly bucketCount: number }

/** The lot whose share of a bucket a RELEASE row brings, by the row's idempotency key; null for stock that is no more than a number. */
export function lotOfKey(key: string): LotRow | null {
  const match = LOT_KEY.exec(key)
  return match === null ? null : { no: Number(match[1]), bucket: Number(match[2]), bucketCount: Number(match[3]) }
}

/** One RELEASE row for each bucket that has a share of the lot. */
export function lotReleases(lot: StockLot, prizeId: string, bucketCount: number, publishing: boolean): LedgerMovement[] {
  return split(lot.units, bucketCount, lot.position).flatMap((quantity, bucket) => {
    const key = `${publishing ? PUBLISH_KEY : ''}lot:${lot.no}:b${bucket}/${bucketCount}`
    return quantity === 0 ? [] : [{ prizeId, movement: 'RELEASE' as const, quantity, from: 'vault', to: bucketPlace(bucket), key, applied: false }]
  })
}

type CampaignId = { readonly tenantId: string; readonly id: string }

/** `prizes`: whose ids are written for the lots' positions. The campaign's row must be locked. */
export async function insertLots(
  tx: Tx, campaign: CampaignId, lots: readonly StockLot[], prizes: ReadonlyArray<{ readonly id: string; readonly position: number }>,
): Promise<void> {
  if (lots.length === 0) return
  const idOf = new Map(prizes.map(({ id, position }) => [position, id]))
  await tx.stockLot.createMany({
    data: lots.map(({ no, position, units, fromMs, untilMs, totalMinor }) => ({
      tenantId: campaign.tenantId, campaignId: campaign.id, no, prizeId: idOf.get(position)!, units,
      fromMs: BigInt(fromMs), untilMs: BigInt(untilMs), totalMinor,
    })),
  })
}

/** How many lots a campaign has, and of how many units. */
export async function countLots(tx: Tx, { tenantId, id }: CampaignId): Promise<{ lots: number; units: number }> {
  const { _count, _sum } = await tx.stockLot.aggregate({ where: { tenantId, campaignId: id }, _count: true, _sum: { units: true } })
  return { lots: _count, units: _sum.units ?? 0 }
}

/** Null where the campaign has no such lot. */
export async function readLot(
  sql: SqlClient, secretKey: string, tenantId: string, campaignId: string, no: number,
): Promise<{ lot: StockLot; seed: Buffer } | null> {
  const { rows } = await sql.query<LotColumns>(
    `SELECT p.position, l.units, l.from_ms, l.until_ms, l.total_minor, c.seed_sealed
     FROM stock_lot l JOIN prize p ON p.tenant_id = l.tenant_id AND p.id = l.prize_id JOIN campaign c ON c.tenant_id = l.tenant_id AND c.id = l.campaign_id
     WHERE l.tenant_id = $1 AND l.campaign_id = $2 AND l.no = $3`,
    [tenantId, campaignId, no],
  )
  const row = rows[0]
  if (row === undefined) return null
  const { position, units, total_minor: totalMinor } = row
  const lot = { no, position, units, fromMs: Number(row.from_ms), untilMs: Number(row.until_ms), totalMinor }
  return { lot, seed: openSeed(secretKey, campaignId, row.seed_sealed) }
}
