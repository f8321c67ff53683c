import type { ConsumerName } from '../../platform/events/event.types.js'
import type { QueueName } from '../../platform/queue/queue.port.js'

const QUEUES: Record<ConsumerName, QueueName> = { RISK: 'risk', USER_CENTER: 'user-center' }

export const queueOf = (consumer: ConsumerName): QueueName => QUEUES[consumer]
