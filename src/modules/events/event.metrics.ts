import { Injectable } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

/** The change capture's own figures, beside those that Metrics has for the whole path. */
@Injectable()
export class EventMetrics {
  readonly captured: Counter<'type'>
  readonly lagSeconds: Gauge
  readonly lagBytes: Gauge
  readonly slotsLost: Counter

  constructor(metrics: Metrics) {
    const registers = [metrics.registry]
    this.captured = new Counter({ name: 'drawbridge_events_captured_total', help: 'Change events read from the log or the outbox', labelNames: ['type'], registers })
    this.lagSeconds = new Gauge({ name: 'drawbridge_replication_lag_seconds', help: 'Age of the oldest change that waits for a consumer', registers })
    this.slotsLost = new Counter({ name: 'drawbridge_replication_slots_lost_total', help: 'Slots that Postgres gave up past max_slot_wal_keep_size', registers })
    this.lagBytes = metrics.replicationLagBytes
  }
}
