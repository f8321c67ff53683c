import { type GraphqlAnswer, GraphqlClient, NoAnswerError } from '../../src/cli/rush/client.js'

/** Callers that ask one after another, in a process of their own: what they wait for is not this machine's load generator. */
export interface CallersOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly callers: number
  readonly seconds: number
  /** KEY in it is another for each request, and USER one of `users` in turn. */
  readonly body: string
  readonly users?: number
  /** Between an answer and the next question. */
  readonly pauseMs: number
  /** Who is refused waits besides for as long as the refusal says. */
  readonly waitAsTold?: boolean
}

export interface CallersResult {
  readonly answered: number
  /** By status, what was not answered with 200. */
  readonly others: Readonly<Record<string, number>>
  readonly tookMs: readonly number[]
  readonly othersTookMs: readonly number[]
}

const { url, headers, callers, seconds, body, users = 1, pauseMs, waitAsTold = false } = JSON.parse(process.argv[2] ?? '') as CallersOptions
const NO_ANSWER: GraphqlAnswer<unknown> = { status: 0, data: null, errors: [] }
const lost = (error: unknown) => {
  if (error instanceof NoAnswerError) return NO_ANSWER
  throw error
}
const until = performance.now() + seconds * 1_000
const others: Record<string, number> = {}
const tookMs: number[] = []
const othersTookMs: number[] = []
let keys = 0
await Promise.all(Array.from({ length: callers }, async () => {
  const client = new GraphqlClient(url, headers, 1)
  while (performance.now() < until) {
    const asked = performance.now()
    const own = body.replace('USER', `caller-${keys % users}`).replace('KEY', `caller-${process.pid}-${keys++}`)
    const { status, errors } = await client.send(own).catch(lost)
    const took = performance.now() - asked
    if (status === 200) {
      tookMs.push(took)
    } else {
      others[status] = (others[status] ?? 0) + 1
      othersTookMs.push(took)
    }
    const told = waitAsTold ? errors[0]?.extensions?.retryAfterMs ?? 0 : 0
    if (pauseMs + told > 0) await new Promise((resolve) => { setTimeout(resolve, pauseMs + told) })
  }
  client.close()
}))
const result: CallersResult = { answered: tookMs.length, others, tookMs, othersTookMs }
process.send?.({ result }, () => { process.disconnect() })
