import { type GraphqlClient, NoAnswerError, type GraphqlAnswer } from './client.js'
import type { Ledger } from './ledger.js'
import type { Step } from './plan.js'
import type { Tally } from './tally.js'

const PATIENCE_MS = 60_000
const RETRY_MS = { first: 50, last: 1_000 }
const QUERY = `mutation Rush($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { replayed draws { id outcome prize { id } award { amount { amountMinor } } } }
  ... on DrawRejected { code retryAfterMs } } }`

interface PlayedDraw {
  readonly id: string
  readonly outcome: 'WON' | 'LOST' | null
  readonly prize: { readonly id: string } | null
  readonly award: { readonly amount: { readonly amountMinor: number } | null } | null
}

type Payload =
  | { readonly __typename: 'DrawAccepted'; readonly replayed: boolean; readonly draws: readonly PlayedDraw[] }
  | { readonly __typename: 'DrawRejected'; readonly code: string; readonly retryAfterMs: number | null }

export interface PlayerOptions {
  readonly client: GraphqlClient
  readonly campaignId: string
  /** Begins every key and participant of this run. */
  readonly prefix: string
  readonly ledger: Ledger
  readonly tally: Tally
  readonly stopped: () => boolean
}

/** Sends draws until each has an answer that can be believed. */
export class Player {
  readonly #head: string
  readonly #prefix: string

  constructor(private readonly options: PlayerOptions) {
    this.#head = `{"query":${JSON.stringify(QUERY)},"variables":{"input":{"campaignId":${JSON.stringify(options.campaignId)}`
    this.#prefix = options.prefix
  }

  async play(step: Step): Promise<void> {
    await Promise.all(Array.from({ length: 1 + step.twins }, () => this.#settle(step)))
  }

  async #settle({ draw, user }: Step): Promise<void> {
    const body = `${this.#head},"userId":"${this.#prefix}-u${user}","idempotencyKey":"${this.#prefix}-${draw}"}}}`
    const { tally, stopped } = this.options
    let patientUntil = 0
    for (let pauseMs = RETRY_MS.first; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS.last)) {
      const retryAfterMs = await this.#attempt(draw, body)
      if (retryAfterMs === null) return
      const now = performance.now()
      patientUntil ||= now + PATIENCE_MS
      if (now > patientUntil || stopped()) return tally.unanswered(draw)
      tally.retries++
      await new Promise((resolve) => { setTimeout(resolve, Math.max(retryAfterMs, pauseMs) * (0.75 + Math.random() / 2)) })
    }
  }

  /** Null when the draw has its answer; else how long to wait before the same is sent again. */
  async #attempt(draw: number, body: string): Promise<number | null> {
    const { client, tally } = this.options
    const began = performance.now()
    let answer: GraphqlAnswer<{ draw: Payload }>
    try {
      answer = await client.send<{ draw: Payload }>(body)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      tally.deferred('no answer')
      return 0
    }
    if (answer.data === null || answer.errors.length > 0) {
      const { message = `HTTP ${answer.status}`, extensions } = answer.errors[0] ?? {}
      const code = extensions?.code ?? `HTTP ${answer.status}`
      tally.deferred(code)
      if (answer.status === 429 || answer.status >= 500) return extensions?.retryAfterMs ?? 0
      throw new Error(`The server refuses the rush: ${code}: ${message}`)
    }
    return this.#read(draw, answer.data.draw, performance.now() - began)
  }

  #read(draw: number, payload: Payload, latencyMs: number): number | null {
    const { ledger, tally } = this.options
    if (payload.__typename === 'DrawRejected') {
      if (payload.code !== 'RECOVERING') {
        tally.answered(payload.code, latencyMs)
        return null
      }
      tally.deferred(payload.code)
      return payload.retryAfterMs ?? 0
    }
    const [given] = payload.draws
    if (given === undefined || payload.draws.length !== 1) throw new Error(`The server answered one draw with ${payload.draws.length}`)
    if (given.outcome === null) {
      tally.deferred('PENDING')
      return 0
    }
    tally.answered(payload.replayed ? 'replayed' : given.outcome, latencyMs)
    const amountMinor = given.award?.amount?.amountMinor ?? 0
    ledger.accept(draw, { id: given.id, outcome: given.outcome, prizeId: given.prize?.id ?? null, amountMinor }, payload.replayed)
    return null
  }
}
