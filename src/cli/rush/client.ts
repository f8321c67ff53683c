import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as SecureAgent, request as httpsRequest } from 'node:https'

const ANSWER_TIMEOUT_MS = 20_000

export interface GraphqlAnswer<T> {
  readonly status: number
  readonly data: T | null
  readonly errors: readonly AnswerError[]
}

interface AnswerError {
  readonly message: string
  readonly extensions?: { readonly code?: string; readonly retryAfterMs?: number }
}

/** Nobody knows what became of the request: no answer, half an answer, or one that is none. */
export class NoAnswerError extends Error {}

/** GraphQL over connections that stay open. Small, as it may share its machine with the server that it measures. */
export class GraphqlClient {
  readonly #agent: Agent
  readonly #options: RequestOptions
  readonly #send: (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void) => ClientRequest

  constructor(url: string, headers: Record<string, string>, connectionsMax: number) {
    const { protocol, hostname, port, pathname, search } = new URL(url)
    const secure = protocol === 'https:'
    const pool = { keepAlive: true, maxSockets: connectionsMax, scheduling: 'lifo' } as const
    this.#agent = secure ? new SecureAgent(pool) : new Agent(pool)
    this.#send = secure ? httpsRequest : httpRequest
    this.#options = {
      agent: this.#agent,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: pathname + search,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json', ...headers },
    }
  }

  /** Answers of any status. Throws NoAnswerError. */
  send<T>(body: string): Promise<GraphqlAnswer<T>> {
    return new Promise((resolve, reject) => {
      const lost = (error: Error) => { reject(new NoAnswerError(error.message, { cause: error })) }
      const headers = { ...this.#options.headers, 'content-length': Buffer.byteLength(body) }
      const request = this.#send({ ...this.#options, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => { text += part })
        answer.on('error', lost)
        answer.on('end', () => {
          try {
            const { data = null, errors = [] } = JSON.parse(text) as Partial<GraphqlAnswer<T>>
            resolve({ status: answer.statusCode ?? 0, data, errors })
          } catch (error) {
            lost(new Error(`HTTP ${answer.statusCode} without JSON`, { cause: error }))
          }
        })
      })
      request.setTimeout(ANSWER_TIMEOUT_MS, () => { request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`)) })
      request.on('error', lost)
      request.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Whether the same request may succeed a moment later. */
const passes = ({ status, errors }: GraphqlAnswer<unknown>) => status === 429 || status >= 500 || errors.some(({ extensions }) => extensions?.code === 'OVERLOADED')

/** The data of one operation, asked again while the server is away, for `patienceMs`. Throws with the server's reason. */
export async function ask<T>(client: GraphqlClient, query: string, variables: object, patienceMs = 60_000): Promise<T> {
  const body = JSON.stringify({ query, variables })
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    let reason: string
    try {
      const answer = await client.send<T>(body)
      if (answer.data !== null && answer.errors.length === 0) return answer.data
      reason = answer.errors[0]?.message ?? `HTTP ${answer.status} without data`
      if (!passes(answer)) throw new Error(reason)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      reason = error.message
    }
    if (performance.now() > giveUpAt) throw new Error(reason)
    await new Promise((resolve) => { setTimeout(resolve, 250) })
  }
}
