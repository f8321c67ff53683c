import { setTimeout as sleep } from 'node:timers/promises'
import { GraphqlClient, NoAnswerError, type GraphqlAnswer } from '../../src/cli/rush/client.js'
import type { Asked, DrawLedger, Told } from './draw-ledger.js'
import type { Seed } from './seed.js'

/** A draw that has no answer after this is given up, and its key stays unknown. */
const PATIENCE_MS = 120_000
const RETRY_MS = { first: 25, last: 400 }
const PAUSE_MS = { least: 2, more: 20 }
const REPEAT_SHARE = 0.08
const QUERY = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { replayed draws { id outcome prize { id } } }
  ... on DrawRejected { code retryAfterMs } } }`
/** What a campaign may say to a participant for good; anything else would be said by mistake. */
const REFUSALS = new Set(['QUOTA_EXCEEDED', 'SOLD_OUT'])

type Payload =
  | { readonly __typename: 'DrawAccepted'; readonly replayed: boolean; readonly draws: ReadonlyArray<{ id: string; outcome: 'WON' | 'LOST' | null; prize: { id: string } | null }> }
  | { readonly __typename: 'DrawRejected'; readonly code: string; readonly retryAfterMs: number | null }

export interface SteadyDrawsOptions {
  readonly graphqlUrl: string
  readonly apiKey: string
  readonly campaignIds: readonly string[]
  readonly users: number
  readonly callers: number
  readonly ledger: DrawLedger
  readonly seed: Seed
}

/** Callers that draw one after another, each until it has its answer, and sometimes ask for an earlier answer again. */
export class SteadyDraws {
  readonly #client: GraphqlClient
  readonly #answered: Asked[] = []
  readonly #lastWinSentAt = new Map<string, number>()
  #work: Promise<unknown> | undefined
  #stopped = false
  #keys = 0
  /** performance.now() of the last answer. */
  lastAnswerAt = 0
  /** New draws that were told. */
  readonly counts = { won: 0, lost: 0 }
  /** Answers that no caller should ever have seen. */
  readonly surprises = new Set<string>()

  constructor(private readonly options: SteadyDrawsOptions) {
    this.#client = new GraphqlClient(options.graphqlUrl, { 'x-api-key': options.apiKey }, options.callers)
  }

  start(): void {
    this.#work = Promise.all(Array.from({ length: this.options.callers }, () => this.#call()))
    // Told by stop(); until then it is nobody's.
    this.#work.catch(() => undefined)
  }

  /** Whether every campaign has acknowledged a win that was asked for at `since` (performance.now()) or later. */
  winsEverywhere(since: number): boolean {
    return this.options.campaignIds.every((id) => (this.#lastWinSentAt.get(id) ?? 0) >= since)
  }

  /** No new draws; resolves when those that are under way have their answers. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#work
  }

  /** Asks for the answers of these keys again. */
  async repeat(asked: readonly Asked[]): Promise<void> {
    const left = [...asked]
    await Promise.all(Array.from({ length: this.options.callers }, async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await this.#untilAnswered(next)
    }))
  }

  close(): void {
    this.#client.close()
  }

  async #call(): Promise<void> {
    const { seed, campaignIds, users, ledger } = this.options
    while (!this.#stopped) {
      const asked = { key: `draw-${++this.#keys}`, campaignId: seed.pick(campaignIds), userId: `user-${seed.int(users)}` }
      await ledger.asked(asked)
      // A refusal leaves nothing behind, and may be another one later.
      if ((await this.#untilAnswered(asked, true))?.kind === 'DRAWN') this.#answered.push(asked)
      if (this.#answered.length > 0 && seed.random() < REPEAT_SHARE) await this.#untilAnswered(seed.pick(this.#answered))
      await sleep(PAUSE_MS.least + seed.int(PAUSE_MS.more))
    }
  }

  async #untilAnswered(asked: Asked, isNew = false): Promise<Told | undefined> {
    const { ledger, seed } = this.options
    const { campaignId, userId, key: idempotencyKey } = asked
    const body = JSON.stringify({ query: QUERY, variables: { input: { campaignId, userId, idempotencyKey } } })
    const firstSentAt = performance.now()
    const giveUpAt = firstSentAt + PATIENCE_MS
    for (let pauseMs = RETRY_MS.first; performance.now() < giveUpAt; pauseMs = Math.min(pauseMs * 2, RETRY_MS.last)) {
      const answer = await this.#attempt(body)
      if (typeof answer !== 'string') {
        await ledger.told(idempotencyKey, answer.told, answer.replayed)
        this.lastAnswerAt = performance.now()
        const { told } = answer
        if (isNew && told.kind === 'DRAWN') this.counts[told.outcome === 'WON' ? 'won' : 'lost']++
        // A replay too, where the first answer was PENDING or lost on its way.
        if (isNew && told.kind === 'DRAWN' && told.outcome === 'WON') {
          this.#lastWinSentAt.set(campaignId, Math.max(firstSentAt, this.#lastWinSentAt.get(campaignId) ?? 0))
        }
        return told
      }
      await ledger.unknown(idempotencyKey, answer)
      await sleep(pauseMs * (0.5 + seed.random()))
    }
    return undefined
  }

  /** The answer, or why there is none yet. */
  async #attempt(body: string): Promise<{ told: Told; replayed: boolean } | string> {
    let answer: GraphqlAnswer<{ draw: Payload }>
    try {
      answer = await this.#client.send<{ draw: Payload }>(body)
    } catch (error) {
      if (error instanceof NoAnswerError) return 'no answer'
      throw error
    }
    const code = answer.errors[0]?.extensions?.code ?? `HTTP ${answer.status}`
    if (answer.data === null || answer.errors.length > 0) {
      if (code !== 'OVERLOADED') this.surprises.add(`${code} (HTTP ${answer.status}): ${answer.errors[0]?.message ?? 'no message'}`)
      return code
    }
    return this.#read(answer.data.draw)
  }

  #read(payload: Payload): { told: Told; replayed: boolean } | string {
    if (payload.__typename === 'DrawRejected') {
      const { code } = payload
      if (REFUSALS.has(code)) return { told: { kind: 'REJECTED', code }, replayed: false }
      if (code !== 'RECOVERING') this.surprises.add(`rejected: ${code}`)
      return code
    }
    const { draws: [draw], replayed } = payload
    if (draw === undefined || payload.draws.length !== 1) throw new Error(`One draw was answered with ${payload.draws.length}`)
    if (draw.outcome === null) return 'PENDING'
    return { told: { kind: 'DRAWN', id: draw.id, outcome: draw.outcome, prizeId: draw.prize?.id ?? null }, replayed }
  }
}
