import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { isUuid } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { INVALIDATION_CHANNEL } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from './domain/snapshot.js'
import { findCampaignByNo, findSnapshotId, listVisibleIds, readSnapshot } from './snapshot.store.js'

const SNAPSHOTS_MAX = 2_000
const NAMES_MAX = 10_000
/** The net under pub/sub, which promises nothing. */
const SNAPSHOT_AGE_MS_MAX = 30_000
const ABSENT_AGE_MS_MAX = 1_000
const VISIBLE_MAX = 100
const VISIBLE_AFTER_END_MS = 7 * 24 * 3_600_000

type Place = Readonly<{ tenantId: string; id: string }>
/** `startedAt`, here and below: by performance.now(), when the read began. */
interface Load { readonly promise: Promise<CampaignSnapshot | null>; readonly startedAt: number; stale: boolean }
interface Known { readonly snapshot: CampaignSnapshot; readonly startedAt: number }

const nameOf = (tenantId: string, id: string) => `${tenantId}/${id}`

/**
 * Published campaigns as this process knows them. A change made by any process is announced by pub/sub before its
 * mutation returns; a message that was lost costs 30 s at most, and a draw none: the gate knows the version.
 */
@Injectable()
export class SnapshotService implements OnModuleInit, OnApplicationShutdown {
  readonly #known = new LRUCache<string, Known>({ max: SNAPSHOTS_MAX, ttl: SNAPSHOT_AGE_MS_MAX })
  readonly #absent = new LRUCache<string, true>({ max: NAMES_MAX, ttl: ABSENT_AGE_MS_MAX })
  readonly #byNo = new LRUCache<number, Place>({ max: NAMES_MAX })
  readonly #absentNo = new LRUCache<number, true>({ max: NAMES_MAX, ttl: ABSENT_AGE_MS_MAX })
  readonly #loads = new Map<string, Load>()
  #subscriber: Redis | undefined
  #listening: Promise<unknown> = Promise.resolve()

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly redis: RedisService,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const subscriber = this.redis.duplicate({ connectionName: 'drawbridge-snapshots', enableOfflineQueue: true, maxRetriesPerRequest: null })
    this.#subscriber = subscriber
    subscriber.on('message', (_channel: string, message: string) => {
      const [tenantId = '', id = ''] = message.split(':')
      this.#forget(tenantId, id)
    })
    // What was announced while nobody listened is not known: nothing may be believed.
    subscriber.on('close', () => this.#forgetAll())
    subscriber.on('ready', () => this.#forgetAll())
    this.#listening = subscriber.subscribe(INVALIDATION_CHANNEL).catch((error: unknown) => this.logger.warn({ err: error }, 'No announcements of changed campaigns'))
  }

  /** Resolves when changes are heard of for the first time; never rejects. */
  get listening(): Promise<unknown> {
    return this.#listening
  }

  onApplicationShutdown(): void {
    this.#subscriber?.disconnect()
  }

  /** As `get`, at once where the campaign is known. */
  known(tenantId: string, campaignId: string): CampaignSnapshot | undefined {
    return this.#known.get(nameOf(tenantId, campaignId))?.snapshot
  }

  /** A campaign that no row is of, which this process alone is to know until it is taken back. */
  lend(snapshot: CampaignSnapshot): void {
    this.#known.set(nameOf(snapshot.tenantId, snapshot.id), { snapshot, startedAt: performance.now() })
  }

  takeBack({ tenantId, id }: CampaignSnapshot): void {
    this.#forget(tenantId, id)
  }

  /** Null for what does not exist, is another tenant's, or was never published. */
  async get(tenantId: string, campaignId: string): Promise<CampaignSnapshot | null> {
    const name = nameOf(tenantId, campaignId)
    const known = this.#known.get(name)
    if (known !== undefined) return known.snapshot
    if (!isUuid(campaignId) || !isUuid(tenantId) || this.#absent.has(name)) return null
    return this.#load(tenantId, campaignId)
  }

  /** As `get`, for the number in a draw's id: the caller compares the tenant. */
  async byNo(no: number): Promise<CampaignSnapshot | null> {
    if (!Number.isInteger(no) || no < 1 || no > 0x7fff_ffff || this.#absentNo.has(no)) return null
    const place = this.#byNo.get(no) ?? (await this.sql.system((sql) => findCampaignByNo(sql, no), { readOnly: true }))
    if (place === null) {
      this.#absentNo.set(no, true)
      return null
    }
    this.#byNo.set(no, place)
    return this.get(place.tenantId, place.id)
  }

  async bySlug(tenantId: string, slug: string): Promise<CampaignSnapshot | null> {
    if (slug.length > 64 || !/^[a-z0-9-]+$/.test(slug)) return null
    const id = await this.sql.tenant(tenantId, (sql) => findSnapshotId(sql, tenantId, slug), { readOnly: true })
    return id === null ? null : this.get(tenantId, id)
  }

  /** The tenant's published campaigns, newest first, until a week after their end; 100 at most. */
  async visible(tenantId: string): Promise<CampaignSnapshot[]> {
    const endedAfter = new Date(Date.now() - VISIBLE_AFTER_END_MS)
    const ids = await this.sql.tenant(tenantId, (sql) => listVisibleIds(sql, tenantId, endedAfter, VISIBLE_MAX), { readOnly: true })
    const found = await Promise.all(ids.map((id) => this.get(tenantId, id)))
    return found.filter((snapshot) => snapshot !== null)
  }

  /**
   * From Postgres, by a read that began at `since` (by performance.now()) or later: for whoever was told that its snapshot is old.
   * One who gives the moment before it asked shares the read with all who were told so at the same time.
   */
  async reload(tenantId: string, campaignId: string, since = performance.now()): Promise<CampaignSnapshot | null> {
    if (!isUuid(campaignId) || !isUuid(tenantId)) return null
    const name = nameOf(tenantId, campaignId)
    const known = this.#known.get(name)
    if (known !== undefined && known.startedAt >= since) return known.snapshot
    const running = this.#loads.get(name)
    if (running !== undefined && !running.stale && running.startedAt >= since) return running.promise
    this.#forget(tenantId, campaignId)
    return this.#load(tenantId, campaignId)
  }

  /** Here at once, and in every other process; without an id: all of the tenant's. Throws when Redis cannot be reached. */
  async invalidate(tenantId: string, campaignId = ''): Promise<void> {
    this.#forget(tenantId, campaignId)
    await this.redis.client.publish(INVALIDATION_CHANNEL, `${tenantId}:${campaignId}`)
  }

  #load(tenantId: string, id: string): Promise<CampaignSnapshot | null> {
    const name = nameOf(tenantId, id)
    const running = this.#loads.get(name)
    if (running !== undefined && !running.stale) return running.promise
    const startedAt = performance.now()
    const load: Load = {
      startedAt,
      stale: false,
      promise: this.sql.tenant(tenantId, (sql) => readSnapshot(sql, this.config.secretKey, tenantId, id), { readOnly: true })
        .then((snapshot) => {
          if (!load.stale && snapshot !== null) this.#known.set(name, { snapshot, startedAt })
          if (!load.stale && snapshot === null) this.#absent.set(name, true)
          return snapshot
        })
        .finally(() => {
          if (this.#loads.get(name) === load) this.#loads.delete(name)
        }),
    }
    this.#loads.set(name, load)
    return load.promise
  }

  /** A load that began before the change may have read what was before it: it answers whom it has, and is not kept. */
  #forget(tenantId: string, id: string): void {
    const prefix = nameOf(tenantId, id)
    const names = id === '' ? [...this.#known.keys(), ...this.#absent.keys(), ...this.#loads.keys()].filter((name) => name.startsWith(prefix)) : [prefix]
    for (const name of names) {
      this.#known.delete(name)
      this.#absent.delete(name)
      const load = this.#loads.get(name)
      if (load !== undefined) load.stale = true
    }
    this.#absentNo.clear()
  }

  #forgetAll(): void {
    this.#known.clear()
    this.#absent.clear()
    this.#absentNo.clear()
    for (const load of this.#loads.values()) load.stale = true
  }
}
