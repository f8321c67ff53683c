import { decodeEntry, type StreamEntry } from '../domain/stream-entry.js'
import type { StreamRef } from '../settlement.types.js'
import type { StreamStore } from '../stream.store.js'
import { add, type CampaignCut } from './cut.store.js'
import type { SettledFacts } from './stock.store.js'

const READ_MAX = 1_000

/** The entries of a stream with numbers up to `seq`, as they are there now. */
export async function readStream(streams: StreamStore, stream: StreamRef, seq: number): Promise<StreamEntry[]> {
  const entries: StreamEntry[] = []
  for (let after = 0; ;) {
    const raw = await streams.read(stream, after, READ_MAX)
    for (const one of raw) {
      const entry = decodeEntry(one)
      if (!(entry.seq <= seq)) return entries
      entries.push(entry)
      after = entry.seq
    }
    if (raw.length < READ_MAX) return entries
  }
}

export interface Unsettled {
  /** Units won and not settled, by position. */
  readonly reserved: Map<number, number>
  /** Entries above the settled positions. */
  readonly entries: number
  /** Draws in them. */
  readonly draws: number
  /** What is missing between a bucket's settled position and its last number. */
  readonly gaps: ReadonlyArray<{ readonly bucket: number; readonly missing: number }>
}

/** What was decided at the cut and is not settled by `facts`, which must have been read after the entries. */
export function unsettled(cut: CampaignCut, facts: SettledFacts, entriesOf: ReadonlyArray<readonly StreamEntry[]>): Unsettled {
  const reserved = new Map<number, number>()
  const gaps: Array<{ bucket: number; missing: number }> = []
  let count = 0
  let draws = 0
  const win = (entry: StreamEntry) => {
    if (entry.kind === 'DRAW') for (const draw of entry.draws) if (draw.position > 0) add(reserved, draw.position, 1)
  }
  for (const { bucket, seq } of cut.buckets) {
    const position = facts.positions.get(bucket) ?? 0
    let expected = position + 1
    for (const entry of entriesOf[bucket] ?? []) {
      if (entry.seq <= position) continue
      if (entry.seq !== expected) break
      expected++
      count++
      if (entry.kind === 'DRAW') draws += entry.draws.length
      win(entry)
    }
    if (expected <= seq) gaps.push({ bucket, missing: expected })
  }
  for (const { bucket, seq, fields } of facts.dead) {
    if (seq <= (cut.buckets[bucket]?.seq ?? 0)) win(decodeEntry([`${seq}-0`, fields]))
  }
  return { reserved, entries: count, draws, gaps }
}
