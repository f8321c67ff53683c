import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { newId } from '../../common/ids.js'
import { Leadership } from '../../platform/prisma/leadership.js'
import { PublishedService } from '../campaigns/published.service.js'
import { planMoves } from './domain/rebalance.js'
import type { EpochPlace } from './domain/split.js'
import { InventoryMetrics } from './inventory.metrics.js'
import type { BucketCut } from './inventory.types.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

const LOCK = 'drawbridge rebalancing'
const CAMPAIGNS_REMEMBERED_MAX = 10_000
const MOVES_PER_CAMPAIGN_MAX = 64
const MOVES_PER_ROUND_MAX = 1_000
/** What is numbered above is no prize's stock. */
const POSITION_MAX = 1_000

/**
 * Levels the buckets of live campaigns by their consumption, ahead of need: a draw that finds its bucket empty fetches
 * too, but waits for it. Whoever leads remembers the look before; a new leader begins with its second.
 */
@Injectable()
export class RebalanceService {
  readonly #before = new LRUCache<string, readonly BucketCut[]>({ max: CAMPAIGNS_REMEMBERED_MAX })

  constructor(
    private readonly published: PublishedService,
    private readonly leadership: Leadership,
    private readonly stock: StockStore,
    private readonly fetcher: StockFetcher,
    private readonly metrics: InventoryMetrics,
  ) {}

  /** False where another process is at it. */
  run(): Promise<boolean> {
    return this.leadership.lead(LOCK, async (stillLeading) => {
      let moves = 0
      for (const place of await this.published.list()) {
        if (place.status !== 'ACTIVE' || place.bucketCount === 1) continue
        stillLeading()
        moves += await this.level(place, Math.min(MOVES_PER_CAMPAIGN_MAX, MOVES_PER_ROUND_MAX - moves))
        if (moves >= MOVES_PER_ROUND_MAX) return
      }
    })
  }

  /** Looks at one campaign, and moves what its buckets will miss. Returns how many moves it made. */
  async level(place: EpochPlace, movesMax: number): Promise<number> {
    const name = `${place.id}/${place.epoch}`
    const before = this.#before.get(name)
    const now = await Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) => this.stock.cut(place, bucket, false)))
    if (now.some(({ exists }) => !exists)) return 0
    let made = 0
    for (const position of before === undefined ? [] : positionsIn(now)) {
      const unitsOf = (cut: BucketCut) => cut.stock.get(position) ?? 0
      const sum = (cuts: readonly BucketCut[]) => cuts.reduce((total, cut) => total + unitsOf(cut), 0)
      const needs = now.map((cut, n) => ({ units: unitsOf(cut), demand: Math.max(0, cut.seq - before![n]!.seq) }))
      for (const { from, to, units } of planMoves(needs, sum(before!) - sum(now), movesMax - made)) {
        made += 1
        await this.#move(place, position, from, to, units)
      }
    }
    // Its own moves are entries too: they are not to count as draws.
    this.#before.set(name, made === 0 ? now : await Promise.all(now.map(({ bucket }) => this.stock.cut(place, bucket, false))))
    return made
  }

  async #move(place: EpochPlace, position: number, from: number, to: number, wanted: number): Promise<void> {
    const transfer = await this.stock.take(place, { id: newId(), position, units: wanted, from, to })
    if (transfer === null || !(await this.fetcher.finish(place, transfer))) return
    this.metrics.rebalanced.inc({ what: 'moves' })
    this.metrics.rebalanced.inc({ what: 'units' }, transfer.units)
  }
}

const positionsIn = (cuts: readonly BucketCut[]): number[] =>
  [...new Set(cuts.flatMap(({ stock }) => [...stock.keys()]))].filter((position) => position <= POSITION_MAX).sort((a, b) => a - b)
