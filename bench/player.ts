import { setTimeout as sleep } from 'node:timers/promises'
import { serverCpu } from './cpu.js'
import { load, type LoadResult } from './load.js'
import type { Probed } from './servers/child.js'
import type { System, World } from './world.js'

export const CONNECTIONS = 64
export const USERS = 100_000
const SETTLED_MS_MAX = 180_000

export const QUERY = `mutation Draw($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { draws { id outcome prize { name } } replayed } ... on DrawRejected { code message } } }`

/** One round under load: what was answered, and what it has cost until the last draw was settled. */
export interface Round {
  readonly result: LoadResult
  readonly byProcess: ReadonlyMap<string, Probed>
  /** µs, of the whole machine's servers; null where nobody counts. */
  readonly servers: Readonly<Record<'redis' | 'postgres', number>> | null
  /** From the first request until all that was accepted is in Postgres; null where nothing is. */
  readonly settledSeconds: number | null
}

/** Plays draws to one system. */
export class Player {
  #key = 0
  readonly #prefix: string

  constructor(readonly world: World, readonly system: System) {
    this.#prefix = `${system.name}-${process.pid}`
  }

  /** New draws of many participants. */
  readonly fresh = (): string => this.#body(Math.floor(Math.random() * USERS), `${this.#prefix}-${this.#key++}`)
  /** The same hundred draws, again and again. */
  readonly again = (n: number): string => this.#body(n % 100, `${this.#prefix}-again-${n % 100}`)

  async play(
    counts: string, body: (n: number) => string, seconds: number, connections = CONNECTIONS, untilSettled = false,
  ): Promise<Round> {
    const { system: { url, headers, children } } = this
    const before = await this.#serverCpu()
    const settledBefore = untilSettled ? await this.system.settled() : 0
    for (const child of children.values()) await child.begin()
    const began = performance.now()
    const result = await load({ url, headers, connections, seconds, body, counts })
    const settledSeconds = untilSettled ? await this.#settled(settledBefore + result.counted, began) : null
    const byProcess = new Map<string, Probed>()
    for (const [name, child] of children) byProcess.set(name, await child.end())
    const after = await this.#serverCpu()
    if (before === null || after === null) return { result, byProcess, servers: null, settledSeconds }
    const servers = { redis: after.redis - before.redis, postgres: after.postgres - before.postgres }
    return { result, byProcess, servers, settledSeconds }
  }

  #serverCpu(): ReturnType<typeof serverCpu> {
    return serverCpu(this.world.redis, this.world.databaseUrl)
  }

  async #settled(count: number, began: number): Promise<number> {
    for (const deadline = performance.now() + SETTLED_MS_MAX; (await this.system.settled()) < count; await sleep(50)) {
      if (performance.now() > deadline) throw new Error(`${this.system.name}: not all of ${count} draws were settled after ${SETTLED_MS_MAX} ms`)
    }
    return (performance.now() - began) / 1_000
  }

  #body(user: number, idempotencyKey: string): string {
    return JSON.stringify({ query: QUERY, variables: { input: { campaignId: this.system.campaignId, userId: `user-${user}`, idempotencyKey } } })
  }
}
