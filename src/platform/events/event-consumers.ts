import { Global, Injectable, Module } from '@nestjs/common'
import type { SqlClient } from '../prisma/sql.service.js'
import type { ConsumerName, EventEnvelope, EventType } from './event.types.js'

/** What a module does with change events. It implements this and registers itself; it need not know where events come from. */
export interface EventConsumer {
  readonly consumer: ConsumerName
  readonly types: readonly EventType[]
  /**
   * Applies one tenant's events, in order of commit, inside the transaction `sql`, in which that tenant is set. An event that
   * had its effect before is not among them, so effects need no memory of their own. Throwing undoes and repeats the batch.
   */
  apply(sql: SqlClient, tenantId: string, events: readonly EventEnvelope[]): Promise<void>
}

/** Who consumes: filled while the process starts. */
@Injectable()
export class EventConsumers {
  readonly #byName = new Map<ConsumerName, EventConsumer>()

  register(consumer: EventConsumer): void {
    if (this.#byName.has(consumer.consumer)) throw new Error(`two consumers call themselves ${consumer.consumer}`)
    this.#byName.set(consumer.consumer, consumer)
  }

  /** Throws when nobody registered under the name: the process was put together wrongly. */
  get(name: ConsumerName): EventConsumer {
    const consumer = this.#byName.get(name)
    if (consumer === undefined) throw new Error(`nobody consumes ${name}`)
    return consumer
  }

  all(): readonly EventConsumer[] {
    return [...this.#byName.values()]
  }
}

@Global()
@Module({ providers: [EventConsumers], exports: [EventConsumers] })
export class EventConsumersModule {}
