import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { GateService } from '../campaigns/gate.service.js'
import { PublicationService, type PublishedRow, type StockOpening } from '../campaigns/publication.service.js'
import { type EpochPlace } from './domain/split.js'
import { grantedUnits, insertMovements, type LedgerMovement, markApplied, type PendingRow, pendingRows, PUBLISH_KEY, publishReleases, sharePlace } from './ledger.store.js'
import { StockStore } from './stock.store.js'

/**
 * Stock on its way into the buckets: promised in the ledger with the change that brings it, put into Redis after the
 * commit, marked as applied last. Whoever finds a promise that is not marked does the rest: every step is idempotent.
 */
@Injectable()
export class ReleaseService implements StockOpening, OnModuleInit {
  constructor(
    private readonly sql: SqlService,
    private readonly stock: StockStore,
    private readonly gates: GateService,
    private readonly publication: PublicationService,
  ) {}

  onModuleInit(): void {
    this.publication.provide(this)
  }

  /** At publishing: the ledger comes to hold each prize's stock, whatever was adjusted in the draft, and all of it is released. */
  async promise(tx: Tx, ctx: Context, campaign: PublishedRow): Promise<void> {
    const before = await grantedUnits(tx, ctx.tenantId, campaign.id)
    const wanted = new Map(campaign.prizes.map(({ id, stockTotal }) => [id, stockTotal]))
    const grants = [...new Set([...before.keys(), ...wanted.keys()])].flatMap((prizeId): LedgerMovement[] => {
      const more = (wanted.get(prizeId) ?? 0) - (before.get(prizeId) ?? 0)
      const key = `${PUBLISH_KEY}${prizeId}`
      if (more > 0) return [{ prizeId, movement: 'GRANT', quantity: more, from: 'outside', to: 'vault', key, applied: true }]
      if (more < 0) return [{ prizeId, movement: 'REDUCE', quantity: -more, from: 'vault', to: 'outside', key, applied: true }]
      return []
    })
    const movements = [...grants, ...campaign.prizes.flatMap((prize) => publishReleases(prize, campaign.bucketCount))]
    await insertMovements(tx, campaign, movements, { operatorId: ctx.caller.kind === 'operator' ? ctx.caller.operatorId : null, reason: null })
  }

  async open(tenantId: string, campaignId: string): Promise<void> {
    await this.#fill(tenantId, campaignId, true)
  }

  /** Finishes promised releases. Returns how many rows there were. */
  fill(tenantId: string, campaignId: string): Promise<number> {
    return this.#fill(tenantId, campaignId, false)
  }

  async #fill(tenantId: string, campaignId: string, opens: boolean): Promise<number> {
    // The row is shared while Redis is written: recovery, which counts the same rows, begins before or after.
    const found = await this.sql.tenant(tenantId, async (sql) => {
      const place = await sharePlace(sql, tenantId, campaignId)
      if (place === null) return null
      const rows = (await pendingRows(sql, tenantId, campaignId)).filter(({ movement }) => movement === 'RELEASE')
      const opening = opens || rows.some(({ key }) => key.startsWith(PUBLISH_KEY))
      if (rows.length > 0 || opening) await this.#apply(place, rows, opening)
      return { place, rows, opening }
    })
    if (found === null || (found.rows.length === 0 && !found.opening)) return 0
    // Not before the stock lies there: from now on draws are possible.
    if (found.opening) await this.gates.open(tenantId, campaignId)
    else await this.gates.grow(found.place)
    await this.sql.tenant(tenantId, (sql) => markApplied(sql, tenantId, found.rows.map(({ ledgerId }) => ledgerId)))
    return found.rows.length
  }

  async #apply(place: EpochPlace, rows: readonly PendingRow[], everyBucket: boolean): Promise<void> {
    const byBucket = Map.groupBy(rows, ({ bucket }) => bucket)
    const buckets = everyBucket ? Array.from({ length: place.bucketCount }, (_, bucket) => bucket) : [...byBucket.keys()]
    await Promise.all(buckets.map((bucket) => this.stock.apply(place, bucket, byBucket.get(bucket) ?? [])))
  }
}
