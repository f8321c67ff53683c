import { Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { SweepService } from '../campaigns/sweep.service.js'
import { INCARNATION, type Incarnation } from '../draws/draws.types.js'
import { PublishedStore } from './published.store.js'
import type { PublishedCampaign } from './settlement.types.js'
import { type ExpiryRound, type ExpirySight, type LotCursor, TicketExpiryStore } from './ticket-expiry.store.js'

/** Clocks of Redis, Postgres and the processes may differ by less, and a durable win be committed later by less. */
const MARGIN_MS = 60_000
const EVERY_ROUNDS = 10
/** Draws decided just before are on their way into Postgres. */
const WAITS_MAX = 20
const WAIT_MS = 100

/**
 * Closes lots of tickets that have expired: what is left of each leaves the ledger by one EXPIRE row. Redis needs no word of
 * it, since the script passes over what has expired. A lot is closed only when all draws that may have spent from it are settled.
 */
@Injectable()
export class TicketExpiryService implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly published: PublishedStore,
    private readonly redis: RedisService,
    private readonly store: TicketExpiryStore,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('ticket-expiry', EVERY_ROUNDS, async (stopping) => void (await this.sweep(stopping)))
  }

  /** Returns how many lots had something left and were closed. */
  async sweep(stopping = new AbortController().signal, marginMs = MARGIN_MS): Promise<number> {
    const due = await this.store.campaigns(new Date(Date.now() - marginMs))
    if (due.length === 0) return 0
    const campaigns = new Map((await this.published.all()).map((campaign) => [campaign.place.id, campaign]))
    let closed = 0
    for (const { campaignId } of due) {
      const campaign = campaigns.get(campaignId)
      if (campaign !== undefined && !stopping.aborted) closed += await this.#close(campaign, marginMs, stopping)
    }
    return closed
  }

  async #close(campaign: PublishedCampaign, marginMs: number, stopping: AbortSignal): Promise<number> {
    const sight = await this.#look(campaign, marginMs)
    if (sight === null) return 0
    let closed = 0
    let after: LotCursor | null = null
    for (let waits = 0; waits < WAITS_MAX && !stopping.aborted;) {
      const round: ExpiryRound = await this.store.close(campaign, sight, after)
      if (round.kind === 'FENCED') return closed
      if (round.kind === 'WAIT') {
        waits++
        await sleep(WAIT_MS, undefined, { ref: false })
      } else {
        closed += round.rows
        if (round.next === null) return closed
        after = round.next
      }
    }
    return closed
  }

  /** Null where Redis does not say enough: it is being restored. */
  async #look(campaign: PublishedCampaign, marginMs: number): Promise<ExpirySight | null> {
    const over = campaign.status === 'ENDED'
    const buckets = await Promise.all(Array.from({ length: campaign.place.bucketCount }, (_, bucket) => this.#bucket(campaign, bucket)))
    const runs = new Set(buckets.map(({ run }) => run))
    const [run] = runs
    if (!this.incarnation.isCurrent()) return null
    if (runs.size !== 1 || run === undefined || (run === null && !over)) return null
    if (!over && buckets.some(({ seq }) => seq === null)) return null
    const timeMs = Math.min(Date.now(), ...buckets.map((bucket) => bucket.timeMs))
    return { run, seqs: buckets.map(({ seq }) => seq ?? 0), expiredBefore: new Date(timeMs - marginMs) }
  }

  /** One transaction: the number is of the time that it names. */
  async #bucket(campaign: PublishedCampaign, bucket: number): Promise<{ timeMs: number; run: number | null; seq: number | null }> {
    const keys = bucketKeys(campaign.place, campaign.epoch, bucket)
    const results = (await this.redis.client.multi().time().hmget(keys.gate, 'e', 'n').hget(keys.stock, 'q').exec()) ?? []
    const [time, gate, seq] = results.map(([error, value]) => {
      if (error !== null) throw error
      return value
    }) as [[string | number, string | number], Array<string | null>, string | null]
    const run = gate[0] === String(campaign.epoch) && gate[1] != null ? Number(gate[1]) : null
    return { timeMs: Number(time[0]) * 1_000, run, seq: seq === null ? null : Number(seq) }
  }
}
