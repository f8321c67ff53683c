import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable, isSerializationFailure } from '../../platform/prisma/database-errors.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { type Attempt, type AttemptEnd, DeliveryStore } from './delivery.store.js'
import { attemptsMax, retryAfterMs } from './domain/backoff.js'
import { FulfilmentMetrics } from './fulfilment-metrics.js'
import { WebhookSecretService } from './webhook-secret.service.js'
import { type SendResult, WebhookSender } from './webhook.sender.js'

/** Longer than an attempt can take, so that only a worker that is gone loses its lease. */
const LEASE_MARGIN_MS = 20_000
const TENANTS_AT_ONCE_MAX = 64
const ROUNDS_MAX = 10_000

/**
 * Brings due awards to their owners, a tenant at a time: a tenant whose receiver is slow keeps its own lanes waiting and
 * nobody else's. What this process leaves, it or another finds again by its sweep.
 */
@Injectable()
export class DeliveryService implements BeforeApplicationShutdown {
  readonly #running = new Map<string, Promise<void>>()
  #closed = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly store: DeliveryStore,
    private readonly sender: WebhookSender,
    private readonly secrets: WebhookSecretService,
    private readonly metrics: FulfilmentMetrics,
    private readonly logger: Logger,
  ) {}

  /** Lets attempts under way end: at most as long as one takes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running.values())
  }

  /** Makes the tasks that are missing for awards won since `since` (null: ever), then works until nothing of the tenant's is due. */
  run(tenantId: string, since: Date | null): Promise<void> {
    const running = this.#running.get(tenantId)
    if (running !== undefined) return running
    if (this.#closed || this.#running.size >= TENANTS_AT_ONCE_MAX) return Promise.resolve()
    const work = this.#work(tenantId, since).finally(() => this.#running.delete(tenantId))
    this.#running.set(tenantId, work)
    return work
  }

  async #work(tenantId: string, since: Date | null): Promise<void> {
    await this.#untilNone(() => this.store.assign(tenantId, since))
    await this.#untilNone(() => this.store.credit(tenantId))
    await this.#untilNone(() => this.store.expire(tenantId))
    const lanes = Array.from({ length: this.config.fulfilmentConcurrency }, () => this.#untilNone(() => this.#attempt(tenantId)))
    const ends = await Promise.allSettled(lanes)
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** A step that leaves something to do by itself (postponed, held by another) must not be repeated at once for ever: rounds are bounded. */
  async #untilNone(step: () => Promise<number>): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && !this.#closed; round++) if ((await step()) === 0) return
  }

  async #attempt(tenantId: string): Promise<number> {
    const attempts = await this.store.begin(tenantId, 1, this.config.fulfilmentTimeoutMs + LEASE_MARGIN_MS)
    for (const attempt of attempts) {
      const result = await this.#deliver(tenantId, attempt)
      const end = this.#endOf(attempt, result)
      const concluded = await this.#conclude(tenantId, attempt, end)
      this.metrics.attempts.inc({ result: concluded === 'LOST' ? 'lost' : end.kind === 'DELIVERED' ? 'delivered' : end.retryInMs === null ? 'failed' : 'retried' })
    }
    return attempts.length
  }

  async #deliver(tenantId: string, { award, url }: Attempt): Promise<SendResult> {
    const attempt = award.fulfilment?.attempt ?? 0
    if (attempt > attemptsMax(this.config.fulfilmentRetryMs)) return { kind: 'REFUSED', reason: `${attempt - 1} attempts have ended without a word of their workers`, isFinal: true }
    if (url === null) return { kind: 'REFUSED', reason: 'the prize has no webhook any more: give it one, and issue the award again', isFinal: true }
    // The same bytes at each try: whoever keeps the id can keep the answer.
    const body = JSON.stringify({
      type: 'award.granted',
      timestamp: award.createdAt.toISOString(),
      data: {
        awardId: award.id, drawId: award.drawId, campaignId: award.campaignId, prizeId: award.prizeId, userId: award.userId,
        amount: award.amount, wonAt: award.createdAt.toISOString(),
      },
    })
    return this.sender.send(url, await this.secrets.headers(tenantId, award.id, body), body)
  }

  #endOf({ award }: Attempt, result: SendResult): AttemptEnd {
    if (result.kind === 'DELIVERED') return { kind: 'DELIVERED' }
    const retryInMs = result.isFinal ? null : retryAfterMs(this.config.fulfilmentRetryMs, award.fulfilment?.attempt ?? 0)
    return { kind: 'FAILED', reason: result.reason, retryInMs }
  }

  /** A delivery that is not written down is made again when its lease ends: that is worth a second try. */
  async #conclude(tenantId: string, attempt: Attempt, end: AttemptEnd): Promise<'DONE' | 'LOST'> {
    try {
      return await this.store.conclude(tenantId, attempt, end)
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isSerializationFailure(error)) throw error
      this.logger.warn({ err: error, awardId: attempt.award.id }, 'The end of a delivery could not be written down; trying once more')
      return this.store.conclude(tenantId, attempt, end)
    }
  }
}
