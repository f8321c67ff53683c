import { Injectable } from '@nestjs/common'
import { Counter } from 'prom-client'
import type { Context } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { isUuid } from '../../../common/ids.js'
import { checkFirst, rowCursors } from '../../../common/row-cursor.js'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { decodeEntry } from '../domain/stream-entry.js'
import { PublishedStore } from '../published.store.js'
import type { KnownCampaign, StreamRef } from '../settlement.types.js'
import { StreamStore } from '../stream.store.js'
import { type QuarantinedDraw, QuarantineStore } from './quarantine.store.js'
import { RedisIncarnation } from './redis-incarnation.js'

const ENTRIES_PER_READ = 500
/** Of one campaign; what is beyond is only counted. */
const KEPT_MAX = 10_000
const cursors = rowCursors('quarantined', /^[1-9]\d{0,18}$/)

export interface QuarantinePage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: QuarantinedDraw }>
  readonly hasNextPage: boolean
}

/**
 * Draws that a former Redis master decided after another had taken its place. Nobody may settle them: what they took is the
 * other's to give. Whoever finds himself at such a master keeps them for the operators before he leaves it.
 */
@Injectable()
export class QuarantineService {
  readonly #found: Counter

  constructor(
    private readonly store: QuarantineStore,
    private readonly published: PublishedStore,
    private readonly streams: StreamStore,
    private readonly redis: RedisService,
    private readonly logger: Logger,
    metrics: Metrics,
    incarnation: RedisIncarnation,
  ) {
    this.#found = new Counter({
      name: 'drawbridge_quarantined_draws_total', help: 'Requests that a former Redis master decided, found and kept for the operators',
      registers: [metrics.registry],
    })
    incarnation.onSuperseded((history) => this.collect(history))
  }

  /** Never rejects: what cannot be read now is lost with that master. Returns how many requests were kept. */
  async collect(history: string): Promise<number> {
    let kept = 0
    try {
      for (const campaign of await this.published.all()) kept += await this.#campaign(campaign, history)
    } catch (error) {
      this.logger.warn({ err: error, history }, "A former master's draws could not all be read")
    }
    this.#found.inc(kept)
    if (kept > 0) this.logger.error({ history, requests: kept }, 'A former master had decided draws that nobody settles: they are in quarantine')
    return kept
  }

  /** Newest first. Throws NOT_FOUND and BAD_USER_INPUT. */
  async list(ctx: Context, campaignId: string, first: number, after: string | null): Promise<QuarantinePage> {
    checkFirst(first)
    const before = cursors.decode(after)
    const rows = isUuid(campaignId) ? await this.store.list({ tenantId: ctx.tenantId, campaignId }, first + 1, before) : null
    if (rows === null) throw new AppError('NOT_FOUND', 'No such campaign', { field: 'campaignId' })
    return { edges: rows.slice(0, first).map((node) => ({ cursor: cursors.encode(node.id), node })), hasNextPage: rows.length > first }
  }

  async #campaign({ tenantId, place }: KnownCampaign, history: string): Promise<number> {
    let kept = 0
    for (let bucket = 0; bucket < place.bucketCount; bucket++) {
      // The epoch that this Redis believes in: Postgres may have a newer one.
      const epoch = Number(await this.redis.client.hget(bucketKeys(place, 0, bucket).gate, 'e'))
      if (!(epoch > 0)) continue
      const stream: StreamRef = { tenantId, campaign: place, epoch, bucket }
      for (let after = 0, count = ENTRIES_PER_READ; count === ENTRIES_PER_READ;) {
        const raw = await this.streams.read(stream, after, ENTRIES_PER_READ)
        count = raw.length
        const strays = raw.flatMap((one) => {
          const entry = decodeEntry(one)
          after = Math.max(after, entry.seq || 0)
          return entry.kind === 'DRAW' ? [{ entry, raw: one }] : []
        })
        kept += await this.store.keep({ tenantId, campaignId: place.id }, history, strays, KEPT_MAX)
      }
    }
    return kept
  }
}
