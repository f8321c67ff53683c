import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client'

const RESTART_MS = { first: 200, last: 5_000 }
const METRICS_MS_MAX = 2_000
const COUNTING = new Set(['counter', 'histogram'])

export type MetricsOfProcess = Array<MetricObjectWithValues<MetricValue<string>>>

type Message =
  | { readonly type: 'status'; readonly text: string }
  | { readonly type: 'ready' }
  | { readonly type: 'metrics'; readonly of: number; readonly metrics: MetricsOfProcess }

/**
 * The processes that answer the APIs of one start, on one port (node:cluster). This one forks them, starts again what ends, and asks them
 * for their metrics. Each is told by its environment that it is one of them.
 */
export class ApiProcesses {
  readonly #ready = new Set<number>()
  readonly #metrics = new Map<number, Map<number, (metrics: MetricsOfProcess) => void>>()
  /** By process, as it was told last. */
  readonly #last = new Map<number, MetricsOfProcess>()
  #gone: MetricsOfProcess = []
  #asked = 0
  #closing = false
  #failures = 0

  constructor(private readonly count: number, private readonly say: (text: string) => void) {}

  start(): void {
    cluster.setupPrimary({ exec: process.argv[1]!, args: process.argv.slice(2), execArgv: process.execArgv })
    for (let n = 0; n < this.count; n++) this.#fork()
  }

  /** How many are ready to answer. */
  get ready(): number {
    return this.#ready.size
  }

  /** The newest of each, and what those that have ended have counted: a sum must not fall. */
  async metrics(): Promise<MetricsOfProcess[]> {
    await Promise.all(workers().map(async (worker) => {
      const told = await this.#ask(worker)
      if (told !== null) this.#last.set(worker.id, told)
    }))
    return [this.#gone, ...this.#last.values()]
  }

  /** Each ends gracefully; resolves when none is left. */
  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(workers().map(async (worker) => {
      if (worker.isDead()) return
      const ended = once(worker, 'exit')
      worker.process.kill('SIGTERM')
      await ended
    }))
  }

  #fork(): void {
    const worker = cluster.fork({ ROLE: 'api', API_PROCESSES: '1', SHARED_RATES: '1', METRICS_PORT: '0', DEMO: '0' })
    worker.on('message', (message: Message) => { this.#hear(worker, message) })
    worker.once('exit', () => {
      const wasReady = this.#ready.delete(worker.id)
      this.#failures = wasReady ? 0 : this.#failures + 1
      this.#metrics.delete(worker.id)
      void this.#bury(worker.id)
      if (!this.#closing) void this.#again()
    })
  }

  async #bury(id: number): Promise<void> {
    const counted = (this.#last.get(id) ?? []).filter((metric) => COUNTING.has(String(metric.type)))
    this.#last.delete(id)
    this.#gone = await AggregatorRegistry.aggregate([this.#gone, counted]).getMetricsAsJSON()
  }

  async #again(): Promise<void> {
    this.say('An API process has ended; starting another')
    await sleep(Math.min(RESTART_MS.first * 2 ** this.#failures, RESTART_MS.last))
    if (!this.#closing) this.#fork()
  }

  #hear(worker: Worker, message: Message): void {
    if (message.type === 'status') this.say(message.text)
    if (message.type === 'ready') this.#ready.add(worker.id)
    if (message.type === 'metrics') this.#metrics.get(worker.id)?.get(message.of)?.(message.metrics)
  }

  #ask(worker: Worker): Promise<MetricsOfProcess | null> {
    const of = ++this.#asked
    const answers = this.#metrics.get(worker.id) ?? new Map<number, (metrics: MetricsOfProcess) => void>()
    this.#metrics.set(worker.id, answers)
    return new Promise<MetricsOfProcess | null>((resolve) => {
      const timer = setTimeout(() => { resolve(null) }, METRICS_MS_MAX)
      answers.set(of, (metrics) => {
        clearTimeout(timer)
        resolve(metrics)
      })
      // One that is just ending is left out.
      worker.send({ type: 'metrics', of }, (error) => { if (error !== null) resolve(null) })
    }).finally(() => { answers.delete(of) })
  }
}

const workers = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

/** In one of them: answers what it is asked for. */
export function answerMetrics(read: () => Promise<MetricsOfProcess>): void {
  process.on('message', (message: { readonly type?: string; readonly of?: number }) => {
    if (message.type !== 'metrics') return
    read().then((metrics) => { if (process.connected) process.send?.({ type: 'metrics', of: message.of, metrics }) }, () => undefined)
  })
}
