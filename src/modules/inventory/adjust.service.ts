import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { CampaignChangesService, type ChangedCampaign, type ChangeNote, savedAnyway } from '../campaigns/campaign-changes.service.js'
import { effectiveStatus } from '../campaigns/domain/status.js'
import type { PacketPlan, SnapshotPrize, StockLot } from '../campaigns/domain/snapshot.js'
import { isPoppedPrize, POPPED_UNITS_MAX } from '../campaigns/domain/validate-popped.js'
import { checkKeyAndReason, noSuchPrize, recovering } from './adjustment-input.js'
import { bucketOfPlace, bucketPlace, type EpochPlace } from './domain/split.js'
import type { StockAdjustment } from './inventory.types.js'
import { adjustmentKey, adjustmentReleases, calledOffKey, insertMovements, sqlOf } from './ledger.store.js'
import { countLots, insertLots, lotReleases } from './lot.store.js'
import { shortenPlan, vaultUnits } from './release-step.store.js'
import { ReleaseService } from './release.service.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

const INT_MAX = 0x7fff_ffff
const WITHDRAW_ATTEMPTS_MAX = 5
/** Every process knows a campaign's lots. */
const LOTS_MAX = 2_000

type Prize = NonNullable<Awaited<ReturnType<Tx['prize']['findUnique']>>>
type HeadRow = NonNullable<Awaited<ReturnType<Tx['stockLedger']['findUnique']>>>

/** What a look at an adjustment's key found, and what is to be done about it. */
type Found =
  | { kind: 'done' }
  | { kind: 'fill' }
  | { kind: 'withdraw'; ledgerId: string }
  | { kind: 'gather'; place: EpochPlace; position: number; inVault: number }

const placeOf = (row: ChangedCampaign): EpochPlace => ({ id: row.id, no: row.no, bucketCount: row.bucketCount, epoch: row.epoch })

/**
 * More or fewer units of a prize, once per idempotency key.
 *
 * More: promised in Postgres (RESTOCK and RELEASE rows, the prize's total) in one transaction, then put into the buckets.
 * Fewer: out of the vault where it has them all, from the last steps of the schedule backwards; else they are gathered in one bucket by ordinary transfers, then a REDUCE row promises to take them from there,
 * then Redis gives all of them or none, then the row is marked and the total follows. A crash after the promise is
 * finished by the sweep; before it nothing but transfers has happened. If draws were faster than the promise, it is called
 * off: the bucket is closed to it, and a row that brings the units back stands beside it.
 */
@Injectable()
export class AdjustService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: CampaignChangesService,
    private readonly release: ReleaseService,
    private readonly stock: StockStore,
    private readonly fetcher: StockFetcher,
  ) {}

  /** Returns the campaign's id. Throws NOT_FOUND, BAD_USER_INPUT (with what is free), CONFLICT (the key was used otherwise), OVERLOADED. */
  async adjust(ctx: Context, wanted: StockAdjustment): Promise<string> {
    checkInput(wanted)
    const { tenantId } = ctx
    const prize = isUuid(wanted.prizeId) ? await this.prisma.tenant(tenantId, (tx) => findPrize(tx, tenantId, wanted.prizeId)) : null
    if (prize === null) throw noSuchPrize()
    const { campaignId } = prize
    let found = await this.#promise(ctx, campaignId, wanted, null)
    if (found.kind === 'gather') {
      const { place, position } = found
      const bucket = position % place.bucketCount
      await this.#gather(place, bucket, found, -wanted.delta)
      found = await this.#promise(ctx, campaignId, wanted, bucket)
    }
    if (found.kind === 'fill') await savedAnyway(async () => void (await this.release.fill(ctx.tenantId, campaignId)))
    const { kind } = found
    if (kind === 'withdraw') {
      const { ledgerId } = found
      await savedAnyway(() => this.#withdraw(ctx, campaignId, ledgerId))
    }
    await this.#announce(ctx, campaignId)
    return campaignId
  }

  /** Finishes a promised reduction; a repetition does nothing. Throws BAD_USER_INPUT where the units were drawn in the meantime. */
  async finishReduction(ctx: Context, campaignId: string, ledgerId: string): Promise<void> {
    await this.#withdraw(ctx, campaignId, ledgerId)
    await this.#announce(ctx, campaignId)
  }

  async #announce(ctx: Context, campaignId: string): Promise<void> {
    await this.changes.announce(await this.prisma.tenant(ctx.tenantId, (tx) => this.changes.begin(tx, ctx, campaignId)))
  }

  async #withdraw(ctx: Context, campaignId: string, ledgerId: string): Promise<void> {
    for (let attempt = 1; attempt <= WITHDRAW_ATTEMPTS_MAX; attempt++) {
      const open = await this.prisma.tenant(ctx.tenantId, async (tx) => {
        const head = await findRow(tx, ctx.tenantId, ledgerId)
        if (head === null || head.appliedAt !== null) return null
        return { head, campaign: await this.changes.begin(tx, ctx, campaignId), prize: await findPrize(tx, ctx.tenantId, head.prizeId) }
      })
      if (open === null) return
      const { head, campaign, prize } = open
      if (campaign.status === 'RECOVERING' || prize === null) throw recovering()
      const place = placeOf(campaign)
      const bucket = bucketOfPlace(head.fromPlace) ?? 0
      const { position } = prize
      const result = await this.stock.withdraw(place, bucket, { ledgerId, position, units: head.quantity })
      if (result === 'TOO_FEW' && (await this.fetcher.fetch(place, bucket, position, head.quantity)) === 'FETCHED') continue
      const off = result === 'CALLED_OFF' || (result === 'TOO_FEW' && (await this.stock.callOff(place, bucket, ledgerId)))
      if (!(await this.#conclude(ctx, campaignId, place.epoch, head, off))) continue
      if (off) throw tooFew(head.quantity, await this.#free(place, position))
      return
    }
    throw new AppError('OVERLOADED', 'The stock is being drawn too fast to be reduced; the reduction goes on by itself', { retryAfterMs: 5_000 })
  }

  /** Looks the key up and promises what can be promised at once. `bucket`: where the units of a reduction lie; null: not gathered yet. */
  #promise(ctx: Context, campaignId: string, wanted: StockAdjustment, bucket: number | null): Promise<Found> {
    const { tenantId } = ctx
    const { delta, idempotencyKey, reason } = wanted
    return this.prisma.tenant(tenantId, async (tx): Promise<Found> => {
      const campaign = await this.changes.begin(tx, ctx, campaignId)
      const head = await findByKey(tx, campaign, adjustmentKey(idempotencyKey))
      if (head !== null) return this.#repeated(tx, head, wanted)
      const prize = await findPrize(tx, tenantId, wanted.prizeId)
      if (prize === null) throw noSuchPrize()
      checkPossible(campaign, prize, delta)
      const asLot = delta > 0 && campaign.epoch > 0 && isPoppedPrize(campaign.mechanic, plannedOf(prize))
      const lot = asLot ? await this.#lot(tx, campaign, prize, delta) : null
      const by = { operatorId: ctx.caller.kind === 'operator' ? ctx.caller.operatorId : null, reason }
      const base = { prizeId: prize.id, quantity: Math.abs(delta), key: adjustmentKey(idempotencyKey) }
      const draft = campaign.epoch === 0
      const sql = sqlOf(tx)
      const { inVault, planned } = await vaultUnits(sql, campaign, prize.id)
      // What was not released goes first, and of that what no step waits for; then the last steps.
      const fromVault = !draft && delta < 0 && inVault >= -delta ? -delta : 0
      if (delta < 0 && !draft && fromVault === 0) {
        if (bucket === null) return { kind: 'gather', place: placeOf(campaign), position: prize.position, inVault }
        await insertMovements(sql, campaign, [{ ...base, movement: 'REDUCE', from: bucketPlace(bucket), to: 'outside', applied: false }], by)
        const row = await findByKey(tx, campaign, base.key)
        if (row === null) throw new Error('The row that was just written is missing')
        await this.changes.note(tx, ctx, campaignId, 'campaign.stock-reduction-begun', noteOf(row))
        return { kind: 'withdraw', ledgerId: row.id.toString() }
      }
      if (fromVault > 0) await shortenPlan(sql, campaign, prize.id, Math.max(0, planned - (inVault - fromVault)))
      const movement = delta > 0 ? { ...base, movement: 'RESTOCK' as const, from: 'outside', to: 'vault', applied: true }
        : { ...base, movement: 'REDUCE' as const, from: 'vault', to: 'outside', applied: true }
      const shares = draft || delta < 0 ? [] : lot !== null ? lotReleases(lot, prize.id, campaign.bucketCount, false)
        : adjustmentReleases(prize, delta, campaign.bucketCount, idempotencyKey)
      await insertMovements(sql, campaign, [movement, ...shares], by)
      await this.#total(tx, ctx, campaign, prize, delta, reason)
      return { kind: draft || delta < 0 ? 'done' : 'fill' }
    })
  }

  async #repeated(tx: Tx, head: HeadRow, { prizeId, delta, reason, idempotencyKey }: StockAdjustment): Promise<Found> {
    const before = head.movement === 'RESTOCK' ? head.quantity : -head.quantity
    if (head.prizeId !== prizeId || before !== delta || head.reason !== reason) {
      throw new AppError('CONFLICT', 'idempotencyKey: was used for another adjustment', { field: 'idempotencyKey', reason: 'KEY_USED' })
    }
    if (before > 0) return { kind: 'fill' }
    if (head.appliedAt === null) return { kind: 'withdraw', ledgerId: head.id.toString() }
    const off = await findByKey(tx, { tenantId: head.tenantId, id: head.campaignId }, calledOffKey(idempotencyKey))
    if (off !== null) throw badInput('delta', 'this adjustment was refused, since the units were drawn in the meantime; try again under another key', 'STOCK_DRAWN')
    return { kind: 'done' }
  }

  async #gather(place: EpochPlace, bucket: number, found: { position: number; inVault: number }, units: number): Promise<void> {
    const { position, inVault } = found
    if ((await this.fetcher.fetch(place, bucket, position, units)) === 'FETCHED') return
    const free = await this.#free(place, position)
    if (inVault === 0) throw tooFew(units, free)
    throw badInput('delta', `${units} units were to be taken: ${inVault} are free in the vault and ${free} in the buckets; take them in two adjustments`, 'STOCK_IN_PARTS', { asked: units, vault: inVault, buckets: free })
  }

  async #free(place: EpochPlace, position: number): Promise<number> {
    return (await this.stock.lookEverywhere(place, position)).reduce((sum, { units }) => sum + units, 0)
  }

  /** Marks the reduction: made, or called off. False where recovery has begun another epoch: then Redis is to be asked again. */
  #conclude(ctx: Context, campaignId: string, epoch: number, head: HeadRow, off: boolean): Promise<boolean> {
    const { id, prizeId, quantity, fromPlace, idempotencyKey, tenantId } = head
    return this.prisma.tenant(tenantId, async (tx) => {
      const campaign = await this.changes.begin(tx, ctx, campaignId)
      if (campaign.epoch !== epoch) return false
      const { count } = await tx.stockLedger.updateMany({ where: { tenantId, id, appliedAt: null }, data: { appliedAt: new Date() } })
      if (count === 0) return true
      const prize = await findPrize(tx, tenantId, prizeId)
      if (off) {
        const key = calledOffKey(idempotencyKey.slice(adjustmentKey('').length))
        await insertMovements(sqlOf(tx), campaign, [{ prizeId, movement: 'RESTOCK', quantity, from: 'outside', to: fromPlace, key, applied: true }], { operatorId: null, reason: 'called off' })
        await this.changes.note(tx, ctx, campaignId, 'campaign.stock-reduction-called-off', noteOf(head))
      } else if (prize !== null) {
        await this.#total(tx, ctx, campaign, prize, -quantity, head.reason)
      }
      return true
    })
  }

  /** More popped units: they come as a lot of their own, from now on. */
  async #lot(tx: Tx, campaign: ChangedCampaign, prize: Prize, units: number): Promise<StockLot> {
    const had = await countLots(tx, campaign)
    if (had.lots >= LOTS_MAX) throw badInput('delta', `the stock was raised ${had.lots} times; at most ${LOTS_MAX}`, 'STOCK_LOTS', { max: LOTS_MAX })
    if (had.units + units > POPPED_UNITS_MAX) throw badInput('delta', `the campaign has had ${had.units} units to be popped; at most ${POPPED_UNITS_MAX}`, 'POPPED_UNITS', { units: had.units, max: POPPED_UNITS_MAX })
    const fromMs = Math.max(campaign.startsAt.getTime(), Date.now())
    const untilMs = campaign.mechanic === 'INSTANT_WIN' ? campaign.endsAt.getTime() : fromMs
    const lot = { no: had.lots + 1, position: prize.position, units, fromMs, untilMs, totalMinor: null }
    await insertLots(tx, campaign, [lot], [prize])
    return lot
  }

  async #total(
    tx: Tx, ctx: Context, campaign: ChangedCampaign, prize: Prize, delta: number, reason: string | null,
  ): Promise<void> {
    await tx.prize.update({ where: { tenantId_id: { tenantId: ctx.tenantId, id: prize.id } }, data: { stockTotal: { increment: delta } } })
    await this.changes.record(tx, ctx, campaign, campaign.id, 'campaign.stock-adjusted', {}, { reason })
  }
}

const noteOf = ({ prizeId, quantity, reason }: HeadRow): ChangeNote => ({ reason, about: { prizeId, units: quantity } })

const tooFew = (asked: number, free: number) => badInput('delta', `${asked} units were to be taken, and ${free} are free`, 'STOCK_FREE', { asked, free })

function checkInput(wanted: StockAdjustment): void {
  const { delta } = wanted
  if (!Number.isInteger(delta) || delta === 0 || Math.abs(delta) > INT_MAX) throw badInput('delta', `must be an integer other than 0, and at most ${INT_MAX} either way`, 'NOT_ZERO', { max: INT_MAX })
  checkKeyAndReason(wanted)
}

function checkPossible(campaign: ChangedCampaign, prize: Prize, delta: number): void {
  const times = { status: campaign.status, startsAtMs: campaign.startsAt.getTime(), endsAtMs: campaign.endsAt.getTime() }
  const status = effectiveStatus(times, Date.now())
  if (campaign.status === 'RECOVERING') throw recovering()
  if (campaign.epoch > 0 && (status === 'ENDED' || status === 'ARCHIVED')) throw badInput('prizeId', 'the campaign has ended; its stock does not change any more', 'ENDED')
  if (campaign.epoch > 0 && plannedOf(prize).packets?.totalMinor != null) throw badInput('prizeId', 'its packets were split from a total that was promised; neither their number nor their sum changes any more', 'STOCK_PROMISED')
  if (prize.stockTotal + delta > INT_MAX) throw badInput('delta', `the stock would be above ${INT_MAX}`, 'STOCK_CEILING', { max: INT_MAX })
  if (prize.stockTotal + delta < 0) throw tooFew(-delta, prize.stockTotal)
}

// jsonb, written from this very type.
type PlannedPrize = Pick<SnapshotPrize, 'isFallback' | 'packets'>
const plannedOf = ({ isFallback, packets }: Prize): PlannedPrize => ({ isFallback, packets: packets as unknown as PacketPlan | null })

const findRow = (tx: Tx, tenantId: string, ledgerId: string) =>
  tx.stockLedger.findUnique({ where: { tenantId_id: { tenantId, id: BigInt(ledgerId) } } })

const findByKey = (tx: Tx, { tenantId, id: campaignId }: { tenantId: string; id: string }, idempotencyKey: string) =>
  tx.stockLedger.findUnique({ where: { tenantId_campaignId_idempotencyKey: { tenantId, campaignId, idempotencyKey } } })

async function findPrize(tx: Tx, tenantId: string, id: string): Promise<Prize | null> {
  const prize = await tx.prize.findUnique({ where: { tenantId_id: { tenantId, id } } })
  return prize?.removedAt === null ? prize : null
}
