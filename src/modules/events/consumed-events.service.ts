import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { ConsumedEventStore } from './consumed-event.store.js'
import type { ConsumedEvent } from './events.types.js'

const FIRST_MAX = 100

@Injectable()
export class ConsumedEventsService {
  constructor(private readonly store: ConsumedEventStore) {}

  /** What a consumer has consumed, of one draw and its award or of all; at most 100. An id that is no draw's finds nothing. */
  async list(ctx: Context, consumer: ConsumerName, drawId: string | null, first: number): Promise<readonly ConsumedEvent[]> {
    if (!Number.isInteger(first) || first < 1 || first > FIRST_MAX) throw badInput('first', `must be from 1 to ${FIRST_MAX}`)
    return this.store.list(ctx.tenantId, consumer, drawId, first)
  }
}
