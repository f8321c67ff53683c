/** Who goes first within a tenant: its VIPs, then participants' first draws, then all others. */
export const RANKS = { VIP: 0, FIRST: 1, OTHER: 2 } as const
export type Rank = (typeof RANKS)[keyof typeof RANKS]

export interface Ranked {
  readonly tenantId: string
  readonly rank: Rank
  /** Of performance.now(): after this nobody wants its answer. */
  readonly until: number
}

type Queues<W> = readonly [W[], W[], W[]]
const sizeOf = ([vips, first, others]: Queues<unknown>) => vips.length + first.length + others.length

/** Draws that wait: tenants in turn, each tenant's by rank, the oldest of a rank first. */
export class WaitingDraws<W extends Ranked> {
  readonly #tenants = new Map<string, Queues<W>>()
  readonly #counts: [number, number, number] = [0, 0, 0]

  count(rank: Rank): number {
    return this.#counts[rank]
  }

  /** Of this rank and of those before it. */
  upTo(rank: Rank): number {
    const [vips, first, others] = this.#counts
    return vips + (rank >= RANKS.FIRST ? first : 0) + (rank >= RANKS.OTHER ? others : 0)
  }

  push(waiting: W): void {
    let own = this.#tenants.get(waiting.tenantId)
    if (own === undefined) {
      own = [[], [], []]
      this.#tenants.set(waiting.tenantId, own)
    }
    own[waiting.rank].push(waiting)
    this.#counts[waiting.rank]++
  }

  /** The next of those up to a rank. */
  shift(most: Rank): W | undefined {
    if (this.upTo(most) === 0) return undefined
    for (const [tenantId, own] of this.#tenants) {
      for (let rank: number = RANKS.VIP; rank <= most; rank++) {
        const first = own[rank]!.shift()
        if (first === undefined) continue
        this.#counts[first.rank]--
        // To the end of the line.
        this.#tenants.delete(tenantId)
        if (sizeOf(own) > 0) this.#tenants.set(tenantId, own)
        return first
      }
    }
    return undefined
  }

  /** Those whose time is over, of all tenants. */
  takeLate(now: number): W[] {
    const late: W[] = []
    for (const [tenantId, own] of this.#tenants) {
      for (const queue of own) {
        while (queue.length > 0 && queue[0]!.until <= now) {
          const waiting = queue.shift()!
          this.#counts[waiting.rank]--
          late.push(waiting)
        }
      }
      if (sizeOf(own) === 0) this.#tenants.delete(tenantId)
    }
    return late
  }

  /**
   * Who gives way to one more of this tenant and rank: the newest and least of the tenant that has the most, where that is more than one
   * more than its own; else the newest of its own that ranks after it. Undefined: nobody.
   */
  giveWay(tenantId: string, rank: Rank): W | undefined {
    const own = this.#tenants.get(tenantId)
    let longest: Queues<W> | undefined
    for (const queues of this.#tenants.values()) if (longest === undefined || sizeOf(queues) > sizeOf(longest)) longest = queues
    if (longest === undefined) return undefined
    const isOthers = longest !== own && sizeOf(longest) > (own === undefined ? 0 : sizeOf(own)) + 1
    return isOthers ? this.#popLeast(longest, RANKS.VIP) : own === undefined ? undefined : this.#popLeast(own, rank + 1)
  }

  #popLeast(queues: Queues<W>, from: number): W | undefined {
    for (let rank: number = RANKS.OTHER; rank >= from; rank--) {
      const newest = queues[rank]!.pop()
      if (newest === undefined) continue
      this.#counts[newest.rank]--
      return newest
    }
    return undefined
  }
}
