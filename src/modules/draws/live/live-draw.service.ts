import { Injectable } from '@nestjs/common'
import type { Context } from '../../../common/context.js'
import { badInput } from '../../../common/errors.js'
import { type FeatureOff, Features } from '../../../platform/features/features.js'
import { bucketKeys, liveKey } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import type { CampaignSnapshot, CampaignStatus } from '../../campaigns/domain/snapshot.js'
import { effectiveStatus } from '../../campaigns/domain/status.js'
import { SnapshotService } from '../../campaigns/snapshot.service.js'
import { type LiveSeries, minutesOf, SECONDS_MAX, seriesOf } from './live-counts.js'

const SECONDS_MIN = 10
/** The second that is gathered now is told in the next. */
const BEHIND_SECONDS = 2

export interface LiveDraws extends LiveSeries {
  readonly campaignId: string
  /** Of this moment, however the campaign came to it. */
  readonly status: CampaignStatus
  readonly version: number
  /** Decided, and not yet in Postgres. */
  readonly unsettled: number
  /** How long the first of these has waited; 0 where there are none. */
  readonly oldestUnsettledMs: number
  /** Why nothing is counted: there are no points then, and while Redis is away nothing unsettled either. Null while it is on. */
  readonly off: FeatureOff['cause'] | null
}

const NOTHING = { points: [], refusals: [], unsettled: 0, oldestUnsettledMs: 0 } as const

/** What all processes together have answered lately, as nearly as a glance needs it. */
@Injectable()
export class LiveDrawService {
  constructor(private readonly redis: RedisService, private readonly snapshots: SnapshotService, private readonly features: Features) {}

  /**
   * The last `seconds` (10 to 900) that are told, one point each; null where the tenant has no such published campaign. Throws
   * BAD_USER_INPUT, and Redis's errors. While LIVE_COUNTS is off there are no points.
   */
  async ofCampaign(ctx: Context, campaignId: string, seconds: number): Promise<LiveDraws | null> {
    if (!Number.isInteger(seconds) || seconds < SECONDS_MIN || seconds > SECONDS_MAX) throw badInput('seconds', `must be from ${SECONDS_MIN} to ${SECONDS_MAX}`)
    const last = lastTold()
    return this.#between(ctx, campaignId, last - seconds + 1, last)
  }

  /** As above, from one second on; no point where that is not told yet. */
  async since(ctx: Context, campaignId: string, second: number): Promise<LiveDraws | null> {
    const last = lastTold()
    return this.#between(ctx, campaignId, Math.max(second, last - SECONDS_MAX + 1), last)
  }

  async #between(ctx: Context, campaignId: string, first: number, last: number): Promise<LiveDraws | null> {
    const campaign = await this.snapshots.get(ctx.tenantId, campaignId)
    if (campaign === null) return null
    const off = this.features.off(ctx.tenantId, 'LIVE_COUNTS')
    const state = { campaignId, status: effectiveStatus(campaign, Date.now()), version: campaign.version }
    // What waits for settlement is looked at all the same, where it can be: an alarm that is never off asks for it.
    if (off !== null) return { ...state, ...NOTHING, ...(off.cause === 'REDIS' ? {} : await this.#unsettled(campaign)), off: off.cause }
    const [minutes, waiting] = await Promise.all([this.#minutes(campaignId, first, last), this.#unsettled(campaign)])
    return { ...state, ...seriesOf(minutes, first, last), ...waiting, off: null }
  }

  async #minutes(campaignId: string, first: number, last: number): Promise<Map<number, Record<string, string>>> {
    const counted = async (minute: number) => [minute, await this.redis.client.hgetall(liveKey(campaignId, minute))] as const
    return new Map(await Promise.all(minutesOf(first, last).map(counted)))
  }

  async #unsettled(campaign: CampaignSnapshot): Promise<Pick<LiveDraws, 'unsettled' | 'oldestUnsettledMs'>> {
    const buckets = Array.from({ length: campaign.bucketCount }, (_, bucket) => bucketKeys(campaign, campaign.epoch, bucket).stream)
    const [lengths, firsts] = await Promise.all([
      Promise.all(buckets.map((stream) => this.redis.client.xlen(stream))),
      Promise.all(buckets.map((stream) => this.redis.client.xrange(stream, '-', '+', 'COUNT', 1))),
    ])
    const decidedMs = firsts.flatMap(([entry]) => (entry === undefined ? [] : [decidedAtMs(entry[1])]))
    const nowMs = Date.now()
    return {
      unsettled: lengths.reduce((sum, length) => sum + length, 0),
      // Redis said when, by a clock of its own.
      oldestUnsettledMs: decidedMs.reduce((longest, atMs) => Math.max(longest, nowMs - atMs), 0),
    }
  }
}

const lastTold = (): number => Math.floor(Date.now() / 1_000) - BEHIND_SECONDS

/** Of a stream's entry, whatever else it is about. */
function decidedAtMs(fields: readonly string[]): number {
  const at = fields.findIndex((text, n) => n % 2 === 0 && text === 'c')
  const ms = Number(fields[at + 1])
  return at >= 0 && Number.isFinite(ms) ? ms : Infinity
}
