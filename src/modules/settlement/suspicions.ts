import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'

const CAMPAIGNS_MAX = 10_000

/** What settlement has seen of campaigns whose Redis state cannot be right; recovery looks. */
@Injectable()
export class Suspicions {
  readonly #reasons = new LRUCache<string, string>({ max: CAMPAIGNS_MAX })
  readonly #listeners: Array<() => void> = []

  report(campaignId: string, reason: string): void {
    if (this.#reasons.has(campaignId)) return
    this.#reasons.set(campaignId, reason)
    for (const listener of this.#listeners) listener()
  }

  /** Undefined where nothing was reported since the last `clear`. */
  reason(campaignId: string): string | undefined {
    return this.#reasons.get(campaignId)
  }

  clear(campaignId: string): void {
    this.#reasons.delete(campaignId)
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }
}
