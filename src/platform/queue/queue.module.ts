import { BullModule } from '@nestjs/bull'
import { Global, Module } from '@nestjs/common'
import { QueueConnections } from './queue.connections.js'
import { QUEUE_NAMES, QueuePort } from './queue.port.js'

@Module({ providers: [QueueConnections], exports: [QueueConnections] })
class QueueConnectionsModule {}

@Global()
@Module({
  imports: [
    QueueConnectionsModule,
    BullModule.forRootAsync({
      imports: [QueueConnectionsModule],
      inject: [QueueConnections],
      useFactory: (connections: QueueConnections) => ({
        prefix: '{drawbridge}', // all queues in one slot of a cluster
        createClient: connections.create,
        // A killed worker's job is taken up again within seconds, as often as it takes: handlers are idempotent.
        settings: { lockDuration: 15_000, stalledInterval: 5_000, maxStalledCount: 100, guardInterval: 2_000, retryProcessDelay: 500 },
      }),
    }),
    BullModule.registerQueue(...QUEUE_NAMES.map((name) => ({ name }))),
  ],
  providers: [QueuePort],
  exports: [QueuePort],
})
export class QueueModule {}
