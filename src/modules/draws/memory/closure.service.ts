import { Injectable, type OnModuleInit } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { isRedisUnavailable } from '../../../platform/redis/redis-errors.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { type GateLease, GateService } from '../../campaigns/gate.service.js'
import { InventoryService } from '../../inventory/inventory.service.js'
import { RiskService } from '../../risk/risk.service.js'
import type { RiskVerdict } from '../../risk/risk.types.js'
import { AudienceService } from '../audience.service.js'
import { drawsSoldOut } from '../domain/closure-rules.js'
import type { AcceptedDraws } from '../domain/accepted-draws.js'
import type { DrawRequest } from '../draws.types.js'
import { ClosureStore } from './closure.store.js'
import { RedisVisits } from './redis-visits.js'

const DRAWS_MAX = 2_000_000
/** Of all campaigns together; one of 2 000 000 draws has 19 MB. */
const ACCEPTED_BYTES_MAX = 64 * 1024 * 1024
const BYTES_BESIDE = 500
const LOADS_MAX = 2
/** A lease is renewed in good time, so that none waits for it while there are draws. */
const RENEW_BEFORE_MS = 40
/** Near its end Redis' clock alone tells whether the campaign has ended. */
const END_MARGIN_MS = 250
/** The draws of a campaign that has ended are read when so many draws have met its end within a few seconds. */
const ENDED_VISITS_MIN = 32
const ENDED_VISITS_WITHIN_MS = 10_000
const NOT_CLOSED_MS = 100
const TOO_MANY_MS = 60_000
const CAMPAIGNS_MAX = 2_000

export type ClosureKind = 'SOLD_OUT' | 'CAMPAIGN_ENDED'

/** A campaign in which nothing can be accepted for as long as its lease is renewed, and all that has been. */
export interface Closure {
  readonly kind: ClosureKind
  readonly epoch: number
  readonly accepted: AcceptedDraws
  lease: GateLease
  renewing: Promise<boolean> | null
}

/**
 * Sold out, and over: answered from memory. Where no draw can be accepted any more, the accepted ones are a set that does not
 * grow, and says of most requests what Redis would: no answer under this key, so neither a replay nor a conflict; so few
 * draws that no quota and no window is full. Of whatever is not certain Redis is asked. That it stays so is leased from the
 * gate, 100 ms at a time; whoever changes the campaign or brings stock waits until no lease is left.
 */
@Injectable()
export class ClosureService implements OnModuleInit {
  readonly #closures = new LRUCache<string, Closure>({
    maxSize: ACCEPTED_BYTES_MAX, sizeCalculation: ({ accepted }) => accepted.bytes + BYTES_BESIDE,
  })
  /** Campaigns that are not to be looked at for now. */
  readonly #not = new LRUCache<string, true>({ max: CAMPAIGNS_MAX })
  readonly #ended = new LRUCache<string, { visits: number }>({ max: CAMPAIGNS_MAX, ttl: ENDED_VISITS_WITHIN_MS })
  readonly #loading = new Set<string>()
  #connection = 0

  constructor(
    private readonly gates: GateService,
    private readonly inventory: InventoryService,
    private readonly risk: RiskService,
    private readonly audience: AudienceService,
    private readonly store: ClosureStore,
    private readonly redis: RedisService,
    private readonly visits: RedisVisits,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    // Another Redis, or one that has forgotten, may answer next.
    this.redis.client.on('close', () => {
      this.#connection++
      this.#closures.clear()
    })
  }

  /** What Redis would say, where that is certain; null: ask it. After the verdict on the same snapshot. Never rejects. */
  answer(campaign: CampaignSnapshot, request: DrawRequest, verdict: RiskVerdict): ClosureKind | null | Promise<ClosureKind | null> {
    const closure = this.#closures.get(campaign.id)
    if (closure?.epoch !== campaign.epoch || campaign.test === true) return null
    if (closure.accepted.mayHaveKey(request.userId, request.idempotencyKey)) return null
    if (closure.kind === 'SOLD_OUT' && !this.#nothingBefore(campaign, request, verdict, closure.accepted)) return null
    if (this.#renewed(campaign, closure)) return this.#answer(campaign, closure, verdict)
    return this.#renew(campaign, closure).then((held) => (held ? this.#answer(campaign, closure, verdict) : null))
  }

  /** The closure that holds at this moment, by whichever way its answers go; null: none that is known. */
  current(campaign: CampaignSnapshot): Closure | null {
    const closure = this.#closures.get(campaign.id)
    if (closure?.epoch !== campaign.epoch || closure.lease.version !== campaign.version || campaign.test === true) return null
    return this.#renewed(campaign, closure) ? closure : null
  }

  /** Redis has just refused a draw so. Finds out, behind the answer's back, whether all others will hear the same. */
  met(campaign: CampaignSnapshot, kind: ClosureKind): void {
    const known = this.#closures.get(campaign.id)
    if (campaign.test === true || (known?.epoch === campaign.epoch && known.kind === kind)) return
    if (this.#loading.has(campaign.id) || this.#loading.size >= LOADS_MAX || this.#not.has(campaign.id)) return
    if (kind === 'SOLD_OUT' && drawsSoldOut(campaign) === 0) return
    if (kind === 'CAMPAIGN_ENDED') {
      const seen = this.#ended.get(campaign.id) ?? { visits: 0 }
      if (seen.visits === 0) this.#ended.set(campaign.id, seen)
      if (++seen.visits < ENDED_VISITS_MIN) return
    }
    this.#loading.add(campaign.id)
    void this.#load(campaign, kind).catch((error: unknown) => {
      this.#not.set(campaign.id, true, { ttl: NOT_CLOSED_MS })
      if (!isRedisUnavailable(error)) this.logger.warn({ err: error, campaignId: campaign.id }, 'Accepted draws could not be read: refused ones go on asking Redis')
    }).finally(() => { this.#loading.delete(campaign.id) })
  }

  #answer(campaign: CampaignSnapshot, { kind, lease }: Closure, verdict: RiskVerdict): ClosureKind | null {
    if (lease.version !== campaign.version) return null
    if (kind === 'SOLD_OUT') {
      const redisNowMs = lease.redisNowMs + (performance.now() - lease.askedAt)
      if (lease.riskVersion !== verdict.version || redisNowMs + END_MARGIN_MS >= lease.endsAtMs) return null
    }
    this.visits.saved(kind === 'SOLD_OUT' ? 'sold_out' : 'ended')
    return kind
  }

  /** Whether there is nothing to be told before SOLD_OUT: all that the participant has and wants lies within every limit. */
  #nothingBefore(campaign: CampaignSnapshot, request: DrawRequest, verdict: RiskVerdict, accepted: AcceptedDraws): boolean {
    const draws = accepted.drawsMost(request.userId) + request.count
    if (verdict.blocked || !this.audience.isEligible(campaign, request) || !(draws <= drawsSoldOut(campaign))) return false
    if (verdict.allowed) return true
    return this.risk.rules(campaign).every(({ subject, drawsMax }) =>
      (subject === 'PARTICIPANT' ? draws <= drawsMax : subject === 'DEVICE' ? request.deviceId === null : request.ip === null))
  }

  /** Whether the lease holds now; asks for the next one where that is near its end. */
  #renewed(campaign: CampaignSnapshot, closure: Closure): boolean {
    const leftMs = closure.lease.endsAt - performance.now()
    if (leftMs > 0 && leftMs < RENEW_BEFORE_MS) void this.#renew(campaign, closure)
    return leftMs > 0
  }

  /** One question for all who wait. False where the closure does not hold any more, or Redis did not say; never rejects. */
  #renew(campaign: CampaignSnapshot, closure: Closure): Promise<boolean> {
    closure.renewing ??= this.#lease(campaign).then((lease) => {
      // Dropped meanwhile: what was told over the old connection does not count.
      const holds = lease !== null && isSame(closure.lease, lease) && isClosed(closure.kind, lease)
        && this.#closures.peek(campaign.id) === closure
      if (holds) closure.lease = lease
      else this.#drop(campaign, closure)
      return holds
    }, () => false).finally(() => { closure.renewing = null })
    return closure.renewing
  }

  #drop(campaign: CampaignSnapshot, closure: Closure): void {
    if (this.#closures.peek(campaign.id) === closure) this.#closures.delete(campaign.id)
  }

  /** Between two leases that say the same: nothing to be had anywhere (or over everywhere), then all that was accepted. */
  async #load(campaign: CampaignSnapshot, kind: ClosureKind): Promise<void> {
    const connection = this.#connection
    const before = await this.#lease(campaign)
    const closed = before?.version === campaign.version && isClosed(kind, before)
      && (kind === 'SOLD_OUT' ? await this.#nothingLeft(campaign) : await this.gates.allEnded(campaign))
    if (!closed) return void this.#not.set(campaign.id, true, { ttl: NOT_CLOSED_MS })
    const accepted = await this.store.accepted(campaign, DRAWS_MAX)
    if (accepted === null) return void this.#not.set(campaign.id, true, { ttl: TOO_MANY_MS })
    const lease = await this.#lease(campaign)
    if (lease === null || !isSame(before, lease) || !isClosed(kind, lease) || connection !== this.#connection) return
    this.#closures.set(campaign.id, { kind, epoch: campaign.epoch, accepted, lease, renewing: null })
  }

  /** No unit of any prize in any bucket, and none on its way: between two readings nothing was moved. */
  async #nothingLeft(campaign: CampaignSnapshot): Promise<boolean> {
    this.visits.made.inc(2 * campaign.bucketCount)
    const first = await this.inventory.readCut(campaign)
    const empty = first.every(({ exists, stock, pending }) =>
      exists && pending.length === 0 && campaign.prizes.every(({ position }) => (stock.get(position) ?? 0) <= 0))
    if (!empty) return false
    const second = await this.inventory.readCut(campaign)
    return second.every(({ transfers, pending }, bucket) => transfers === first[bucket]?.transfers && pending.length === 0)
  }

  #lease(campaign: CampaignSnapshot): Promise<GateLease | null> {
    this.visits.made.inc()
    return this.gates.lease(campaign)
  }
}

/** Of the same life of the gate: neither campaign nor stock has changed, nor Redis been verified anew. Risk lists may have. */
const isSame = (a: GateLease, b: GateLease) =>
  a.version === b.version && a.stockGeneration === b.stockGeneration && a.run === b.run && a.endsAtMs === b.endsAtMs

function isClosed(kind: ClosureKind, { status, redisNowMs, startsAtMs, endsAtMs }: GateLease): boolean {
  if (status === 'RECOVERING') return false
  const over = status === 'ENDED' || status === 'ARCHIVED' || (redisNowMs >= startsAtMs && redisNowMs >= endsAtMs)
  return kind === 'CAMPAIGN_ENDED' ? over : !over && status !== 'PAUSED' && redisNowMs >= startsAtMs
}
