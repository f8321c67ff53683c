import { type Outcome, parseOutcome, type WonAs } from '../../draws/domain/answer.js'

/** One decided draw of a request: its place in the request is its ordinal. */
export interface DecidedDraw {
  /** Decimal snowflake: 64 bits do not fit a number. */
  readonly id: string
  /** The prize's position, 0 for a loss. */
  readonly position: number
  /** Null where lost. */
  readonly wonAs: WonAs | null
  /** A popped unit's own, in minor units; null where it is worth what its prize is. */
  readonly amountMinor: number | null
  readonly roll: number
}

export interface DrawEntry {
  readonly kind: 'DRAW'
  readonly seq: number
  readonly participantId: string
  readonly key: string
  readonly fingerprint: string
  readonly draws: readonly DecidedDraw[]
  readonly createdMs: number
  readonly campaignVersion: number
  readonly deviceId: string | null
  readonly ip: string | null
  readonly traceParent: string | null
  /** From which lot each draw took its ticket: when that expires, in ms; 0 = never. Null: draws cost none. */
  readonly ticketLots: readonly number[] | null
  /** The day's free tickets, which this request brought. */
  readonly freeTickets: FreeTickets | null
  /** Of `campaignVersion`: 0 the prizes' own odds, n the n-th table. */
  readonly oddsTable: number
}

export interface FreeTickets {
  /** Days from 1970-01-01 to the local date. */
  readonly day: number
  readonly amount: number
  readonly expiresMs: number
}

/** Stock that came into this stream's bucket from another. */
export interface TransferEntry {
  readonly kind: 'TRANSFER'
  readonly seq: number
  readonly position: number
  readonly quantity: number
  readonly fromBucket: number
  readonly transferId: string
  readonly createdMs: number
}

/** An entry that says nothing usable; `fields` as found, for the operators' desk. */
export interface PoisonEntry {
  readonly kind: 'POISON'
  readonly seq: number
  readonly fields: readonly string[]
  readonly reason: string
}

export type StreamEntry = DrawEntry | TransferEntry | PoisonEntry
export type RawEntry = readonly [id: string, fields: readonly string[]]

const DRAWS_PER_ENTRY_MAX = 10
const OUTCOME = /^(?:[fg]?(\d{1,4})|([1-9]\d{0,3}):([1-9]\d{0,9}))$/
const AMOUNT_MAX = 2 ** 31 - 1
const SNOWFLAKE = /^[1-9]\d{0,18}$/
const SNOWFLAKE_MAX = (1n << 63n) - 1n

class Undecodable extends Error {}

const refuse = (reason: string): never => {
  throw new Undecodable(reason)
}

function integer(text: string | undefined, name: string, min: number, max: number): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : NaN
  return Number.isInteger(value) && value >= min && value <= max ? value : refuse(`${name} is not an integer from ${min} to ${max}`)
}

function text(value: string | undefined, name: string, max: number): string {
  if (value === undefined || value.length === 0 || value.length > max) return refuse(`${name} must have 1 to ${max} characters`)
  return value.includes('\0') ? refuse(`${name} holds a null character`) : value
}

const optional = (value: string | undefined, name: string, max: number): string | null =>
  value === undefined || value === '' ? null : text(value, name, max)

/** Which outcomes an `o` field names. Throws on what decide never writes. */
function readOutcome(outcome: string): Outcome {
  const match = OUTCOME.exec(outcome)
  const position = Number(match?.[1] ?? match?.[2] ?? NaN)
  const strange = match === null || position > 1_000 || (position === 0 && outcome !== '0') || Number(match[3] ?? 0) > AMOUNT_MAX
  return strange ? refuse(`outcome ${outcome.slice(0, 20)} is unknown`) : parseOutcome(outcome)
}

function snowflake(id: string): string {
  return SNOWFLAKE.test(id) && BigInt(id) <= SNOWFLAKE_MAX ? id : refuse(`id ${id.slice(0, 24)} is not a draw's id`)
}

/** '0': none; '1': from the lot that never expires; else 'expiryMs:count,…', 0 = never, in the order of the draws. */
function ticketLots(spent: string | undefined, draws: number): number[] | null {
  if (spent === undefined || spent === '0' || spent === '') return null
  if (spent === '1') return Array.from({ length: draws }, () => 0)
  const lots = text(spent, 'z', 512).split(',').flatMap((part) => {
    const [expiry, count] = part.split(':')
    return Array.from({ length: integer(count, 'z', 1, DRAWS_PER_ENTRY_MAX) }, () => integer(expiry, 'z', 0, 8.64e15))
  })
  return lots.length === draws ? lots : refuse('z does not name a ticket for each draw')
}

function freeTickets(given: string | undefined): FreeTickets | null {
  if (given === undefined) return null
  const [day, amount, expiresMs] = given.split(':')
  return { day: integer(day, 'zf', 0, 1e8), amount: integer(amount, 'zf', 1, 2 ** 31 - 1), expiresMs: integer(expiresMs, 'zf', 1, 8.64e15) }
}

function draw(seq: number, fields: ReadonlyMap<string, string>): DrawEntry {
  const ids = text(fields.get('i'), 'i', 256).split(',')
  const outcomes = text(fields.get('o'), 'o', 256).split(',')
  const rolls = text(fields.get('r'), 'r', 256).split(',')
  if (ids.length > DRAWS_PER_ENTRY_MAX || new Set(ids).size !== ids.length) refuse(`i must hold 1 to ${DRAWS_PER_ENTRY_MAX} different ids`)
  if (outcomes.length !== ids.length || rolls.length !== ids.length) refuse('i, o and r differ in length')
  return {
    kind: 'DRAW',
    seq,
    participantId: text(fields.get('u'), 'u', 128),
    key: text(fields.get('k'), 'k', 64),
    fingerprint: text(fields.get('f'), 'f', 128),
    draws: ids.map((id, n) => ({ id: snowflake(id), ...readOutcome(outcomes[n]!), roll: integer(rolls[n], 'r', 0, 999_999_999) })),
    createdMs: integer(fields.get('c'), 'c', 1, 8.64e15),
    campaignVersion: integer(fields.get('v'), 'v', 1, 2 ** 31 - 1),
    deviceId: optional(fields.get('x'), 'x', 128),
    ip: optional(fields.get('a'), 'a', 64),
    traceParent: optional(fields.get('t'), 't', 128),
    ticketLots: ticketLots(fields.get('z'), ids.length),
    freeTickets: freeTickets(fields.get('zf')),
    oddsTable: fields.has('ot') ? integer(fields.get('ot'), 'ot', 0, 1_000) : 0,
  }
}

const transfer = (seq: number, fields: ReadonlyMap<string, string>): TransferEntry => ({
  kind: 'TRANSFER',
  seq,
  position: integer(fields.get('p'), 'p', 1, 1_000),
  quantity: integer(fields.get('n'), 'n', 1, 2 ** 31 - 1),
  fromBucket: integer(fields.get('b'), 'b', 0, 63),
  transferId: text(fields.get('i'), 'i', 128),
  createdMs: integer(fields.get('c'), 'c', 1, 8.64e15),
})

/** The number of an entry in its stream; entry ids are `<seq>-0`. NaN for an id that is none of ours. */
function seqOf(id: string): number {
  const match = /^(\d{1,16})-0$/.exec(id)
  return match === null ? NaN : Number(match[1])
}

/** Never throws: an entry that cannot be read comes back as POISON with the reason. */
export function decodeEntry([id, fields]: RawEntry): StreamEntry {
  const seq = seqOf(id)
  try {
    const named = new Map<string, string>()
    for (let i = 0; i + 1 < fields.length; i += 2) named.set(fields[i]!, fields[i + 1]!)
    const kind = named.get('y')
    if (kind === 'D') return draw(seq, named)
    if (kind === 'T') return transfer(seq, named)
    return refuse('y is neither D nor T')
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    return { kind: 'POISON', seq, fields, reason: error.message }
  }
}
