import { readFileSync } from 'node:fs'
import { Inject, Injectable, Optional } from '@nestjs/common'
import { AppError } from '../../common/errors.js'
import { sha256 } from '../../common/hash.js'
import { loginKeys } from '../../platform/redis/keys.js'
import { isRedisAway } from '../../platform/redis/redis-errors.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { addressGroup, DELAY_MS_MIN, LoginThrottle, PER_EMAIL, PER_IP, REMEMBERED_MS } from './domain/login-throttle.js'

// By their source: that Redis holds a script would say that somebody has vouched for it, and signing in does not ask for that.
const source = (name: string) => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')
const BEGIN = source('begin-attempt-4')
const SETTLE = source('settle-attempt-4')
const LIMITS = [PER_EMAIL.freeAttempts, PER_EMAIL.delayMsMax, PER_IP.freeAttempts, PER_IP.delayMsMax, DELAY_MS_MIN, REMEMBERED_MS]
const NAME_CHARACTERS = 22 // 132 bits of the hash: no e-mail stands in Redis

interface Counting {
  readonly email: string
  readonly ip: string
  readonly inRedis: boolean
}

/**
 * Slows down guessing of passwords and codes, per e-mail and per address, over all processes. While Redis is away each
 * process counts for itself: operators are needed exactly then, and N times as many guesses are still far too few.
 */
@Injectable()
export class LoginAttempts {
  private readonly own = new LoginThrottle()

  constructor(
    private readonly metrics: Metrics,
    // The command line has none, and nobody signs in there.
    @Optional() @Inject(RedisService) private readonly redis: RedisService | undefined,
  ) {}

  /**
   * One attempt: null from `judge` is a failed one, what it throws counts for nothing.
   * @throws AppError RATE_LIMITED with retryAfterMs, before `judge` runs
   */
  async attempt<T>(email: string, ip: string, judge: () => Promise<T | null>): Promise<T | null> {
    const counting = await this.begin(email, ip)
    let judged: T | null
    try {
      judged = await judge()
    } catch (error) {
      await this.settle(counting, false)
      throw error
    }
    if (judged === null) this.metrics.loginAttempts.inc({ result: 'failed' })
    else {
      await this.settle(counting, true)
      this.metrics.loginAttempts.inc({ result: 'good' })
    }
    return judged
  }

  /** Who came back by a link waits no longer for what strangers tried. */
  async forgive(email: string, ip: string): Promise<void> {
    await this.settle({ email, ip, inRedis: true }, true)
    this.own.succeeded(email, ip)
  }

  private async begin(email: string, ip: string): Promise<Counting> {
    const counted = await this.ask(BEGIN, email, ip, LIMITS)
    const waitMs = counted ?? this.own.begin(email, ip)
    if (waitMs > 0) {
      this.metrics.loginAttempts.inc({ result: 'limited' })
      throw new AppError('RATE_LIMITED', 'Too many failed sign-ins: wait before the next one', { retryAfterMs: waitMs })
    }
    return { email, ip, inRedis: counted !== null }
  }

  private async settle({ email, ip, inRedis }: Counting, good: boolean): Promise<void> {
    // Where Redis has gone meanwhile, the attempt stays counted until it is forgotten.
    if (inRedis) await this.ask(SETTLE, email, ip, [good ? 1 : 0])
    else if (good) this.own.succeeded(email, ip)
    else this.own.undone(email, ip)
  }

  /** Null: Redis is away. */
  private async ask(script: string, email: string, ip: string, args: readonly number[]): Promise<number | null> {
    const { redis } = this
    if (redis === undefined) return null
    const name = (text: string) => sha256(text).toString('base64url').slice(0, NAME_CHARACTERS)
    const keys = [...loginKeys(`e:${name(email)}`), ...loginKeys(`a:${name(addressGroup(ip))}`)]
    try {
      return Number(await redis.guarded(() => redis.client.eval(script, keys.length, ...keys, ...args)))
    } catch (error) {
      if (isRedisAway(error)) return null
      throw error
    }
  }
}
