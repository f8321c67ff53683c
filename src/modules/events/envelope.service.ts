import { Injectable } from '@nestjs/common'
import type { EventEnvelope } from '../../platform/events/event.types.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { Change } from './domain/changes.js'
import { envelope } from './domain/envelopes.js'
import { PublicPlaceStore } from './public-place.store.js'

@Injectable()
export class EnvelopeService {
  constructor(private readonly places: PublicPlaceStore, private readonly logger: Logger) {}

  /** In the order of `changes`. `buckets`: by draw id, as far as the caller has seen them. */
  async of(changes: readonly Change[], buckets: ReadonlyMap<string, number>): Promise<EventEnvelope[]> {
    const places = await this.places.resolve(changes, buckets)
    return changes.flatMap((change, index) => {
      const place = places[index]
      if (place != null) return [envelope(change, place)]
      this.logger.error({ table: change.table, id: change.after.id }, 'A change is told to nobody: its campaign or draw was removed')
      return []
    })
  }
}
