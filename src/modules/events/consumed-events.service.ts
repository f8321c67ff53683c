import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { checkFirst } from '../../common/row-cursor.js'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { ConsumedEventStore } from './consumed-event.store.js'
import type { ConsumedEvent } from './events.types.js'


@Injectable()
export class ConsumedEventsService {
  constructor(private readonly store: ConsumedEventStore) {}

  /** What a consumer has consumed, of one draw and its award or of all; at most 100. An id that is no draw's finds nothing. */
  async list(ctx: Context, consumer: ConsumerName, drawId: string | null, first: number): Promise<readonly ConsumedEvent[]> {
    checkFirst(first)
    return this.store.list(ctx.tenantId, consumer, drawId, first)
  }
}
