import type { Redis } from 'ioredis'
import type { RuntimeConfig } from '../../../config/config.module.js'
import type { AppAuth } from '../../auth/request-auth.js'
import { lineOf } from '../../address.js'
import { Gcra, type RateLimit } from './gcra.js'
import { SharedRates } from './shared-rates.js'

const BUCKETS_MAX = 200_000
/** A device looks more often than it draws: reads have a bound of their own, so that looking costs no draws. */
const REQUESTS_PER_DRAW = 20
/** Of all of a tenant's TEST keys together, draws and requests alike: they try things, and take nothing from those who draw. */
const TEST_PER_SECOND_MAX = 100
/** A name that no tenant's id begins with. */
const INSTALLATION = '*'
/** Others leave this much of the installation's rate to VIPs, who count in it as well. */
const VIP_SECONDS_AT_ONCE = 2

type Limits = Pick<RuntimeConfig, 'drawsPerSecondMax' | 'deviceIpDrawsPerSecondMax' | 'participantDrawsPerSecondMax'>

/** Whose limit it is that a request ran into. TEST: of a tenant's TEST keys, its own or theirs together. */
export type LimitKind = 'INSTALLATION' | 'TENANT' | 'VIP' | 'API_KEY' | 'ADDRESS' | 'PARTICIPANT' | 'TEST'
interface OwnedLimit extends RateLimit { readonly of: LimitKind }

/**
 * How often the installation, a tenant, an API key, an address and a participant may come. A tenant's servers and devices share its limit;
 * addresses and participants are limited for devices alone, within their tenant, and participants that servers name where the tenant says so.
 * A request that is refused uses up nothing.
 * Of this process, unless its draws are shared: with n processes a caller may come n times as often.
 */
export class Rates {
  readonly #draws: Gcra<OwnedLimit>
  readonly #requests: Gcra<OwnedLimit>

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

  /** Calls back for each request that is refused. */
  onRefused(callback: (of: LimitKind) => void): void {
    for (const rates of [this.#draws, this.#requests]) rates.onRefused = (limit) => { callback(limit.of) }
  }

  /** Any request, whatever it asks for. 0: admitted; else the milliseconds to wait. */
  request(auth: AppAuth, ip: string): number {
    return this.#requests.admit(this.#limitsOf(auth, ip, REQUESTS_PER_DRAW))
  }

  /**
   * A request that draws; a multi-draw counts once. `isVip`: by a tenant's VIPs' own bucket. `named`: the participant that a server
   * draws for; those of whom the request does not plainly tell count as one, so that nobody gets round it by not telling. 0: admitted; else the milliseconds to wait.
   */
  draw(auth: AppAuth, ip: string, isVip = false, named: string | null = null): number {
    return this.#draws.admit(this.#limitsOfDraw(auth, ip, isVip, named))
  }

  /** As if it had not been counted: it was refused after all. */
  giveBack(auth: AppAuth, ip: string, isVip: boolean, named: string | null = null): void {
    this.#draws.giveBack(this.#limitsOfDraw(auth, ip, isVip, named))
  }

  #limitsOfDraw(auth: AppAuth, ip: string, isVip: boolean, named: string | null): OwnedLimit[] {
    const limits = this.#limitsOf(auth, ip, 1, isVip)
    const byName = auth.kind === 'server' && !auth.test ? auth.serverParticipantDrawsPerSecondMax : null
    if (byName !== null) limits.push({ of: 'PARTICIPANT', key: `${auth.tenantId}/s/${named ?? ''}`, perSecondMax: byName })
    const perSecondMax = this.limits.drawsPerSecondMax
    if (perSecondMax === 0 || (auth.kind === 'server' && (auth.test || auth.isRehearsal === true))) return limits
    limits.push({ of: 'INSTALLATION', key: INSTALLATION, perSecondMax, secondsAtOnce: isVip ? VIP_SECONDS_AT_ONCE : 1 })
    return limits
  }

  #limitsOf(auth: AppAuth, ip: string, times: number, isVip = false): OwnedLimit[] {
    const { tenantId } = auth
    if (auth.kind === 'server') {
      const tenant = auth.test
        ? { of: 'TEST' as const, key: `${tenantId}/t`, perSecondMax: Math.min(TEST_PER_SECOND_MAX, auth.drawsPerSecondMax) }
        : this.#tenant(auth, times, isVip)
      const own = auth.keyDrawsPerSecondMax
      return own === null ? [tenant] : [tenant, { of: auth.test ? 'TEST' : 'API_KEY', key: `${tenantId}/k/${auth.apiKeyId}`, perSecondMax: own * times }]
    }
    const byAddress = auth.deviceIpDrawsPerSecondMax ?? this.limits.deviceIpDrawsPerSecondMax
    const byName = auth.participantDrawsPerSecondMax ?? this.limits.participantDrawsPerSecondMax
    return [
      this.#tenant(auth, times, isVip),
      { of: 'ADDRESS', key: `${tenantId}/a/${lineOf(ip)}`, perSecondMax: byAddress * times },
      { of: 'PARTICIPANT', key: `${tenantId}/u/${auth.userId}`, perSecondMax: byName * times },
    ]
  }

  /** VIPs take nothing from their tenant's others, and have as much; without a bound a tenant could call everybody one. */
  #tenant({ tenantId, drawsPerSecondMax }: AppAuth, times: number, isVip: boolean): OwnedLimit {
    const perSecondMax = drawsPerSecondMax * times
    return isVip ? { of: 'VIP', key: `${tenantId}/v`, perSecondMax } : { of: 'TENANT', key: tenantId, perSecondMax }
  }
}
