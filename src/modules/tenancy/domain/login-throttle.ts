import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'

interface Failures {
  count: number
  blockedUntilMs: number
}

interface Limit {
  readonly freeAttempts: number
  readonly delayMsMax: number
}

export const PER_EMAIL: Limit = { freeAttempts: 5, delayMsMax: 15 * 60_000 }
// Higher: a whole office signs in from one address.
export const PER_IP: Limit = { freeAttempts: 20, delayMsMax: 15 * 60_000 }
export const DELAY_MS_MIN = 1_000
export const REMEMBERED_MS = 60 * 60_000
const ENTRIES_MAX = 10_000

/** An IPv6 customer has a /64 to himself, so that is what is counted. */
export function addressGroup(ip: string): string {
  if (!isIPv6(ip)) return ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)
  if (mapped) return mapped[1]!
  const [head = '', tail] = ip.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return `${[...left, ...zeros, ...right].slice(0, 4).map((part) => parseInt(part, 16).toString(16)).join(':')}::/64`
}

/**
 * Slows down guessing of passwords: after a few free failures each further one doubles the wait, per e-mail and per
 * address. An attempt counts as failed until it succeeds, so that attempts sent at once gain nothing.
 * Of this process alone: what counts while Redis is away.
 */
export class LoginThrottle {
  private readonly failures: LRUCache<string, Failures>

  constructor(private readonly now: () => number = Date.now) {
    this.failures = new LRUCache({ max: ENTRIES_MAX, ttl: REMEMBERED_MS, perf: { now } })
  }

  /** Registers an attempt. Returns how long to wait before the next one, in ms, or 0 when this one may go on. */
  begin(email: string, ip: string): number {
    const subjects = this.subjects(email, ip)
    const waitMs = Math.max(...subjects.map(([key]) => (this.failures.get(key)?.blockedUntilMs ?? 0) - this.now()))
    if (waitMs > 0) return waitMs
    for (const [key, limit] of subjects) this.count(key, limit)
    return 0
  }

  /** The attempt was good: the e-mail starts anew, the address gets its attempt back. */
  succeeded(email: string, ip: string): void {
    const [[emailKey], [ipKey]] = this.subjects(email, ip)
    this.failures.delete(emailKey)
    const address = this.failures.get(ipKey)
    if (address === undefined) return
    this.failures.set(ipKey, { count: Math.max(0, address.count - 1), blockedUntilMs: 0 })
  }

  /** The attempt was not judged at all (a failure of ours): it counts for nothing. */
  undone(email: string, ip: string): void {
    for (const [key] of this.subjects(email, ip)) {
      const failures = this.failures.get(key)
      if (failures !== undefined) this.failures.set(key, { count: Math.max(0, failures.count - 1), blockedUntilMs: 0 })
    }
  }

  private subjects(email: string, ip: string): [[string, Limit], [string, Limit]] {
    return [[`email:${email}`, PER_EMAIL], [`ip:${addressGroup(ip)}`, PER_IP]]
  }

  private count(key: string, { freeAttempts, delayMsMax }: Limit): void {
    const count = (this.failures.get(key)?.count ?? 0) + 1
    const over = count - freeAttempts
    const delayMs = over < 0 ? 0 : Math.min(delayMsMax, DELAY_MS_MIN * 2 ** Math.min(over, 30))
    this.failures.set(key, { count, blockedUntilMs: this.now() + delayMs })
  }
}
