import { Injectable } from '@nestjs/common'
import { Counter } from 'prom-client'
import { Metrics } from '../../../platform/telemetry/metrics.js'

/** Why Redis was not asked. */
export type Saving = 'sold_out' | 'ended' | 'answered_key' | 'exhausted_prize'

/** What draws cost Redis: each question that is waited for, and each that was not asked as its answer was known. */
@Injectable()
export class RedisVisits {
  readonly made: Counter
  readonly #saved: Counter<'reason'>

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.made = new Counter({ name: 'drawbridge_redis_visits_total', help: 'Questions that draws put to Redis', registers })
    this.#saved = new Counter({
      name: 'drawbridge_redis_visits_saved_total',
      help: 'Questions that draws did not put to Redis; reason: sold_out, ended, answered_key or exhausted_prize',
      labelNames: ['reason'],
      registers,
    })
  }

  saved(reason: Saving, visits = 1): void {
    this.#saved.inc({ reason }, visits)
  }
}
