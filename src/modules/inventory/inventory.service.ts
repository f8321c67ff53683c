import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { partitionOf } from '../../platform/redis/keys.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { AdjustService } from './adjust.service.js'
import { checkKeyAndReason, noSuchPrize } from './adjustment-input.js'
import type { Allowance } from './domain/allowance.js'
import { type EpochPlace, split } from './domain/split.js'
import { VAULT } from './domain/transfer.js'
import { lotUnits, shareOf } from './domain/lot.js'
import { winsOf } from './domain/wins.js'
import { DueFetcher } from './due-fetcher.js'
import { HandReleaseService } from './hand-release.service.js'
import {
  awardedAmong, findInventoryCampaign, findStockSubject, type InventoryCampaign, type PrizeLedger, readPrizes, readSettled, returnedAmong,
} from './inventory.store.js'
import type { BucketCut, DueCount, FetchResult, PrizeInventory, ReleaseStepView, StockAdjustment, StockRelease, StockSubject } from './inventory.types.js'
import { readSteps } from './release-step.store.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

const ENTRIES_PER_READ = 1_000
const ENTRIES_MAX = 200_000
const IDS_PER_QUERY = 10_000

/** Stock: where every unit is, and how it moves. */
@Injectable()
export class InventoryService {
  constructor(
    private readonly sql: SqlService,
    private readonly stock: StockStore,
    private readonly fetcher: StockFetcher,
    private readonly adjusting: AdjustService,
    private readonly hand: HandReleaseService,
    private readonly due: DueFetcher,
  ) {}

  /** For a draw that found its bucket empty, of a prize (by position) or of an allowance. See StockFetcher.fetch. */
  fetch(campaign: EpochPlace, bucket: number, wanted: number | Allowance, need: number): Promise<FetchResult> {
    return typeof wanted === 'number'
      ? this.fetcher.fetch(campaign, bucket, wanted, need)
      : this.fetcher.fetch(campaign, bucket, wanted.code, need, wanted.limit)
  }

  /** All stock of a test world, which no ledger knows, into its buckets: shared out as publishing does. Once, however often it is called. */
  async fillTest(world: CampaignSnapshot): Promise<void> {
    const popped = new Set(world.lots.map(({ position }) => position))
    for (const lot of world.lots) {
      const units = await lotUnits(world.seed, world.id, lot)
      for (let bucket = 0; bucket < world.bucketCount; bucket++) {
        const row = { ledgerId: `t${lot.position}/${lot.no}`, position: lot.position, bucket }
        await this.stock.applyPopped(world, row, shareOf(units, bucket, world.bucketCount), 0, Infinity)
      }
    }
    const shares = world.prizes.filter(({ position }) => !popped.has(position))
      .map(({ position, stockTotal }) => ({ position, units: split(stockTotal, world.bucketCount, position) }))
    await Promise.all(Array.from({ length: world.bucketCount }, (_, bucket) => this.stock.apply(world, bucket, shares
      .map(({ position, units }) => ({ ledgerId: `t${position}`, position, units: units[bucket] ?? 0 }))
      .filter(({ units }) => units > 0))))
  }

  /** For a draw of popped stock that found too few due units in its bucket. See DueFetcher.fetch. */
  fetchDue(campaign: EpochPlace, bucket: number, need: number): Promise<DueCount | null> {
    return this.due.fetch(campaign, bucket, need)
  }

  /** Every bucket at a moment of its own. `withReceived`: the marks of received transfers too. */
  readCut(campaign: EpochPlace, withReceived = false): Promise<BucketCut[]> {
    return Promise.all(Array.from({ length: campaign.bucketCount }, (_, bucket) => this.stock.cut(campaign, bucket, withReceived)))
  }

  /** Throws NOT_FOUND for a campaign that does not exist or is another tenant's. A running campaign's figures are of slightly different moments. */
  async inventory(ctx: Context, campaignId: string): Promise<PrizeInventory[]> {
    const { tenantId } = ctx
    const campaign = isUuid(campaignId)
      ? await this.sql.tenant(tenantId, (sql) => findInventoryCampaign(sql, tenantId, campaignId), { readOnly: true })
      : null
    if (campaign === null) throw new AppError('NOT_FOUND', 'No such campaign')
    if (campaign.epoch === 0) {
      const prizes = await this.sql.tenant(tenantId, (sql) => readPrizes(sql, tenantId, campaignId), { readOnly: true })
      const none = { inBuckets: 0, inTransit: 0, reserved: 0, awarded: 0, buckets: [] }
      return prizes.map(({ prize }) => ({ prize, granted: prize.stockTotal, vault: prize.stockTotal, ...none }))
    }
    const cut = await this.readCut(campaign, true)
    const reserved = await this.#reserved(campaign, cut)
    const prizes = await this.sql.tenant(tenantId, (sql) => readPrizes(sql, tenantId, campaignId), { readOnly: true })
    const toVault = cut.flatMap(({ pending }) => pending).filter(({ to }) => to === VAULT).map(({ id }) => id)
    const arrived = await this.sql.tenant(tenantId, (sql) => returnedAmong(sql, campaign, toVault), { readOnly: true })
    return prizes.map((ledger) => toInventory(campaign, ledger, cut, arrived, reserved.get(ledger.prize.position) ?? 0))
  }

  /** The prize's inventory after the adjustment. The same key and parameters again: nothing more happens. Errors: see AdjustService.adjust. */
  async adjustStock(ctx: Context, adjustment: StockAdjustment): Promise<PrizeInventory> {
    return this.#ofPrize(ctx, await this.adjusting.adjust(ctx, adjustment), adjustment.prizeId)
  }

  /** As `adjustStock`, for units that lie in the vault and that no schedule waits for. Errors: see HandReleaseService.releaseStock. */
  async releaseStock(ctx: Context, wanted: StockRelease): Promise<PrizeInventory> {
    return this.#ofPrize(ctx, await this.hand.releaseStock(ctx, wanted), wanted.prizeId)
  }

  /** What a change of stock is about. Throws NOT_FOUND, or BAD_USER_INPUT for a reason or a key that the change would refuse. */
  async checkedSubject({ tenantId }: Context, wanted: StockAdjustment | StockRelease): Promise<StockSubject> {
    checkKeyAndReason(wanted)
    const { prizeId } = wanted
    const subject = isUuid(prizeId) ? await this.sql.tenant(tenantId, (sql) => findStockSubject(sql, tenantId, prizeId)) : null
    if (subject === null) throw noSuchPrize()
    return subject
  }

  /** The schedules of a campaign's prizes, by prize and time; none before publishing. Throws NOT_FOUND. */
  async releaseSteps(ctx: Context, campaignId: string): Promise<ReleaseStepView[]> {
    const { tenantId } = ctx
    const steps = isUuid(campaignId)
      ? await this.sql.tenant(tenantId, async (sql) => {
        const campaign = await findInventoryCampaign(sql, tenantId, campaignId)
        return campaign === null ? null : readSteps(sql, campaign)
      }, { readOnly: true })
      : null
    if (steps === null) throw new AppError('NOT_FOUND', 'No such campaign')
    return steps
  }

  async #ofPrize(ctx: Context, campaignId: string, prizeId: string): Promise<PrizeInventory> {
    const found = (await this.inventory(ctx, campaignId)).find(({ prize }) => prize.id === prizeId)
    if (found === undefined) throw noSuchPrize()
    return found
  }

  /** Wins that stand in the streams and not in Postgres, by position. */
  async #reserved(campaign: InventoryCampaign, cut: readonly BucketCut[]): Promise<Map<number, number>> {
    const { tenantId, id, epoch } = campaign
    const settled = await this.sql.tenant(tenantId, (sql) => readSettled(sql, tenantId, id, epoch), { readOnly: true })
    const wins = new Map<string, number>()
    let read = 0
    for (const { bucket, seq } of cut) {
      for (let after = settled.get(bucket) ?? 0; after < seq && read < ENTRIES_MAX;) {
        const entries = await this.stock.entries(campaign, bucket, after, ENTRIES_PER_READ)
        if (entries.length === 0) break
        read += entries.length
        for (const [, fields] of entries) for (const [drawId, position] of winsOf(fields)) wins.set(drawId, position)
        after = Number.parseInt(entries.at(-1)![0], 10)
      }
    }
    const ids = [...wins.keys()]
    for (let i = 0; i < ids.length; i += IDS_PER_QUERY) {
      const some = ids.slice(i, i + IDS_PER_QUERY)
      const durable = await this.sql.tenant(tenantId, (sql) => awardedAmong(sql, tenantId, some), { readOnly: true })
      for (const drawId of durable) wins.delete(drawId)
    }
    const counts = new Map<number, number>()
    for (const position of wins.values()) counts.set(position, (counts.get(position) ?? 0) + 1)
    return counts
  }
}

function toInventory(
  campaign: InventoryCampaign, ledger: PrizeLedger, cut: readonly BucketCut[], arrived: ReadonlySet<string>, reserved: number,
): PrizeInventory {
  const { prize } = ledger
  const buckets = cut.map(({ bucket, stock }) =>
    ({ index: bucket, partition: partitionOf(campaign, bucket), remaining: stock.get(prize.position) ?? 0 }))
  const inTransit = cut.flatMap(({ pending }) => pending)
    .filter(({ id, position, to }) => position === prize.position && cut[to]?.received.has(id) !== true && !arrived.has(id))
    .reduce((sum, { units }) => sum + units, 0)
  return { ...ledger, inBuckets: buckets.reduce((sum, { remaining }) => sum + remaining, 0), inTransit, reserved, buckets }
}
