import { Injectable } from '@nestjs/common'
import { Counter } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

/** Broken promises that settlement met; each also stands in the log as an error. */
@Injectable()
export class SettlementMetrics {
  readonly violations: Counter<'kind'>

  constructor(metrics: Metrics) {
    this.violations = new Counter({
      name: 'drawbridge_settlement_violations_total',
      help: 'kind: gap (a stream lost entries), behind (a bucket knows less than Postgres) or poison (an entry that cannot be settled)',
      labelNames: ['kind'],
      registers: [metrics.registry],
    })
  }
}
