/** Units on their way from one bucket to another, as their source remembers them. */
export interface Transfer {
  readonly id: string
  readonly position: number
  readonly units: number
  readonly from: number
  /** A bucket, or VAULT. */
  readonly to: number
  readonly takenMs: number
  /** `ms;name,ms;name,…` of popped units; empty where its units are no more than a number. */
  readonly popped: string
}

/** Where a transfer goes that goes to no bucket. */
export const VAULT = 64

/** Key of the row of the stock ledger that says that a transfer's units lie in the vault. */
export const returnKey = (transferId: string): string => `return:${transferId}`

/** Reads `position|qty|toBucket|takenMs`, and `|popped units` where there are any. Null for what `take` did not write. */
export function parseTransfer(id: string, from: number, record: string): Transfer | null {
  const match = /^(\d+)\|(\d+)\|(\d+)\|(\d+)(?:\|(.+))?$/.exec(record)
  if (match === null) return null
  const [position = 0, units = 0, to = 0, takenMs = 0] = match.slice(1, 5).map(Number)
  return { id, position, units, from, to, takenMs, popped: match[5] ?? '' }
}

/** What a bucket showed of one prize in one atomic reading. */
export interface Look {
  readonly bucket: number
  /** Whether its gate is of the epoch that was asked for. */
  readonly current: boolean
  readonly units: number
  readonly transfers: number
  readonly pending: readonly Transfer[]
}

/** As `Look`, of what is due of all prizes whose stock is popped. */
export interface DueLook extends Look {
  /** When more will be due here; null: never. */
  readonly nextMs: number | null
}

/** Two readings of all buckets between which no unit moved: at a moment between them, what they show was true of all at once. */
export const sameCut = (first: readonly Look[], second: readonly Look[]): boolean =>
  first.length === second.length && first.every((look, i) => look.transfers === second[i]?.transfers)

/**
 * Which buckets to take from, richest first, for `missing` more units. The richest gives half of what it has, so that
 * the next draws here find some too; a further source gives what is still missing.
 */
export function planTakes(looks: readonly Look[], own: number, missing: number): Array<{ from: number; units: number }> {
  const sources = looks.filter((look) => look.bucket !== own && look.units > 0).sort((a, b) => b.units - a.units || a.bucket - b.bucket)
  const takes: Array<{ from: number; units: number }> = []
  let left = missing
  for (const { bucket, units } of sources) {
    if (left <= 0) break
    const taken = Math.min(units, takes.length === 0 ? Math.max(left, Math.ceil(units / 2)) : left)
    takes.push({ from: bucket, units: taken })
    left -= taken
  }
  return takes
}
