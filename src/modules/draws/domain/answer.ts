import { hash } from 'node:crypto'

/**
 * What the participant's hash keeps under an idempotency key: `fingerprint|createdMs|ids|outcomes|rolls|seq|version|odds table`,
 * and where it was rebuilt from Postgres `…|rolls`, or `…|rolls|bucket` where the campaign had other buckets at the time.
 */
export interface StoredAnswer {
  readonly fingerprint: string
  readonly createdAtMs: number
  readonly snowflakes: readonly bigint[]
  readonly outcomes: readonly Outcome[]
  readonly rolls: readonly number[]
  /** Null where the answer was rebuilt from Postgres: it is durable. */
  readonly seq: number | null
  readonly campaignVersion: number | null
  /** Where it was decided, if not in the participant's present bucket. */
  readonly bucket: number | null
  /** 0 also where it is not known: the answer was rebuilt, or written before there were tables. */
  readonly oddsTable: number
}

/** Where a win came from: the roll's own prize, a fallback for what could not be given, or the guarantee after many losses. */
export type WonAs = 'ROLL' | 'FALLBACK' | 'GUARANTEE'

export interface Outcome {
  /** 0: lost. */
  readonly position: number
  /** Null where lost. */
  readonly wonAs: WonAs | null
  /** The unit's own, in minor units of the prize's currency; null where it is worth what its prize is. */
  readonly amountMinor: number | null
}

const MARKS = { ROLL: '', FALLBACK: 'f', GUARANTEE: 'g' } as const satisfies Record<WonAs, string>

/** The parameters that must be the same under one key. The address is not among them: a phone changes networks between tries. */
export const fingerprint = (count: number, deviceId: string | null): string =>
  deviceId === null ? String(count) : `${count}:${hash('sha256', deviceId, 'hex').slice(0, 16)}`

/** Reads `3`, `f3`, `g3` or `3:188`. */
export function parseOutcome(text: string): Outcome {
  const wonAs = text.startsWith('f') ? 'FALLBACK' : text.startsWith('g') ? 'GUARANTEE' : 'ROLL'
  const [place = '', amount] = text.slice(MARKS[wonAs].length).split(':')
  const position = Number(place)
  return { position, wonAs: position === 0 ? null : wonAs, amountMinor: amount === undefined ? null : Number(amount) }
}

export const parseOutcomes = (list: string): Outcome[] => list.split(',').map(parseOutcome)

export const formatOutcome = ({ position, wonAs, amountMinor }: Outcome): string =>
  `${wonAs === null ? '' : MARKS[wonAs]}${position}${amountMinor === null ? '' : `:${amountMinor}`}`

/** Throws on a text that no script wrote. */
export function parseAnswer(text: string): StoredAnswer {
  const parts = text.split('|')
  if (parts.length < 5 || parts.length > 8) throw new Error('A stored answer has the wrong number of parts')
  const [fingerprintText = '', created = '', ids = '', outcomes = '', rolls = '', sixth, version, table] = parts
  const isRebuilt = version === undefined
  return {
    fingerprint: fingerprintText,
    createdAtMs: Number(created),
    snowflakes: ids.split(',').map(BigInt),
    outcomes: parseOutcomes(outcomes),
    rolls: rolls.split(',').map(Number),
    seq: isRebuilt ? null : Number(sixth),
    campaignVersion: isRebuilt ? null : Number(version),
    bucket: isRebuilt && sixth !== undefined ? Number(sixth) : null,
    oddsTable: Number(table ?? 0),
  }
}
