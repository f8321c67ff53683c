import { Inject, Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import type { CampaignSnapshot, CampaignStatus } from './domain/snapshot.js'
import { readGateRow } from './snapshot.store.js'

const setGate = defineScript(new URL('./lua/set-gate-1.lua', import.meta.url))
const setRun = defineScript(new URL('./lua/set-run-1.lua', import.meta.url))
const growGate = defineScript(new URL('./lua/grow-gate-1.lua', import.meta.url))
const leaseGate = defineScript(new URL('./lua/lease-gate-1.lua', import.meta.url))

/** How long a process may believe a gate without asking again, and so how long whoever changes one may have to wait. */
const LEASE_MS = 100
/** Stock that is announced and never comes (its bringer died) keeps nobody from taking the campaign for sold out for longer. */
const HOLD_MS = 10_000

/** SET: changed somewhere · SAME: all were right · NEWER: a gate knows more than this writer · MISSING: Redis lost a gate, which recovery mends. */
export type GateResult = 'SET' | 'SAME' | 'NEWER' | 'MISSING'

type GatePlace = Pick<CampaignSnapshot, 'id' | 'no' | 'bucketCount' | 'epoch' | 'test'>

/** What a gate should hold, by its field names; also what `read` finds. */
export type GateFields = Readonly<Record<'e' | 'v' | 'r' | 's' | 'f' | 'u', string>>

export const gateFields = (c: Pick<CampaignSnapshot, 'epoch' | 'version' | 'riskVersion' | 'status' | 'startsAtMs' | 'endsAtMs'>): GateFields => ({
  e: String(c.epoch), v: String(c.version), r: String(c.riskVersion), s: c.status, f: String(c.startsAtMs), u: String(c.endsAtMs),
})

/** What a gate said, for as long as it may be believed: no change of the campaign is in force, and no stock was added, before that. */
export interface GateLease {
  readonly version: number
  readonly riskVersion: number
  readonly status: CampaignStatus
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly stockGeneration: string
  readonly run: string
  /** Redis' clock when it was asked, and performance.now() just before. */
  readonly redisNowMs: number
  readonly askedAt: number
  /** By performance.now(). */
  readonly endsAt: number
}

/**
 * The gates: what each partition believes of a campaign. Written after the commit that they tell of, from a row that
 * is locked FOR SHARE until they are written, so that of two writers the one who knows less is never the last.
 */
@Injectable()
export class GateService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly redis: RedisService,
  ) {}

  /** Brings all gates of a published campaign up to Postgres; makes none. Null for a draft. Throws when Redis or Postgres is away. */
  publish(tenantId: string, campaignId: string): Promise<GateResult | null> {
    return this.#fromRow(tenantId, campaignId, false)
  }

  /** As `publish`, and makes gates that are missing: only when the campaign's stock lies in Redis, so at publishing and by recovery. */
  open(tenantId: string, campaignId: string): Promise<GateResult | null> {
    return this.#fromRow(tenantId, campaignId, true)
  }

  /** A test world's gates, which stand for no row: made (`create`, when its stock lies in Redis) or brought up to the snapshot. */
  async setTest(world: CampaignSnapshot, create: boolean): Promise<GateResult> {
    if (world.test !== true) throw new Error('The gates of a campaign are written from its row')
    return this.#write(world, 0, create)
  }

  /**
   * To be called before stock is added to a campaign that has gates: when it returns, no process believes that it is sold out,
   * and none will before `grow`.
   */
  async hold(campaign: GatePlace): Promise<void> {
    await this.#growAll(campaign, HOLD_MS)
  }

  /** Stock was added and lies in its buckets: processes that took a prize for gone look again. */
  async grow(campaign: GatePlace): Promise<void> {
    await this.#growAll(campaign, 0)
  }

  /** To believe for 100 ms; null where the gate is missing or of another epoch, or where stock is about to come. */
  async lease(campaign: GatePlace): Promise<GateLease | null> {
    const askedAt = performance.now()
    const { gate } = bucketKeys(campaign, campaign.epoch, 0)
    const told = (await leaseGate.run(this.redis.client, [gate], [campaign.epoch, LEASE_MS])) as string[]
    if (told.length === 0) return null
    const [version, riskVersion, status, startsAt, endsAt, stockGeneration = '', run = '', now] = told
    return {
      version: Number(version), riskVersion: Number(riskVersion), status: status as CampaignStatus, startsAtMs: Number(startsAt),
      endsAtMs: Number(endsAt), stockGeneration, run, redisNowMs: Number(now), askedAt, endsAt: askedAt + LEASE_MS,
    }
  }

  /** Whether every gate says by itself that the campaign is over. */
  async allEnded(campaign: GatePlace): Promise<boolean> {
    const found = await this.#everywhere(campaign, (gate) => this.redis.client.hmget(gate, 'e', 's', 'u'))
    const [seconds] = await this.redis.client.time()
    const over = (status: string | null | undefined) => status === 'ENDED' || status === 'ARCHIVED'
    return found.every(([epoch, status, endsAt]) =>
      epoch === String(campaign.epoch) && (over(status) || Number(endsAt) <= Number(seconds) * 1_000))
  }

  /** Whether every gate is of this epoch and has this status. */
  async allSay(campaign: GatePlace, status: CampaignStatus): Promise<boolean> {
    const gates = await this.#everywhere(campaign, (gate) => this.redis.client.hmget(gate, 'e', 's'))
    return gates.every(([epoch, said]) => epoch === String(campaign.epoch) && said === status)
  }

  /**
   * Says in every gate which run of Redis was verified: what was decided under another number can no more be written.
   * Returns false where a gate is missing, or of another epoch, or of a newer run.
   */
  async setRun(campaign: GatePlace, run: number): Promise<boolean> {
    const set = await this.#everywhere(campaign, (gate) => setRun.run(this.redis.client, [gate], [campaign.epoch, run]))
    return set.every((one) => one === 1)
  }

  #fromRow(tenantId: string, campaignId: string, create: boolean): Promise<GateResult | null> {
    return this.sql.tenant(tenantId, async (sql) => {
      const row = await readGateRow(sql, this.config.secretKey, tenantId, campaignId)
      return row === null ? null : this.#write(row.snapshot, row.redisRun, create)
    })
  }

  async #write(snapshot: CampaignSnapshot, redisRun: number, create: boolean): Promise<GateResult> {
    const { e, v, r, s, f, u } = gateFields(snapshot)
    const set = async (gate: string) =>
      (await setGate.run(this.redis.client, [gate], [e, v, r, s, f, u, create ? '1' : '0', redisRun])) as [GateResult, number]
    const results = (await this.#firstThenRest(snapshot, set)).map(([result]) => result)
    return (['MISSING', 'NEWER', 'SET'] as const).find((result) => results.includes(result)) ?? 'SAME'
  }

  async #growAll(campaign: GatePlace, holdMs: number): Promise<void> {
    await this.#firstThenRest(campaign, async (gate) =>
      (await growGate.run(this.redis.client, [gate], [campaign.epoch, holdMs])) as [unknown, number])
  }

  /** The gate that leases are taken of, then, when nobody believes any more what it said, the others. `act` gives the ms to wait second. */
  async #firstThenRest<T extends readonly [unknown, number]>(campaign: GatePlace, act: (gate: string) => Promise<T>): Promise<T[]> {
    const gates = Array.from({ length: campaign.bucketCount }, (_, bucket) => bucketKeys(campaign, campaign.epoch, bucket).gate)
    const first = await act(gates[0]!)
    if (first[1] > 0) await sleep(Math.min(first[1], LEASE_MS) + 1)
    return [first, ...(await Promise.all(gates.slice(1).map(act)))]
  }

  #everywhere<T>(campaign: GatePlace, act: (gate: string) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: campaign.bucketCount }, (_, bucket) => act(bucketKeys(campaign, campaign.epoch, bucket).gate)))
  }
}
