import { Channel } from './channel.js'

export interface Topic<T> {
  readonly key: string
  /** Asked again and again, until there can be no more. */
  readonly poll: () => Promise<{ readonly values: readonly T[]; readonly done: boolean }>
  /** Between polls: from the first to the last, half as long again each time. */
  readonly delayMs: { readonly first: number; readonly last: number }
}

export interface PollerLimits {
  readonly topicsMax: number
  readonly pollsAtOnceMax: number
  readonly bufferedMax: number
}

interface Watched<T> {
  readonly topic: Topic<T>
  readonly subscribers: Set<Channel<T>>
  delayMs: number
  dueAtMs: number
  polling: boolean
}

const TICK_MS = 50

/** Asks for many subscribers at once: one question a topic, a bounded number of questions at a time. */
export class Poller<T> {
  readonly #watched = new Map<string, Watched<T>>()
  #polling = 0
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly limits: PollerLimits, private readonly onError: (error: unknown, key: string) => void) {}

  /** Null when there are too many topics. A topic that is watched already keeps its own way of asking. */
  subscribe(topic: Topic<T>): Channel<T> | null {
    let watched = this.#watched.get(topic.key)
    if (watched === undefined) {
      if (this.#watched.size >= this.limits.topicsMax) return null
      watched = { topic, subscribers: new Set(), delayMs: topic.delayMs.first, dueAtMs: performance.now(), polling: false }
      this.#watched.set(topic.key, watched)
    }
    const { subscribers } = watched
    const channel: Channel<T> = new Channel<T>(this.limits.bufferedMax, () => {
      subscribers.delete(channel)
      if (subscribers.size === 0 && this.#watched.get(topic.key)?.subscribers === subscribers) this.#watched.delete(topic.key)
    })
    subscribers.add(channel)
    this.#timer ??= setInterval(() => { this.#tick() }, TICK_MS)
    return channel
  }

  /** Ends every subscription. */
  close(): void {
    for (const { subscribers } of this.#watched.values()) for (const channel of [...subscribers]) channel.end()
    this.#stop()
  }

  #tick(): void {
    if (this.#watched.size === 0) return this.#stop()
    const now = performance.now()
    for (const [key, watched] of this.#watched) {
      if (this.#polling >= this.limits.pollsAtOnceMax) return
      if (watched.polling || watched.dueAtMs > now) continue
      // To the end of the line, so that the first topics cannot keep the last ones waiting.
      this.#watched.delete(key)
      this.#watched.set(key, watched)
      void this.#poll(watched)
    }
  }

  async #poll(watched: Watched<T>): Promise<void> {
    const { topic, subscribers } = watched
    watched.polling = true
    this.#polling++
    try {
      const { values, done } = await topic.poll()
      for (const channel of [...subscribers]) {
        for (const value of values) channel.push(value)
        if (done) channel.end()
      }
    } catch (error) {
      this.onError(error, topic.key)
    } finally {
      this.#polling--
      watched.polling = false
      watched.dueAtMs = performance.now() + watched.delayMs
      watched.delayMs = Math.min(watched.delayMs * 1.5, topic.delayMs.last)
    }
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
