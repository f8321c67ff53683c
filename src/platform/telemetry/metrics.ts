import { Injectable } from '@nestjs/common'
import type { Attributes } from '@opentelemetry/api'
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { span } from './tracing.js'

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.12, 0.25, 0.5, 1, 2.5, 5, 10]

/** The stages of a draw, by the names that spans and histograms share. */
const STAGES = ['admission', 'decide', 'fetch_stock', 'win_commit', 'settle', 'consume', 'recover'] as const
export type Stage = (typeof STAGES)[number]
// A draw passes several: none of them makes its labels anew.
const LABELS = Object.fromEntries(STAGES.map((stage) => [stage, { stage }])) as Readonly<Record<Stage, { stage: Stage }>>

/** What Prometheus reads. Labels are from closed lists: never a tenant, campaign or participant. */
@Injectable()
export class Metrics {
  readonly registry = new Registry()
  #others: Parameters<Metrics['gather']>[0] | undefined

  readonly httpRequests = this.#counter('http_requests_total', 'Answers, by route and status', ['route', 'status'])
  readonly httpSeconds = this.#histogram('http_request_seconds', 'Time to answer', ['route'])
  readonly draws = this.#counter('draws_total', 'Draws answered; result: won, lost, pending, replayed or a rejection code', ['result'])
  readonly door = this.#counter('door_requests_total', 'Requests met before the HTTP framework; result: answered, refused or handed_over', ['result'])
  readonly compiledDraws = this.#counter('compiled_draws_total', 'Draws answered on the compiled way', [])
  readonly testDraws = this.#counter('test_draws_total', 'As draws_total, in test worlds', ['result'])
  readonly refusals = this.#counter('refusals_total', 'Requests refused before execution', ['code'])
  readonly testRefusals = this.#counter('test_refusals_total', 'As refusals_total, of test keys', ['code'])
  readonly stageSeconds = this.#histogram('stage_seconds', 'Time in each stage of a draw', ['stage'])
  readonly settledDraws = this.#counter('settled_draws_total', 'Draws written as SETTLED', [])
  readonly settlementLagSeconds = this.#histogram('settlement_lag_seconds', 'From the decision to the settled row', [])
  readonly settlementBatch = this.#histogram('settlement_batch_entries', 'Stream entries settled by one statement', [], [1, 5, 10, 50, 100, 250, 500, 1000, 2500, 5000])
  readonly settlementBacklog = this.#gauge('settlement_backlog_entries', 'Stream entries of the whole installation seen and not yet settled', [], 'max')
  readonly deadLetters = this.#counter('dead_letters_total', 'Entries that could not be settled', [])
  readonly events = this.#counter('events_total', 'Change events consumed; result: applied, repeated or failed', ['consumer', 'result'])
  readonly eventLagSeconds = this.#histogram('event_lag_seconds', 'From the commit to the consumer', ['consumer'])
  readonly replicationLagBytes = this.#gauge('replication_lag_bytes', 'Log that the change capture has not confirmed', [])
  readonly queueJobs = this.#counter('queue_jobs_total', 'Queue jobs; result: completed or failed', ['queue', 'result'])
  readonly redisErrors = this.#counter('redis_errors_total', 'Redis failures', ['kind'])
  readonly loginAttempts = this.#counter('login_attempts_total', 'Passwords and codes of operators that were tried; result: good, failed or limited', ['result'])
  readonly changeRequests = this.#counter('change_requests_total', 'Changes that need a second operator; became: created, approved, rejected, withdrawn or stale', ['became'])
  readonly databaseErrors = this.#counter('database_errors_total', 'Postgres failures', ['kind'])

  constructor() {
    // Among them event-loop delay and pauses of the garbage collector.
    collectDefaultMetrics({ register: this.registry, prefix: 'drawbridge_' })
  }

  /** A stage of the path: a span and a histogram under one name. Failures are timed too. `counted` false: the span alone, for test worlds. */
  stage<T>(stage: Stage, attributes: Attributes, fn: () => Promise<T>, counted = true): Promise<T> {
    if (!counted) return span(stage, attributes, fn)
    const began = performance.now()
    return span(stage, attributes, fn).then(
      (value) => {
        this.stageSeconds.observe(LABELS[stage], (performance.now() - began) / 1_000)
        return value
      },
      (error: unknown) => {
        this.stageSeconds.observe(LABELS[stage], (performance.now() - began) / 1_000)
        throw error
      },
    )
  }

  /** Of this process, and of others that `gather` speaks for, added up. */
  async text(): Promise<string> {
    if (this.#others === undefined) return this.registry.metrics()
    const all = [await this.registry.getMetricsAsJSON(), ...(await this.#others())]
    return AggregatorRegistry.aggregate(all).metrics()
  }

  /** For a process that starts others and is asked in their place. */
  gather(others: () => Promise<ReadonlyArray<Awaited<ReturnType<Registry['getMetricsAsJSON']>>>>): void {
    this.#others = others
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: `drawbridge_${name}`, help, labelNames, registers: [this.registry] })
  }

  /** `aggregator`: what several processes say comes to, as one. */
  #gauge<L extends string>(name: string, help: string, labelNames: L[], aggregator: 'sum' | 'max' = 'sum'): Gauge<L> {
    return new Gauge({ name: `drawbridge_${name}`, help, labelNames, registers: [this.registry], aggregator })
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[], buckets = SECONDS): Histogram<L> {
    return new Histogram({ name: `drawbridge_${name}`, help, labelNames, buckets, registers: [this.registry] })
  }
}
