import { Module } from '@nestjs/common'
import { EventConsumersModule } from '../../platform/events/event-consumers.js'
import { BackfillService } from './backfill.service.js'
import { CaptureService } from './capture.service.js'
import { ConsumedEventStore } from './consumed-event.store.js'
import { ConsumedEventsService } from './consumed-events.service.js'
import { ConsumptionService } from './consumption.service.js'
import { EventMetrics } from './event.metrics.js'
import { EnvelopeService } from './envelope.service.js'
import { EventsProcessor } from './events.processor.js'
import { OutboxStore } from './outbox.store.js'
import { PositionStore } from './position.store.js'
import { PublicPlaceStore } from './public-place.store.js'

@Module({
  imports: [EventConsumersModule],
  providers: [
    PositionStore, ConsumedEventStore, PublicPlaceStore, EnvelopeService, OutboxStore, EventMetrics, ConsumptionService, BackfillService,
    EventsProcessor, CaptureService, ConsumedEventsService,
  ],
  exports: [ConsumedEventsService],
})
export class EventsModule {}
