import { Injectable } from '@nestjs/common'
import { velocityKey } from '../../platform/redis/keys.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { subscriberOf } from './domain/ip.js'
import { RiskService } from './risk.service.js'
import type { RiskParty, RiskVerdict, VelocityRule } from './risk.types.js'

const reserveWindow = defineScript(new URL('./lua/reserve-window-1.lua', import.meta.url))
const releaseWindow = defineScript(new URL('./lua/release-window-1.lua', import.meta.url))

/** As a wait: no window ever has room for so many draws at once. */
const NEVER = -1

/** What was counted in the windows of a device and an address. */
export interface Reservation {
  /** Set: a window is full for so long (-1: for ever, for so many draws), and nothing was counted. */
  readonly retryAfterMs: number | null
  /** The draws were not accepted anew: takes them out of the windows again. May be called once or not at all; never rejects. */
  release(): Promise<void>
}

interface Taken {
  readonly key: string
  readonly endsAtMs: number
}

const NOTHING: Reservation = { retryAfterMs: null, release: () => Promise.resolve() }

/** Velocity of devices and addresses, over all partitions; a participant's is the decision script's. */
@Injectable()
export class VelocityService {
  constructor(private readonly risk: RiskService, private readonly redis: RedisService, private readonly logger: Logger) {}

  /** Whether any window of a device or an address counts draws of this campaign. After the verdict on the same snapshot. */
  appliesTo(snapshot: CampaignSnapshot, verdict: RiskVerdict): boolean {
    return !verdict.blocked && !verdict.allowed && this.risk.rules(snapshot).some(({ subject }) => subject !== 'PARTICIPANT')
  }

  /** Counts `count` draws in every window that applies, or in none. After the verdict on the same snapshot. Throws where Redis is away. */
  async reserve(snapshot: CampaignSnapshot, party: Pick<RiskParty, 'deviceId' | 'ip'>, count: number): Promise<Reservation> {
    const windows = this.risk.rules(snapshot).flatMap((rule) => {
      const key = keyOf(snapshot, rule, party)
      return key === null ? [] : [{ key, rule }]
    })
    if (windows.length === 0) return NOTHING
    const answers = await Promise.allSettled(
      windows.map(({ key, rule }) => this.redis.guarded(() =>
        reserveWindow.run(this.redis.client, [key], [count, rule.drawsMax, rule.windowSeconds * 1_000]))),
    )
    const taken: Taken[] = []
    let retryAfterMs: number | null = null
    let failure: PromiseRejectedResult | undefined
    answers.forEach((answer, index) => {
      if (answer.status === 'rejected') failure ??= answer
      else {
        const [code, ms] = answer.value as [string, number]
        if (code === 'TAKEN') taken.push({ key: windows[index]!.key, endsAtMs: ms })
        else retryAfterMs = ms === NEVER || retryAfterMs === NEVER ? NEVER : Math.max(retryAfterMs ?? 0, ms)
      }
    })
    if (failure !== undefined || retryAfterMs !== null) {
      await this.#release(taken, count)
      if (failure !== undefined) throw failure.reason
      return { ...NOTHING, retryAfterMs }
    }
    return { retryAfterMs: null, release: () => this.#release(taken, count) }
  }

  /** A window that cannot be reached now ends by itself. */
  async #release(taken: readonly Taken[], count: number): Promise<void> {
    const answers = await Promise.allSettled(
      taken.map(({ key, endsAtMs }) => releaseWindow.run(this.redis.client, [key], [count, endsAtMs])),
    )
    for (const answer of answers) {
      if (answer.status === 'rejected' && !isRedisUnavailable(answer.reason)) this.logger.warn({ err: answer.reason }, 'A velocity window was not given back')
    }
  }
}

function keyOf(snapshot: CampaignSnapshot, rule: VelocityRule, { deviceId, ip }: Pick<RiskParty, 'deviceId' | 'ip'>): string | null {
  if (rule.subject === 'PARTICIPANT') return null
  const value = rule.subject === 'DEVICE' ? deviceId : ip === null ? null : subscriberOf(ip)
  if (value === null) return null
  // A test world counts by itself, the tenant's rules too: it is emptied by itself.
  const scope = snapshot.test === true
    ? { tenantId: snapshot.tenantId, campaignNo: snapshot.no, testEpoch: snapshot.epoch }
    : { tenantId: snapshot.tenantId, campaignNo: rule.campaignId === null ? null : snapshot.no }
  return velocityKey(scope, rule.subject, value, rule.windowSeconds)
}
