import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'

const BUCKETS_MAX = 20_000
/** The net under the generations: a unit that comes back without one (from a transfer that was given up) is missed for no longer. */
const REMEMBERED_MS = 30_000

/** Of one bucket: by position all the units that were to be had anywhere, seen under a stock generation of its gate. */
export interface Marks {
  readonly stockGeneration: string
  readonly unitsMost: ReadonlyMap<number, number>
}

const NONE: Marks = { stockGeneration: '', unitsMost: new Map() }
type Place = Pick<CampaignSnapshot, 'id' | 'epoch' | 'version' | 'test'>
// An operator's restock makes another version: what was gone before it is not even suggested after.
const nameOf = ({ id, epoch, version, test }: Place, bucket: number) => `${test === true ? 'test/' : ''}${id}/${epoch}/${version}/${bucket}`

/**
 * Prizes that were found to be gone everywhere, so that a draw that meets one again neither comes back for it nor looks for
 * stock. Safe when out of date: the script believes marks only under the generation that its gate has.
 */
@Injectable()
export class ExhaustedPrizes {
  readonly #marks = new LRUCache<string, Marks>({ max: BUCKETS_MAX, ttl: REMEMBERED_MS })

  of(campaign: Place, bucket: number): Marks {
    return this.#marks.get(nameOf(campaign, bucket)) ?? NONE
  }

  /** `unitsMost`: seen after the gate was asked for its generation. What is older than what is known is not kept. */
  note(campaign: Place, bucket: number, stockGeneration: string, position: number, unitsMost: number): void {
    const known = this.of(campaign, bucket)
    if (Number(known.stockGeneration) > Number(stockGeneration)) return
    const kept = known.stockGeneration === stockGeneration ? known.unitsMost : new Map<number, number>()
    const most = Math.min(unitsMost, kept.get(position) ?? Infinity)
    this.#marks.set(nameOf(campaign, bucket), { stockGeneration, unitsMost: new Map([...kept, [position, most]]) })
  }

  /** The gate has this generation: what was seen under another would only mislead the choice among what is left. */
  heard(campaign: Place, bucket: number, stockGeneration: string): void {
    const known = this.of(campaign, bucket)
    if (known !== NONE && Number(known.stockGeneration) < Number(stockGeneration)) this.forget(campaign, bucket)
  }

  forget(campaign: Place, bucket: number): void {
    this.#marks.delete(nameOf(campaign, bucket))
  }
}
