import { Inject, Injectable } from '@nestjs/common'
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

/** SET: changed somewhere · SAME: all were right · NEWER: a gate knows more than this writer · MISSING: Redis lost a gate, which recovery mends. */
export type GateResult = 'SET' | 'SAME' | 'NEWER' | 'MISSING'

type GatePlace = Pick<CampaignSnapshot, 'id' | 'no' | 'bucketCount' | 'epoch' | 'test'>

/** What a gate should hold, by its field names; also what `read` finds. */
export type GateFields = Readonly<Record<'e' | 'v' | 'r' | 's' | 'f' | 'u', string>>

export const gateFields = (c: Pick<CampaignSnapshot, 'epoch' | 'version' | 'riskVersion' | 'status' | 'startsAtMs' | 'endsAtMs'>): GateFields => ({
  e: String(c.epoch), v: String(c.version), r: String(c.riskVersion), s: c.status, f: String(c.startsAtMs), u: String(c.endsAtMs),
})

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

  /** Stock was added and lies in its buckets: processes that took a prize for gone look again. */
  async grow(campaign: GatePlace): Promise<void> {
    await this.#everywhere(campaign, (gate) => growGate.run(this.redis.client, [gate], [campaign.epoch]))
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
    const results = await this.#everywhere(snapshot, (gate) => setGate.run(this.redis.client, [gate], [e, v, r, s, f, u, create ? '1' : '0', redisRun]))
    return (['MISSING', 'NEWER', 'SET'] as const).find((result) => results.includes(result)) ?? 'SAME'
  }

  #everywhere<T>(campaign: GatePlace, act: (gate: string) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: campaign.bucketCount }, (_, bucket) => act(bucketKeys(campaign, campaign.epoch, bucket).gate)))
  }
}
