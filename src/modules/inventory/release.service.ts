import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { failpoint } from '../../common/failpoint.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { planRelease } from '../campaigns/domain/release-plan.js'
import { GateService } from '../campaigns/gate.service.js'
import { openingLots } from '../campaigns/domain/opening-lots.js'
import { PublicationService, type PublishedRow, type StockOpening } from '../campaigns/publication.service.js'
import { type EpochPlace } from './domain/split.js'
import {
  grantedUnits, insertMovements, type LedgerMovement, markApplied, type PendingRow, pendingRows, PUBLISH_KEY, publishReleases, sharePlace,
  sqlOf,
} from './ledger.store.js'
import { LotFiller } from './lot-filler.js'
import { insertLots, lotOfKey, lotReleases } from './lot.store.js'
import { deletePlan, insertPlan, lockDueSteps, promiseSteps, vaultUnits } from './release-step.store.js'
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
    private readonly lots: LotFiller,
  ) {}

  onModuleInit(): void {
    this.publication.provide(this)
  }

  /** At publishing: the ledger comes to hold each prize's stock, whatever was adjusted in the draft, and what is not to wait for its time is released. */
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
    const lots = openingLots({ ...campaign, startsAtMs: campaign.startsAt.getTime(), endsAtMs: campaign.endsAt.getTime() })
    await insertLots(tx, campaign, lots, campaign.prizes)
    const idOf = new Map(campaign.prizes.map(({ id, position }) => [position, id]))
    const popped = new Set(lots.map(({ position }) => position))
    const atOnce = campaign.prizes.filter(({ release, position }) => release === null && !popped.has(position))
    const movements = [
      ...grants,
      ...atOnce.flatMap((prize) => publishReleases(prize, campaign.bucketCount)),
      ...lots.flatMap((lot) => lotReleases(lot, idOf.get(lot.position)!, campaign.bucketCount, true)),
    ]
    const sql = sqlOf(tx)
    for (const { id, release, stockTotal } of campaign.prizes) {
      if (release !== null) await insertPlan(sql, campaign, id, planRelease(release, timesOf(campaign), stockTotal))
    }
    await insertMovements(sql, campaign, movements, { operatorId: ctx.caller.kind === 'operator' ? ctx.caller.operatorId : null, reason: null })
    await this.#releaseDue(sql, campaign)
  }

  async replan(tx: Tx, campaign: PublishedRow): Promise<void> {
    const sql = sqlOf(tx)
    for (const { id, release } of campaign.prizes) {
      if (release === null) continue
      const { inVault } = await vaultUnits(sql, campaign, id)
      if (!(await deletePlan(sql, campaign, id))) throw underWay()
      await insertPlan(sql, campaign, id, planRelease(release, timesOf(campaign), inVault))
    }
  }

  async open(tenantId: string, campaignId: string): Promise<void> {
    await this.#fill(tenantId, campaignId, true)
  }

  /** Finishes promised releases. Returns how many rows there were. */
  fill(tenantId: string, campaignId: string): Promise<number> {
    return this.#fill(tenantId, campaignId, false)
  }

  async #fill(tenantId: string, campaignId: string, opens: boolean): Promise<number> {
    const whole = await this.lots.fill(tenantId, campaignId)
    // The row is shared while Redis is written: recovery, which counts the same rows, begins before or after.
    failpoint('release.before_apply')
    const found = await this.sql.tenant(tenantId, async (sql) => {
      const place = await sharePlace(sql, tenantId, campaignId)
      if (place === null) return null
      const pending = (await pendingRows(sql, tenantId, campaignId)).filter(({ movement }) => movement === 'RELEASE')
      const opening = opens || pending.some(({ key }) => key.startsWith(PUBLISH_KEY))
      // A lot that was promised since is filled by whoever promised it.
      const rows = pending.filter(({ key, ledgerId }) => lotOfKey(key) === null || whole.has(`${place.epoch}/${ledgerId}`))
      // Not one unit may be had while some process still tells its callers that there are none.
      if (rows.length > 0 && !opening) await this.gates.hold(place)
      if (rows.length > 0 || opening) await this.#apply(place, rows, opening)
      return { place, rows, opening }
    })
    if (found === null || (found.rows.length === 0 && !found.opening)) return 0
    failpoint('release.after_apply')
    // Not before the stock lies there: from now on draws are possible.
    if (found.opening) await this.gates.open(tenantId, campaignId)
    else await this.gates.grow(found.place)
    await this.sql.tenant(tenantId, (sql) => markApplied(sql, tenantId, found.rows.map(({ ledgerId }) => ledgerId)))
    failpoint('release.after_mark')
    return found.rows.length
  }

  /** At publishing nothing was released before, so that nothing is to be taken back. */
  async #releaseDue(sql: SqlClient, campaign: PublishedRow): Promise<void> {
    for (let steps = await lockDueSteps(sql, campaign); steps.length > 0; steps = await lockDueSteps(sql, campaign)) {
      await promiseSteps(sql, campaign, steps)
    }
  }

  async #apply(place: EpochPlace, rows: readonly PendingRow[], everyBucket: boolean): Promise<void> {
    const byBucket = Map.groupBy(rows.filter(({ key }) => lotOfKey(key) === null), ({ bucket }) => bucket)
    const buckets = everyBucket ? Array.from({ length: place.bucketCount }, (_, bucket) => bucket) : [...byBucket.keys()]
    await Promise.all(buckets.map((bucket) => this.stock.apply(place, bucket, byBucket.get(bucket) ?? [])))
  }
}

const timesOf = ({ startsAt, endsAt, timezone }: PublishedRow) => ({ startsAtMs: startsAt.getTime(), endsAtMs: endsAt.getTime(), timezone })
const underWay = () => new AppError('CONFLICT', 'The first step of a schedule is on its way already: it begins with the campaign, and is released half a minute before', { reason: 'RELEASE_UNDER_WAY' })
