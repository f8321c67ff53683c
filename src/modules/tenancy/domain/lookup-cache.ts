import { LRUCache } from 'lru-cache'
import { AppError } from '../../../common/errors.js'

export interface LookupCacheOptions {
  /** Positive and negative entries each: what does not exist can never push out what does. */
  readonly entriesMax: number
  /** How long an answer is believed. */
  readonly ttlMs: number
  /** How long a known entry outlives its time while lookups fail with what `isOutage` names. */
  readonly staleMsMax: number
  readonly isOutage: (error: unknown) => boolean
  /** Lookups at the same time; more are refused with OVERLOADED. */
  readonly lookupsMax: number
}

interface Entry<V> {
  readonly value: V
  readonly loadedMs: number
  freshUntilMs: number
  /** The last lookup failed: until one succeeds, nobody waits for another. */
  failing: boolean
}

const RETRY_MS = 1_000

/**
 * Remembers the answers of a lookup, "there is none" included, for a short time. Requests for one key share one
 * lookup. When the lookup fails (the database is restarting), what was known a moment ago is believed a little longer,
 * so that a restart does not sign everybody out.
 */
export class LookupCache<V extends object> {
  private readonly found: LRUCache<string, Entry<V>>
  private readonly missing: LRUCache<string, true>
  private readonly loading = new Map<string, Promise<V | null>>()

  constructor(private readonly options: LookupCacheOptions, private readonly now: () => number = () => performance.now()) {
    this.found = new LRUCache({ max: options.entriesMax })
    this.missing = new LRUCache({ max: options.entriesMax, ttl: options.ttlMs, perf: { now } })
  }

  /** The value of `key`, from `load` at most once in `ttlMs`; null when there is none. */
  async get(key: string, load: () => Promise<V | null>): Promise<V | null> {
    const entry = this.found.get(key)
    if (entry !== undefined && entry.freshUntilMs > this.now()) return entry.value
    if (this.missing.has(key)) return null
    const lookup = this.loading.get(key) ?? this.load(key, load)
    if (entry === undefined || !entry.failing || !this.mayBeStale(entry)) return lookup
    lookup.catch(() => undefined) // whoever waits for it is told
    return entry.value
  }

  /** The value of `key` where it is known and fresh; undefined: `get` finds out. */
  peek(key: string): V | undefined {
    const entry = this.found.get(key)
    return entry !== undefined && entry.freshUntilMs > this.now() ? entry.value : undefined
  }

  /** Forgets a key at once; a lookup that is under way leaves nothing behind. */
  forget(key: string): void {
    this.found.delete(key)
    this.missing.delete(key)
    this.loading.delete(key)
  }

  private load(key: string, load: () => Promise<V | null>): Promise<V | null> {
    if (this.loading.size >= this.options.lookupsMax) {
      return Promise.reject(new AppError('OVERLOADED', 'Too many unknown callers at the same time', { retryAfterMs: RETRY_MS }))
    }
    const lookup: Promise<V | null> = this.lookUp(key, load, () => this.loading.get(key) === lookup).finally(() => {
      if (this.loading.get(key) === lookup) this.loading.delete(key)
    })
    this.loading.set(key, lookup)
    return lookup
  }

  private async lookUp(key: string, load: () => Promise<V | null>, isCurrent: () => boolean): Promise<V | null> {
    const startedMs = this.now()
    try {
      const value = await load()
      if (!isCurrent()) return value
      if (value === null) {
        this.found.delete(key)
        this.missing.set(key, true)
      } else {
        // Counted from before the lookup: what changed while it ran is seen no later than promised.
        this.found.set(key, { value, loadedMs: startedMs, freshUntilMs: startedMs + this.options.ttlMs, failing: false })
      }
      return value
    } catch (error) {
      const entry = this.found.get(key)
      if (entry === undefined || !this.mayBeStale(entry) || !this.options.isOutage(error)) throw error
      entry.failing = true
      entry.freshUntilMs = Math.min(this.now() + RETRY_MS, entry.loadedMs + this.options.staleMsMax)
      return entry.value
    }
  }

  private mayBeStale(entry: Entry<V>): boolean {
    return this.now() - entry.loadedMs <= this.options.staleMsMax
  }
}
