import { run } from '../../../api/client.js'
import { ApiError, isApiError } from '../../../api/errors.js'
import { AddRiskEntriesDocument } from '../../../generated/graphql.js'
import type { ReadEntry } from './dry-run.js'

/** As many as the API takes at once: all of them or none. */
const BATCH = 1_000

export type Sent =
  | { readonly kind: 'done'; readonly added: number; readonly existing: number }
  | { readonly kind: 'waits'; readonly changeRequestId: string }
  | { readonly kind: 'failed'; readonly error: unknown; readonly line: number | null }
  | { readonly kind: 'unsent' }

export interface Batch {
  readonly first: number
  readonly last: number
  readonly size: number
  readonly sent: Sent
}

/** The line of the row that the API names, as in `inputs[3].value`. */
const lineOf = (error: unknown, entries: readonly ReadEntry[]): number | null => {
  const place = error instanceof ApiError ? /^inputs\[(\d+)\]/.exec(error.details.field ?? '')?.[1] : undefined
  return place === undefined ? null : entries[Number(place)]?.line ?? null
}

async function send(entries: readonly ReadEntry[]): Promise<Sent> {
  try {
    const { addRiskEntries } = await run(AddRiskEntriesDocument, { inputs: entries.map(({ input }) => input) })
    return { kind: 'done', ...addRiskEntries }
  } catch (error) {
    const waits = isApiError(error, 'APPROVAL_REQUIRED') ? error.details.changeRequestId : undefined
    return waits === undefined ? { kind: 'failed', error, line: lineOf(error, entries) } : { kind: 'waits', changeRequestId: waits }
  }
}

/**
 * One batch after another. After one that failed none is sent any more: what came through stays, and all of it can be sent
 * again, since entries that are on their list are left as they are. `onProgress` is told how many batches have an answer.
 */
export async function sendAll(entries: readonly ReadEntry[], onProgress: (done: number, all: number) => void): Promise<Batch[]> {
  const all = Math.ceil(entries.length / BATCH)
  const batches: Batch[] = []
  let failed = false
  for (let n = 0; n < all; n++) {
    onProgress(n, all)
    const part = entries.slice(n * BATCH, (n + 1) * BATCH)
    const sent: Sent = failed ? { kind: 'unsent' } : await send(part)
    failed ||= sent.kind === 'failed'
    batches.push({ first: part[0]!.line, last: part.at(-1)!.line, size: part.length, sent })
  }
  return batches
}
