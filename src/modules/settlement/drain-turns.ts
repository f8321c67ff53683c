import type { DrainPermits } from './domain/drain-permits.js'
import { type DrainEnd, streamName, type StreamRef } from './settlement.types.js'

interface Pending {
  readonly stream: StreamRef
  readonly done: Promise<DrainEnd>
  readonly resolve: (end: DrainEnd) => void
  readonly reject: (error: unknown) => void
}

interface Next { readonly tenantId: string; readonly queue: Pending[]; readonly index: number }

/**
 * Who drains next in this process: as many streams at once as there are permits, each stream once at a time, and tenants in
 * turn, so that one tenant's rush does not keep another's single draw waiting.
 */
export class DrainTurns {
  readonly #tenants = new Map<string, Pending[]>()
  readonly #waiting = new Map<string, Pending>()
  readonly #running = new Set<string>()
  #active = 0
  #closed = false
  #idle: (() => void) | undefined

  constructor(
    private readonly permits: Pick<DrainPermits, 'value' | 'wanted'>,
    private readonly work: (stream: StreamRef) => Promise<DrainEnd>,
  ) {}

  get running(): number {
    return this.#active
  }

  /** Streams whose turn has not come. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** How the stream's next turn ended; turns of one stream that wait are one. */
  take(stream: StreamRef): Promise<DrainEnd> {
    if (this.#closed) return Promise.resolve('BUSY')
    const name = streamName(stream)
    const waiting = this.#waiting.get(name)
    if (waiting !== undefined) return waiting.done
    const { promise, resolve, reject } = Promise.withResolvers<DrainEnd>()
    const pending = { stream, done: promise, resolve, reject }
    this.#waiting.set(name, pending)
    const queue = this.#tenants.get(stream.tenantId)
    if (queue === undefined) this.#tenants.set(stream.tenantId, [pending])
    else queue.push(pending)
    this.#next()
    return promise
  }

  /** Lets running turns end and drops those that wait: the streams keep everything. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { resolve } of this.#waiting.values()) resolve('BUSY')
    this.#waiting.clear()
    this.#tenants.clear()
    if (this.#active > 0) await new Promise<void>((resolve) => { this.#idle = resolve })
  }

  #next(): void {
    let next = this.#find()
    for (; next !== undefined && this.#active < this.permits.value; next = this.#find()) void this.#run(this.#pick(next))
    this.permits.wanted(next !== undefined)
  }

  /** The first tenant with a stream that nobody drains. */
  #find(): Next | undefined {
    for (const [tenantId, queue] of this.#tenants) {
      const index = queue.findIndex(({ stream }) => !this.#running.has(streamName(stream)))
      if (index >= 0) return { tenantId, queue, index }
    }
    return undefined
  }

  /** The tenant goes to the end of the line. */
  #pick({ tenantId, queue, index }: Next): Pending {
    const [pending] = queue.splice(index, 1)
    this.#tenants.delete(tenantId)
    if (queue.length > 0) this.#tenants.set(tenantId, queue)
    this.#waiting.delete(streamName(pending!.stream))
    return pending!
  }

  async #run({ stream, resolve, reject }: Pending): Promise<void> {
    const name = streamName(stream)
    this.#active++
    this.#running.add(name)
    try {
      resolve(await this.work(stream))
    } catch (error) {
      reject(error)
    } finally {
      this.#active--
      this.#running.delete(name)
      if (this.#active === 0) this.#idle?.()
      this.#next()
    }
  }
}
