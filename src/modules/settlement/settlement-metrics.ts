import { Injectable } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

/** Broken promises that settlement met; each also stands in the log as an error. */
@Injectable()
export class SettlementMetrics {
  readonly violations: Counter<'kind'>
  /** Whether draws of a lane are refused for the sake of Redis' memory. */
  readonly heldBack: Gauge<'lane'>
  readonly rebuildsRunning: Gauge
  readonly rebuiltRows: Counter<'kind'>

  constructor(private readonly metrics: Metrics) {
    const registers = [metrics.registry]
    this.heldBack = new Gauge({
      name: 'drawbridge_draws_held_back', help: 'Whether (1) draws of the lane are refused: too many wait to be settled, or Redis is nearly full',
      labelNames: ['lane'], registers, aggregator: 'max',
    })
    this.rebuildsRunning = new Gauge({ name: 'drawbridge_rebuilds_running', help: 'Campaigns whose Redis state this process makes anew from Postgres', registers })
    this.rebuiltRows = new Counter({
      name: 'drawbridge_rebuilt_rows_total', help: 'How far rebuilds are; kind: draws or ticket holders', labelNames: ['kind'], registers,
    })
    this.violations = new Counter({
      name: 'drawbridge_settlement_violations_total',
      help: 'kind: gap (a stream lost entries), behind (a bucket knows less than Postgres) or poison (an entry that cannot be settled)',
      labelNames: ['kind'],
      registers: [metrics.registry],
    })
  }

  /** Asked whenever Prometheus asks. */
  watchTurns(turns: { readonly running: number; readonly waiting: number }, permits: { readonly value: number }): void {
    const registers = [this.metrics.registry]
    new Gauge({ name: 'drawbridge_settlement_drains', help: 'Streams that are being drained', registers, collect() { this.set(turns.running) } })
    new Gauge({ name: 'drawbridge_settlement_drains_permitted', help: 'How many may be at once', registers, collect() { this.set(permits.value) } })
    new Gauge({ name: 'drawbridge_settlement_turns_waiting', help: 'Streams that wait for their turn to be drained', registers, collect() { this.set(turns.waiting) } })
  }

  /** Asked whenever Prometheus asks. */
  watchWins({ waiting, isOpen }: { waiting: () => number; isOpen: () => boolean }): void {
    const registers = [this.metrics.registry]
    new Gauge({ name: 'drawbridge_wins_waiting', help: 'Wins that wait to be written', registers, collect() { this.set(waiting()) } })
    new Gauge({
      name: 'drawbridge_win_breaker_open', help: 'Whether (1) wins are not even tried to be written, after failures in a row', registers,
      collect() { this.set(isOpen() ? 1 : 0) },
    })
  }
}
