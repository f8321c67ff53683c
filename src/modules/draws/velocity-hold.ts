import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import type { RiskVerdict } from '../risk/risk.types.js'
import type { Reservation, VelocityService } from '../risk/velocity.service.js'
import type { DrawRequest } from './draws.types.js'

/** What one request holds in the windows of its device and its address, until it is known whether it drew. */
export class VelocityHold {
  #reservation: Reservation | null = null
  /** Of the lists that the windows were reserved under. */
  #version: number | null = null
  #kept = false

  constructor(private readonly velocity: VelocityService, private readonly request: DrawRequest) {}

  /** Set where a window is full; -1: it never has room for so many draws. */
  get retryAfterMs(): number | null {
    return this.#reservation?.retryAfterMs ?? null
  }

  /** Reserves under the lists of the verdict on this snapshot; what was reserved under older ones is given back first. */
  take(campaign: CampaignSnapshot, verdict: RiskVerdict): Promise<void> | undefined {
    if (this.#version === verdict.version) return undefined
    // Most campaigns have no such windows, and most requests come once.
    if (this.#reservation === null && !this.velocity.appliesTo(campaign, verdict)) {
      this.#version = verdict.version
      return undefined
    }
    return this.#take(campaign, verdict)
  }

  async #take(campaign: CampaignSnapshot, verdict: RiskVerdict): Promise<void> {
    const old = this.#reservation
    this.#reservation = null
    this.#version = verdict.version
    // Before, not after: the same window may have room for this request only once.
    await old?.release()
    if (!verdict.blocked && !verdict.allowed) this.#reservation = await this.velocity.reserve(campaign, this.request, this.request.count)
  }

  /** The request drew, or it cannot be known that it did not: the windows go on counting it. */
  keep(): void {
    this.#kept = true
  }

  /** Gives back what was not kept; never rejects. */
  release(): Promise<void> | undefined {
    return this.#kept ? undefined : this.#reservation?.release()
  }
}
