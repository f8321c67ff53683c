import { Inject, Injectable } from '@nestjs/common'
import type { ChainableCommander } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { failpoint } from '../../../common/failpoint.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { bucketKeys, bucketOf } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { GateService } from '../../campaigns/gate.service.js'
import { SnapshotService } from '../../campaigns/snapshot.service.js'
import { dayFinder, dayOfDate } from '../../draws/domain/calendar.js'
import { allowancesOn, shareOf, usedOf } from '../../inventory/domain/allowance.js'
import { DrainService } from '../drain.service.js'
import { streamsOf } from '../published.store.js'
import { SettlementMetrics } from '../settlement-metrics.js'
import type { KnownCampaign, PublishedCampaign } from '../settlement.types.js'
import { EpochStore, OvertakenError } from './epoch.store.js'
import { participantState } from './participant-state.js'
import { PoppedStock } from './popped-stock.js'
import { type KeptDraw, RebuildStore } from './rebuild.store.js'
import { VerifyService } from './verify.service.js'

const PROGRESS_MS = 5_000
const FIELDS_PER_COMMAND_MAX = 2_000
const DRAIN_BATCHES_MAX = 1_000_000
const BUSY_TRIES_MAX = 50
const BUSY_PAUSE_MS = 100

/** What a rebuild was meant to mend is still wrong. */
class RebuildFailedError extends Error {
  constructor(campaignId: string, reason: string) {
    super(`Campaign ${campaignId} was rebuilt and is still wrong: ${reason}`)
    this.name = 'RebuildFailedError'
  }
}

/** Makes a campaign's Redis state anew from Postgres, under new names. Killed at any point, it is simply begun again. */
@Injectable()
export class RebuildService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly redis: RedisService,
    private readonly drains: DrainService,
    private readonly epochs: EpochStore,
    private readonly store: RebuildStore,
    private readonly gates: GateService,
    private readonly snapshots: SnapshotService,
    private readonly verify: VerifyService,
    private readonly popped: PoppedStock,
    private readonly own: SettlementMetrics,
    private readonly logger: Logger,
  ) {}

  /**
   * Returns the new epoch. `goOn` throws where the work should stop. Throws OvertakenError, RebuildFailedError, or what
   * Redis and Postgres say; the campaign then stays RECOVERING, and no draw is accepted.
   */
  async rebuild(campaign: KnownCampaign, reason: string, goOn: () => void): Promise<number> {
    this.own.rebuildsRunning.inc()
    return this.#rebuild(campaign, reason, goOn).finally(() => { this.own.rebuildsRunning.dec() })
  }

  async #rebuild(campaign: KnownCampaign, reason: string, goOn: () => void): Promise<number> {
    const began = performance.now()
    this.logger.warn({ campaignId: campaign.place.id, epoch: campaign.epoch, reason }, "A campaign's Redis state is rebuilt from Postgres")
    // A process with an old snapshot could still decide under the old epoch, and nobody would settle it.
    const seen = await this.verify.closeGates(campaign)
    failpoint('recovery.gates_closed')
    await this.#drainRest(campaign)
    failpoint('recovery.drained')
    goOn()
    const epoch = await this.epochs.begin(campaign, reason, await this.#lastEpoch(campaign, seen))
    failpoint('recovery.epoch_begun')
    await this.snapshots.invalidate(campaign.tenantId, campaign.place.id)
    const snapshot = await this.snapshots.reload(campaign.tenantId, campaign.place.id)
    if (snapshot?.epoch !== epoch) throw new OvertakenError(campaign.place.id)
    const ref = { tenantId: campaign.tenantId, campaignId: campaign.place.id }
    const orphans = await this.store.settleOrphans(ref, epoch)
    failpoint('recovery.orphans_settled')
    await this.#stock(snapshot, goOn)
    failpoint('recovery.stock_written')
    const draws = await this.#participants(snapshot, goOn)
    failpoint('recovery.participants_written')
    await this.#tickets(snapshot, goOn)
    failpoint('recovery.tickets_written')
    await this.#check({ ...campaign, epoch, place: snapshot })
    goOn()
    await this.epochs.end(campaign, epoch)
    failpoint('recovery.epoch_ended')
    await this.gates.open(campaign.tenantId, campaign.place.id)
    failpoint('recovery.gates_open')
    await this.snapshots.invalidate(campaign.tenantId, campaign.place.id)
    this.logger.info(
      { campaignId: campaign.place.id, epoch, draws, orphans, seconds: Math.round(performance.now() - began) / 1_000 },
      "A campaign's Redis state is rebuilt",
    )
    return epoch
  }

  /** Where Postgres was restored from a backup, Redis has names of epochs that Postgres has yet to give: they are passed over. */
  async #lastEpoch(campaign: KnownCampaign, seen: number): Promise<number> {
    let last = Math.max(campaign.epoch, seen)
    while (await this.verify.hasState(campaign, last + 1)) last++
    return last
  }

  /** Whatever of the old state is still valid goes to Postgres while it may; what lies behind a gap is lost. */
  async #drainRest(campaign: KnownCampaign): Promise<void> {
    for (const stream of streamsOf(campaign)) {
      const drain = () => this.drains.drainRest(stream, campaign.redisRun, DRAIN_BATCHES_MAX)
      let end = await drain()
      for (let tries = 1; end === 'BUSY' && tries < BUSY_TRIES_MAX; tries++) {
        await sleep(BUSY_PAUSE_MS)
        end = await drain()
      }
      if (end === 'BUSY') throw new Error('Another worker drains the campaign and does not come to an end')
      if (end === 'FENCED') throw new OvertakenError(campaign.place.id)
    }
  }

  /** The units that are left, spread evenly: a bucket that runs dry fetches from the others. */
  async #stock(campaign: CampaignSnapshot, goOn: () => void): Promise<void> {
    const { units, applied, popped } = await this.store.takeStock({ tenantId: campaign.tenantId, campaignId: campaign.id })
    for (const [position, left] of units) {
      if (left < 0) this.logger.error({ campaignId: campaign.id, position, units: left }, 'More units of a prize were won than granted; none are left')
    }
    const allowances = await this.#allowances(campaign)
    const pipeline = this.redis.client.pipeline()
    for (let bucket = 0; bucket < campaign.bucketCount; bucket++) {
      const keys = bucketKeys(campaign, campaign.epoch, bucket)
      const fields: Array<string | number> = ['q', 0, 'tv', 0]
      for (const [position, all] of units) {
        if (popped.has(position)) continue
        const left = Math.max(0, all)
        fields.push(`p${position}`, shareOf(left, campaign.bucketCount, bucket))
      }
      for (const { code, used } of allowances) fields.push(`a${code}`, shareOf(used, campaign.bucketCount, bucket))
      pipeline.hset(keys.stock, ...fields)
      const marks = applied.filter((mark) => mark.bucket === bucket).flatMap((mark) => [mark.ledgerId, mark.units])
      if (marks.length > 0) pipeline.hset(keys.applied, ...marks)
    }
    await exec(pipeline)
    await this.popped.rebuild(campaign, popped, units, goOn)
  }

  /** What is used up of money and daily wins. Of the neighbouring days too: Redis' clock, not ours, says which day it is. */
  async #allowances(campaign: CampaignSnapshot): Promise<Array<{ code: number; used: number }>> {
    const day = dayFinder(campaign.timezone)(Date.now())
    const allowances = [day - 1, day, day + 1].flatMap((one) => allowancesOn(campaign, one))
    if (allowances.length === 0) return []
    const wins = await this.store.winsByDay({ tenantId: campaign.tenantId, campaignId: campaign.id }, campaign.timezone)
    const used = new Map(allowances.map((allowance) => [allowance.code, usedOf(allowance, campaign, wins)]))
    return [...used].filter(([, units]) => units > 0).map(([code, units]) => ({ code, used: units }))
  }

  async #participants(campaign: CampaignSnapshot, goOn: () => void): Promise<number> {
    const dayOf = dayFinder(campaign.timezone)
    const today = dayOf(Date.now())
    const progress = this.#progress(campaign, 'draws')
    let total = 0
    let open: KeptDraw[] = []
    const write = async (draws: readonly KeptDraw[]) => {
      const pipeline = this.redis.client.pipeline()
      for (const [participantId, own] of Map.groupBy(draws, (draw) => draw.participantId)) {
        this.#hset(pipeline, campaign, participantId, participantState(campaign, dayOf, today, own))
      }
      if (pipeline.length > 0) await exec(pipeline)
    }
    await this.store.draws({ tenantId: campaign.tenantId, campaignId: campaign.id }, async (page) => {
      goOn()
      total += page.length
      progress(total)
      const all = [...open, ...page]
      // The last participant's draws may go on in the next page.
      const last = all.at(-1)!.participantId
      open = all.filter((draw) => draw.participantId === last)
      await write(all.slice(0, all.length - open.length))
    })
    await write(open)
    return total
  }

  async #tickets(campaign: CampaignSnapshot, goOn: () => void): Promise<void> {
    const progress = this.#progress(campaign, 'ticket holders')
    let total = 0
    await this.store.tickets({ tenantId: campaign.tenantId, campaignId: campaign.id }, async (page) => {
      goOn()
      progress((total += page.length))
      const pipeline = this.redis.client.pipeline()
      for (const { participantId, never, lots, freeDate, grants } of page) {
        const fields = ['t', String(never), 'tl', lots, ...(freeDate === null ? [] : ['td', String(dayOfDate(freeDate))])]
        this.#hset(pipeline, campaign, participantId, [...fields, ...grants.flatMap((id) => [`g${id}`, '1'])])
      }
      await exec(pipeline)
    })
  }

  async #check(campaign: PublishedCampaign): Promise<void> {
    const fault = await this.verify.stateFault(campaign)
    if (fault !== null) throw new RebuildFailedError(campaign.place.id, fault)
  }

  #hset(pipeline: ChainableCommander, campaign: CampaignSnapshot, participantId: string, fields: readonly string[]): void {
    const key = `${bucketKeys(campaign, campaign.epoch, bucketOf(campaign, participantId)).participants}${participantId}`
    for (let i = 0; i < fields.length; i += FIELDS_PER_COMMAND_MAX) pipeline.hset(key, ...fields.slice(i, i + FIELDS_PER_COMMAND_MAX))
  }

  #progress(campaign: CampaignSnapshot, what: string): (done: number) => void {
    let toldAt = performance.now()
    let counted = 0
    return (done) => {
      this.own.rebuiltRows.inc({ kind: what }, done - counted)
      counted = done
      if (performance.now() - toldAt < PROGRESS_MS) return
      toldAt = performance.now()
      this.logger.info({ campaignId: campaign.id, epoch: campaign.epoch, done, role: this.config.role }, `Rebuilding: ${what}`)
    }
  }
}

async function exec(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
}
