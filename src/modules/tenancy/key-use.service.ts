import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Features } from '../../platform/features/features.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'

const INTERVAL_MS = 60_000
const KEYS_MAX = 10_000

/** Writes when a server key was last used: once a minute, a statement per tenant, never in a request's way; later where that is off. */
@Injectable()
export class KeyUseService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly seen = new LRUCache<string, { tenantId: string; atMs: number; written: boolean }>({ max: KEYS_MAX })
  private timer: NodeJS.Timeout | undefined
  private flushing: Promise<void> | undefined

  constructor(private readonly sql: SqlService, private readonly features: Features, private readonly logger: Logger) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), INTERVAL_MS)
    this.timer.unref()
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }

  used(tenantId: string, apiKeyId: string): void {
    const entry = this.seen.get(apiKeyId)
    if (entry === undefined) this.seen.set(apiKeyId, { tenantId, atMs: Date.now(), written: false })
    else {
      entry.atMs = Date.now()
      entry.written = false
    }
  }

  forget(apiKeyId: string): void {
    this.seen.delete(apiKeyId)
  }

  /** Never throws: a time of last use that is a minute older harms nobody. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = undefined
    })
    return this.flushing
  }

  private async write(): Promise<void> {
    const byTenant = new Map<string, Array<[id: string, atMs: number]>>()
    for (const [id, entry] of this.seen.entries()) {
      if (entry.written || this.features.off(entry.tenantId, 'KEY_LAST_USE') !== null) continue
      entry.written = true
      const keys = byTenant.get(entry.tenantId) ?? []
      keys.push([id, entry.atMs])
      byTenant.set(entry.tenantId, keys)
    }
    for (const [tenantId, keys] of byTenant) {
      try {
        await this.sql.tenant(tenantId, (sql) =>
          sql.query(
            `UPDATE api_key k SET last_used_at = u.at FROM unnest($2::uuid[], $3::timestamptz[]) AS u (id, at)
              WHERE k.tenant_id = $1 AND k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at)`,
            [tenantId, keys.map(([id]) => id), keys.map(([, atMs]) => new Date(atMs))],
          ))
      } catch (error) {
        this.logger.warn({ err: error, tenantId, keys: keys.length }, 'The time of last use of some keys was not written')
      }
    }
  }
}
