import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { Release } from './domain/release.js'
import type { Mechanic, PacketPlan } from './domain/snapshot.js'

interface PublishedPrize {
  readonly id: string
  readonly position: number
  readonly stockTotal: number
  readonly release: Release | null
  readonly isFallback: boolean
  readonly packets: PacketPlan | null
}

/** The part of a campaign's row that concerns its stock. */
export interface PublishedRow {
  readonly tenantId: string
  readonly id: string
  readonly bucketCount: number
  readonly mechanic: Mechanic
  readonly startsAt: Date
  readonly endsAt: Date
  readonly timezone: string
  readonly prizes: readonly PublishedPrize[]
}

/** What publishing needs of stock. Inventory provides it: campaigns may not import inventory. */
export interface StockOpening {
  /** In the publishing transaction, after its own writes: the promise of every unit. */
  promise(tx: Tx, ctx: Context, campaign: PublishedRow): Promise<void>
  /** In the transaction of a change before the start: the schedules anew, for what lies in the vault. */
  replan(tx: Tx, campaign: PublishedRow): Promise<void>
  /** After the commit: the units into their buckets, then the gate. Idempotent; a sweep does it where a crash prevented it. */
  open(tenantId: string, campaignId: string): Promise<void>
}

@Injectable()
export class PublicationService implements OnApplicationBootstrap {
  #opening: StockOpening | undefined

  provide(opening: StockOpening): void {
    this.#opening = opening
  }

  get opening(): StockOpening {
    if (this.#opening === undefined) throw new Error('Nobody releases stock: campaigns could be published and never opened')
    return this.#opening
  }

  onApplicationBootstrap(): void {
    void this.opening
  }
}
