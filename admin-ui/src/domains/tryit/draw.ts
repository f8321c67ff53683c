import { type Answer, answerOf, type Body } from './answer.js'
import { DRAW } from './snippets.js'

const PATH = '/graphql'
const TIMEOUT_MS = 15_000

/** Where this deployment's apps call it. */
export const appUrl = (): string => `${location.origin}${PATH}`

export interface Attempt {
  readonly answer: Answer
  /** Null: no answer came. */
  readonly status: number | null
  readonly tookMs: number
  /** As it came. */
  readonly body: string
  readonly idempotencyKey: string
}

function bodyOf(text: string): Body | null {
  try {
    return JSON.parse(text) as Body
  } catch {
    return null
  }
}

/** Draws as an app would, with its key and without the operator's session. Never fails: what went wrong is an answer too. */
export async function draw(key: string, input: { campaignId: string; userId: string; idempotencyKey: string }): Promise<Attempt> {
  const { idempotencyKey } = input
  const began = performance.now()
  try {
    const response = await fetch(PATH, {
      method: 'POST', credentials: 'omit', headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ query: DRAW, variables: { input } }), signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    const tookMs = performance.now() - began
    const body = bodyOf(text)
    const shown = body === null ? text : JSON.stringify(body, null, 2)
    return { answer: answerOf(body ?? {}), status: response.status, tookMs, body: shown, idempotencyKey }
  } catch {
    return { answer: { kind: 'failed', code: null }, status: null, tookMs: performance.now() - began, body: '', idempotencyKey }
  }
}
