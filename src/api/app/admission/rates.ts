import type { Redis } from 'ioredis'
import type { RuntimeConfig } from '../../../config/config.module.js'
import type { AppAuth } from '../../auth/request-auth.js'
import { lineOf } from './address.js'
import { Gcra, type RateLimit } from './gcra.js'
import { SharedRates } from './shared-rates.js'

const BUCKETS_MAX = 200_000
/** A device looks more often than it draws: reads have a bound of their own, so that looking costs no draws. */
const REQUESTS_PER_DRAW = 20
/** Of all of a tenant's TEST keys together, draws and requests alike: they try things, and take nothing from those who draw. */
const TEST_PER_SECOND_MAX = 100

type Limits = Pick<RuntimeConfig, 'deviceIpDrawsPerSecondMax' | 'participantDrawsPerSecondMax'>

/**
 * How often a tenant, an address and a participant may come. A tenant's servers and devices share its limit; addresses
 * and participants are limited for devices alone, within their tenant. A request that is refused uses up nothing.
 * Of this process, unless its draws are shared: with n processes a caller may come n times as often.
 */
export class Rates {
  readonly #draws: Gcra
  readonly #requests: Gcra

  constructor(private readonly limits: Limits, now?: () => number) {
    this.#draws = new Gcra({ bucketsMax: BUCKETS_MAX }, now)
    this.#requests = new Gcra({ bucketsMax: BUCKETS_MAX }, now)
  }

  /** From now on the rates of draws are those of all processes together. Other requests have room enough to be counted by each for itself. */
  shareDraws(redis: Redis): SharedRates {
    const shared = new SharedRates(redis, this.#draws)
    this.#draws.onCounted = (limits, count) => { shared.counted(limits, count) }
    return shared
  }

  /** Any request, whatever it asks for. 0: admitted; else the milliseconds to wait. */
  request(auth: AppAuth, ip: string): number {
    return this.#requests.admit(this.#limitsOf(auth, ip, REQUESTS_PER_DRAW))
  }

  /** A request that draws; a multi-draw counts once. `isVip`: by a tenant's VIPs' own bucket. 0: admitted; else the milliseconds to wait. */
  draw(auth: AppAuth, ip: string, isVip = false): number {
    return this.#draws.admit(this.#limitsOf(auth, ip, 1, isVip))
  }

  /** As if it had not been counted: it was refused after all. */
  giveBack(auth: AppAuth, ip: string, isVip: boolean): void {
    this.#draws.giveBack(this.#limitsOf(auth, ip, 1, isVip))
  }

  #limitsOf(auth: AppAuth, ip: string, times: number, isVip = false): RateLimit[] {
    if (auth.kind === 'server' && auth.test) return [{ key: `${auth.tenantId}/t`, perSecondMax: Math.min(TEST_PER_SECOND_MAX, auth.drawsPerSecondMax) }]
    // VIPs take nothing from their tenant's others, and have as much; without a bound a tenant could call everybody one.
    const tenant = { key: isVip ? `${auth.tenantId}/v` : auth.tenantId, perSecondMax: auth.drawsPerSecondMax * times }
    if (auth.kind === 'server') return [tenant]
    return [
      tenant,
      { key: `${auth.tenantId}/a/${lineOf(ip)}`, perSecondMax: this.limits.deviceIpDrawsPerSecondMax * times },
      { key: `${auth.tenantId}/u/${auth.userId}`, perSecondMax: this.limits.participantDrawsPerSecondMax * times },
    ]
  }
}
