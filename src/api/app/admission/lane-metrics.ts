import { Counter, Gauge } from 'prom-client'
import type { Metrics } from '../../../platform/telemetry/metrics.js'
import type { AdaptiveLimit } from './adaptive-limit.js'
import { type DrawLanes, LANES } from './draw-lanes.js'
import type { PacedRefusals } from './paced-refusals.js'
import type { LimitKind } from './rates.js'

/** What operators see of the lanes. Returns the count of draws that came to work, by lane. */
export function watchLanes({ registry }: Metrics, lanes: DrawLanes, limit: AdaptiveLimit, refusals: PacedRefusals): Counter<'lane'> {
  const registers = [registry]
  new Gauge({ name: 'drawbridge_draws_at_work', help: 'Draws that are being answered', registers, collect() { this.set(lanes.atWork) } })
  new Gauge({ name: 'drawbridge_refusals_waiting', help: 'Refused draws that are yet to be told', registers, collect() { this.set(refusals.waiting) } })
  new Gauge({ name: 'drawbridge_draws_at_work_limit', help: 'How many may be, by their latency', registers, collect() { this.set(limit.value) } })
  new Gauge({
    name: 'drawbridge_draws_waiting', help: 'Draws that wait for their turn, by lane', labelNames: ['lane'], registers,
    collect() { for (const lane of LANES) this.set({ lane }, lanes.waiting(lane)) },
  })
  return new Counter({ name: 'drawbridge_draws_begun_total', help: 'Draws that had their turn, by lane', labelNames: ['lane'], registers })
}

/** Counts which limit requests ran into; those of test keys have no part in it. */
export function countRateLimited({ registry }: Metrics): (of: LimitKind) => void {
  const counter = new Counter({
    name: 'drawbridge_rate_limited_total', help: 'Requests above a rate, by the narrowest limit; limit: installation, tenant, vip, api_key, address or participant',
    labelNames: ['limit'], registers: [registry],
  })
  return (of) => { if (of !== 'TEST') counter.inc({ limit: of.toLowerCase() }) }
}
