import { Injectable } from '@nestjs/common'
import { Counter, Histogram } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

@Injectable()
export class InventoryMetrics {
  readonly releaseLagSeconds: Histogram
  readonly rebalanced: Counter<'what'>

  constructor({ registry }: Metrics) {
    this.releaseLagSeconds = new Histogram({
      name: 'drawbridge_release_lag_seconds',
      help: 'From the time of a step of a release schedule to its units in their buckets',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600],
      registers: [registry],
    })
    this.rebalanced = new Counter({
      name: 'drawbridge_stock_rebalanced_total',
      help: 'Stock that was brought to buckets ahead of need; what: moves or units',
      labelNames: ['what'],
      registers: [registry],
    })
  }
}
