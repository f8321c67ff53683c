import { Injectable } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { WebhookSender } from './webhook.sender.js'

/** How awards reach their owners. */
@Injectable()
export class FulfilmentMetrics {
  readonly attempts: Counter<'result'>
  readonly tasks: Gauge<'state'>
  readonly lateSeconds: Gauge

  constructor(metrics: Metrics, sender: WebhookSender) {
    const registers = [metrics.registry]
    this.attempts = new Counter({
      name: 'drawbridge_fulfilment_attempts_total',
      help: 'Deliveries tried; result: delivered, retried, failed (now on the desk) or lost (another worker had it)',
      labelNames: ['result'], registers,
    })
    this.tasks = new Gauge({ name: 'drawbridge_fulfilment_tasks', help: 'Awards on their way; state: waiting, due or leased', labelNames: ['state'], registers })
    this.lateSeconds = new Gauge({ name: 'drawbridge_fulfilment_late_seconds', help: 'How long the latest task has been due', registers })
    new Gauge({
      name: 'drawbridge_webhook_receivers_down', help: 'Receivers that failed five times in a row and have not answered since, as far as this process remembers', registers,
      collect() { this.set(sender.receiversDown) },
    })
  }
}
