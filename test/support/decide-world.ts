import { Redis } from 'ioredis'
import type { CampaignSnapshot } from '../../src/modules/campaigns/domain/snapshot.js'
import { DecideStore, type Decision, type Verdict } from '../../src/modules/draws/decide.store.js'
import { formatOutcome } from '../../src/modules/draws/domain/answer.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import type { RedisService } from '../../src/platform/redis/redis.service.js'
import { loadScripts, ScriptMissingError } from '../../src/platform/redis/script.js'
import { emptyTestRedis } from './redis.js'
import { campaignSnapshot, prizeSnapshot } from './snapshots.js'

const dayMs = 86_400_000

/** What a test changes of a draw that would otherwise be won: one unit of prize 1, certain, with stock. */
export interface Setting {
  gate?: Record<string, string | number>
  stock?: Record<string, number>
  participant?: Record<string, string | number>
  campaign?: Partial<CampaignSnapshot>
  decision?: Partial<Omit<Decision, 'campaign'>>
  /** Popped units by name, with their ms; their prizes' counters are set to fit. */
  due?: Record<string, number>
}

/** Later settings win, field by field. */
export const merge = (...settings: readonly Setting[]): Setting => ({
  gate: Object.assign({}, ...settings.map(({ gate }) => gate)) as NonNullable<Setting['gate']>,
  stock: Object.assign({}, ...settings.map(({ stock }) => stock)) as NonNullable<Setting['stock']>,
  participant: Object.assign({}, ...settings.map(({ participant }) => participant)) as NonNullable<Setting['participant']>,
  campaign: Object.assign({}, ...settings.map(({ campaign }) => campaign)) as NonNullable<Setting['campaign']>,
  decision: Object.assign({}, ...settings.map(({ decision }) => decision)) as NonNullable<Setting['decision']>,
  due: Object.assign({}, ...settings.map(({ due }) => due)) as NonNullable<Setting['due']>,
})

export const term = (position: number, more: Partial<Decision['terms'][number]> = {}): Decision['terms'][number] =>
  ({
    position, winsPerUser: null, unlockAfterDraws: null, unitsMost: null, unlockAfterStreakDays: null, winsPerUserDaily: null, uses: [],
    ...more,
  })

/** Outcomes as the stream writes them, what is lacking, or the code. */
export function told(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'decided': return verdict.outcomes.map(formatOutcome).join(',')
    case 'need': return `NEED ${verdict.position} ${verdict.units}`
    case 'need-due': return `DUE ${verdict.units}`
    case 'rejected': return verdict.code
    default: return verdict.kind
  }
}

/** The decide script on a real Redis, without the product around it. */
export class DecideWorld {
  #nextSnowflake = 9_007_199_254_740_993n // above what a double can tell apart

  private constructor(readonly redis: Redis, private readonly store: DecideStore) {}

  static async open(): Promise<DecideWorld> {
    const redis = new Redis(await emptyTestRedis(), { maxRetriesPerRequest: 1 })
    await loadScripts(redis)
    return DecideWorld.on(redis)
  }

  /** On a Redis that has the scripts. */
  static on(redis: Redis): DecideWorld {
    return new DecideWorld(redis, new DecideStore({ client: redis, guarded: (command) => command() } as RedisService))
  }

  close(): void {
    this.redis.disconnect()
  }

  decision({ campaign, decision }: Setting): Decision {
    const now = Date.now()
    const count = decision?.candidates?.length ?? 1
    const first = this.#nextSnowflake
    this.#nextSnowflake += BigInt(count)
    return {
      campaign: campaignSnapshot({ prizes: [prizeSnapshot({ position: 1, probabilityPpb: 1_000_000_000 })], ...campaign }),
      riskVersion: 1,
      bucket: 0,
      stockGeneration: '',
      denied: null,
      frequentRetryAfterMs: null,
      participantId: 'user-1',
      idempotencyKey: 'key-1',
      fingerprint: String(count),
      snowflakes: Array.from({ length: count }, (_, n) => first + BigInt(n)),
      days: { day: 100, startMs: now - 3_600_000, nextMs: now + dayMs, afterNextMs: now + 2 * dayMs },
      firstCome: false,
      candidates: [1],
      fallbacks: [],
      terms: [term(1)],
      windows: [],
      deviceId: null,
      ip: null,
      traceParent: null,
      rolls: Array.from({ length: count }, (_, n) => 1_000 + n),
      allowances: [],
      guarantee: null,
      popped: null,
      oddsTable: 0,
      ...decision,
    }
  }

  keys({ campaign, bucket, participantId }: Decision) {
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    return { ...keys, participant: keys.participants + participantId }
  }

  /** Empties Redis and lays out what the setting says. */
  async prepare(setting: Setting): Promise<Decision> {
    await this.redis.flushdb()
    const decision = this.decision(setting)
    const keys = this.keys(decision)
    const { campaign } = decision
    await this.redis.hset(keys.gate, {
      e: campaign.epoch, v: campaign.version, r: 1, s: 'ACTIVE', f: campaign.startsAtMs, u: campaign.endsAtMs, g: '5', n: 0, ...setting.gate,
    })
    await this.redis.hset(keys.stock, { q: 0, tv: 0, p1: 10, ...setting.stock })
    const due = Object.entries(setting.due ?? {})
    for (const [position, units] of Map.groupBy(due, ([name]) => name.split(':')[3])) {
      await this.redis.zadd(keys.due, ...units.flatMap(([name, ms]) => [ms, name]))
      const amount = units.reduce((sum, [name]) => sum + Number(name.split(':')[4]), 0)
      await this.redis.hset(keys.stock, `p${position}`, units.length, `z${position}`, amount)
    }
    if (Object.keys(setting.participant ?? {}).length > 0) await this.redis.hset(keys.participant, setting.participant ?? {})
    return decision
  }

  async decide(decision: Decision): Promise<Verdict> {
    try {
      return await this.store.decide(decision)
    } catch (error) {
      // Scripts are the whole server's: another test file may just be trying what happens without them.
      if (!(error instanceof ScriptMissingError)) throw error
      await loadScripts(this.redis)
      return this.store.decide(decision)
    }
  }

  /** Prepares and decides; also says whether any key changed. */
  async run(setting: Setting): Promise<{ verdict: Verdict; changed: boolean; decision: Decision }> {
    const decision = await this.prepare(setting)
    const before = await this.everything()
    const verdict = await this.decide(decision)
    return { verdict, changed: before !== (await this.everything()), decision }
  }

  /** All keys with their values, byte for byte. */
  async everything(): Promise<string> {
    const keys = (await this.redis.keys('*')).sort()
    const values = await Promise.all(keys.map((key) => this.redis.dumpBuffer(key)))
    return keys.map((key, n) => `${key}=${values[n]?.toString('base64')}`).join('\n')
  }

  async participant(decision: Decision): Promise<Record<string, string>> {
    return this.redis.hgetall(this.keys(decision).participant)
  }

  async stock(decision: Decision): Promise<Record<string, string>> {
    return this.redis.hgetall(this.keys(decision).stock)
  }
}
