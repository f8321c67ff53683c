import type { Redis } from 'ioredis'
import { rateKey } from '../../../platform/redis/keys.js'
import { defineScript } from '../../../platform/redis/script.js'
import type { Gcra, RateLimit } from './gcra.js'

const count = defineScript(new URL('./lua/rate-1.lua', import.meta.url))

/** What a process may admit before it tells the others: this share of a second's worth, or for so long. */
const UNTOLD = { share: 0.02, ms: 20 }
/** More rates than this are counted by each process for itself for a moment. */
const UNTOLD_MAX = 50_000

interface Untold { readonly perSecondMax: number; admitted: number }

/**
 * One rate over several processes: each admits by what it knows, tells Redis in small steps what it has admitted, and hears how far all of
 * them together have come. While Redis does not answer, each goes on by itself.
 */
export class SharedRates {
  readonly #untold = new Map<string, Untold>()
  /** By rate: all that was told since its first question that is still open, and how many are. */
  readonly #asked = new Map<string, { told: number; open: number }>()
  /** Of what is untold, the rates that cannot wait: of small ones each draw is much. */
  readonly #pressing = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly redis: Redis, private readonly rates: Pick<Gcra, 'isAhead'>) {}

  /** These limits have just admitted a request, or have been given one back. */
  counted(limits: readonly RateLimit[], count: 1 | -1): void {
    for (const { key, perSecondMax } of limits) {
      const known = this.#untold.get(key)
      if (known === undefined && this.#untold.size >= UNTOLD_MAX) continue
      const untold = known ?? { perSecondMax, admitted: 0 }
      if (known === undefined) this.#untold.set(key, untold)
      untold.admitted += count
      if (untold.admitted < perSecondMax * UNTOLD.share || this.#pressing.has(key)) continue
      if (this.#pressing.size === 0) queueMicrotask(() => { this.#tell([...this.#pressing]) })
      this.#pressing.add(key)
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#tell([...this.#untold.keys()])
    }, UNTOLD.ms)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#untold.clear()
  }

  #tell(keys: readonly string[]): void {
    for (const key of keys) {
      const untold = this.#untold.get(key)
      this.#pressing.delete(key)
      if (untold === undefined) continue
      this.#untold.delete(key)
      if (untold.admitted !== 0) this.#tellOne(key, 1e6 / untold.perSecondMax, untold.admitted)
    }
  }

  #tellOne(key: string, microsBetween: number, admitted: number): void {
    const asked = this.#asked.get(key) ?? { told: 0, open: 0 }
    this.#asked.set(key, asked)
    asked.told += admitted
    asked.open++
    const upTo = asked.told
    count.run(this.redis, [rateKey(key)], [microsBetween, admitted]).then((ahead) => {
      // What was told after this, and what was admitted since, lies ahead as well.
      const since = asked.told - upTo + (this.#untold.get(key)?.admitted ?? 0)
      this.rates.isAhead(key, (Number(ahead) + since * microsBetween) / 1_000)
    }, () => undefined).finally(() => {
      asked.open--
      if (asked.open === 0) this.#asked.delete(key)
    })
  }
}
