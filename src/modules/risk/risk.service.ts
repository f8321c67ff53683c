import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { INVALIDATION_CHANNEL } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { TenantLists } from './domain/lists.js'
import { RiskListStore } from './risk-list.store.js'
import type { RiskParty, RiskVerdict, VelocityRule } from './risk.types.js'

/** Entries of all tenants together: some 200 MB at the very most. */
const ENTRIES_CACHED_MAX = 1_000_000

interface Load {
  readonly promise: Promise<TenantLists>
  stale: boolean
}

/** Lists and rules as this process knows them. The gate knows the newest version, so what is old here decides nothing. */
@Injectable()
export class RiskService implements OnModuleInit, OnApplicationShutdown {
  readonly #known = new LRUCache<string, TenantLists>({ maxSize: ENTRIES_CACHED_MAX, sizeCalculation: ({ size }) => size })
  readonly #loads = new Map<string, Load>()
  // What the verdict on a snapshot was taken from, whatever has been forgotten since.
  readonly #used = new WeakMap<CampaignSnapshot, TenantLists>()
  #subscriber: Redis | undefined
  #listening: Promise<unknown> = Promise.resolve()

  constructor(private readonly store: RiskListStore, private readonly redis: RedisService, private readonly logger: Logger) {}

  onModuleInit(): void {
    const subscriber = this.redis.duplicate({ connectionName: 'drawbridge-risk', enableOfflineQueue: true, maxRetriesPerRequest: null })
    this.#subscriber = subscriber
    subscriber.on('message', (_channel: string, message: string) => {
      if (message.endsWith(':')) this.forget(message.slice(0, -1))
    })
    subscriber.on('close', () => this.#forgetAll())
    subscriber.on('ready', () => this.#forgetAll())
    this.#listening = subscriber.subscribe(INVALIDATION_CHANNEL).catch((error: unknown) => this.logger.warn({ err: error }, 'No announcements of changed risk lists'))
  }

  /** Resolves when changes are heard of for the first time; never rejects. */
  get listening(): Promise<unknown> {
    return this.#listening
  }

  onApplicationShutdown(): void {
    this.#subscriber?.disconnect()
  }

  /** At once where the tenant's lists are known; else after they were read. */
  verdict(snapshot: CampaignSnapshot, party: RiskParty): RiskVerdict | Promise<RiskVerdict> {
    const known = this.#known.get(snapshot.tenantId)
    if (known !== undefined && known.version >= snapshot.riskVersion) return this.#judge(known, snapshot, party)
    return this.#atLeast(snapshot).then((lists) => this.#judge(lists, snapshot, party))
  }

  /** The rules that apply, tenant's and campaign's, of the lists that the verdict on this snapshot was taken from. */
  rules(snapshot: CampaignSnapshot): readonly VelocityRule[] {
    const lists = this.#used.get(snapshot)
    if (lists === undefined) throw new Error('The verdict comes before the rules')
    return lists.rulesFor(snapshot.id)
  }

  /** Of the lists in use, read where they are not known. */
  async version(tenantId: string): Promise<number> {
    return (this.#known.get(tenantId) ?? (await this.#load(tenantId))).version
  }

  /** A tenant that does not exist has empty lists in this process, until they are forgotten. */
  lend(tenantId: string): void {
    this.#known.set(tenantId, new TenantLists(0, [], []))
  }

  /** In this process. A read that is under way may be of before the change: it answers whom it has and is not kept. */
  forget(tenantId: string): void {
    this.#known.delete(tenantId)
    const load = this.#loads.get(tenantId)
    if (load !== undefined) load.stale = true
  }

  #judge(lists: TenantLists, snapshot: CampaignSnapshot, party: RiskParty): RiskVerdict {
    if (this.#used.get(snapshot) !== lists) this.#used.set(snapshot, lists)
    const allowed = lists.allows(snapshot.id, party)
    return { blocked: !allowed && lists.blocks(snapshot.id, party), allowed, version: lists.version }
  }

  /** The lists as new as the snapshot. A read that was under way may have begun before it: then once more, all who waited together. */
  async #atLeast({ tenantId, riskVersion }: CampaignSnapshot): Promise<TenantLists> {
    const lists = await this.#load(tenantId)
    return lists.version >= riskVersion ? lists : this.#load(tenantId)
  }

  #load(tenantId: string): Promise<TenantLists> {
    const running = this.#loads.get(tenantId)
    if (running !== undefined && !running.stale) return running.promise
    const load: Load = {
      stale: false,
      promise: this.store
        .read(tenantId)
        .then((lists) => {
          if (!load.stale) this.#known.set(tenantId, lists)
          return lists
        })
        .finally(() => {
          if (this.#loads.get(tenantId) === load) this.#loads.delete(tenantId)
        }),
    }
    this.#loads.set(tenantId, load)
    return load.promise
  }

  #forgetAll(): void {
    this.#known.clear()
    for (const load of this.#loads.values()) load.stale = true
  }
}
