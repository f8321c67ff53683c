import { Injectable } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

/** The change capture's own figures, beside those that Metrics has for the whole path. */
@Injectable()
export class EventMetrics {
  readonly captured: Counter<'type'>
  readonly lagSeconds: Gauge
  readonly lagBytes: Gauge

  constructor(metrics: Metrics) {
    const registers = [metrics.registry]
    this.captured = new Counter({ name: 'drawbridge_events_captured_total', help: 'Change events read from the log', labelNames: ['type'], registers })
    this.lagSeconds = new Gauge({ name: 'drawbridge_replication_lag_seconds', help: 'Age of the oldest change that waits for a consumer', registers })
    this.lagBytes = metrics.replicationLagBytes
  }
}
