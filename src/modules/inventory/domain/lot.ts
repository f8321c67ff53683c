import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import type { StockLot } from '../../campaigns/domain/snapshot.js'

/** One popped unit. */
export interface LotUnit {
  /** From when on it can be popped. */
  readonly ms: number
  /** Its order among units of the same ms: 8 hexadecimal digits. */
  readonly rank: string
  /** Its lot's number, and its own in there: 0, 1, … */
  readonly lot: number
  readonly no: number
  readonly position: number
  /** Its own; null where it is worth what its prize is. */
  readonly amountMinor: number | null
}

/** Making a million units takes seconds: others go on in between. */
const UNITS_AT_ONCE = 5_000
const WORD_BYTES = 6
const WORDS = 4
const WORD_RANGE = 2 ** 48

const keys = new WeakMap<Buffer, KeyObject>()
function keyOf(seed: Buffer): KeyObject {
  const key = keys.get(seed) ?? createSecretKey(seed)
  keys.set(seed, key)
  return key
}

/** HMAC-SHA256 under the seed of the parts, each behind its length in bytes and a colon. */
function digestOf(seed: Buffer, parts: ReadonlyArray<string | number>): Buffer {
  const text = parts.map((part) => `${Buffer.byteLength(String(part))}:${part}`).join('')
  return createHmac('sha256', keyOf(seed)).update(text).digest()
}

/**
 * Uniform integers in [0, range), without modulo bias: of each digest of (purpose, campaign, lot, what, 0 | 1 | …), the first
 * four 48-bit words; those at or above the largest multiple of `range` are passed over. 0 < range ≤ 2^48.
 */
export function* uniform(seed: Buffer, parts: ReadonlyArray<string | number>, range: number): Generator<number, never> {
  const below = Math.floor(WORD_RANGE / range) * range
  for (let counter = 0; ; counter++) {
    const digest = digestOf(seed, [...parts, counter])
    for (let word = 0; word < WORDS; word++) {
      const value = digest.readUIntBE(word * WORD_BYTES, WORD_BYTES)
      if (value < below) yield value % range
    }
  }
}

/**
 * Splits `total` among `packets`, each at least 1: every composition of the total into that many positive parts is equally
 * likely. Of the total − 1 places between two minor units, packets − 1 different ones are cut; the n-th packet is what lies
 * between the (n − 1)-th and the n-th cut. (Where more than half of the places are cut, those that are not are drawn.)
 */
export async function splitTotal(
  seed: Buffer, campaignId: string, { no, units, totalMinor }: Pick<StockLot, 'no' | 'units'> & { totalMinor: number },
): Promise<number[]> {
  if (units === 1) return [totalMinor]
  const places = totalMinor - 1
  const spared = units - 1 > places / 2
  const wanted = spared ? places - (units - 1) : units - 1
  const drawn = new Set<number>()
  const stream = uniform(seed, ['split', campaignId, no], Math.max(1, places))
  for (let n = 1; drawn.size < wanted; n++) {
    drawn.add(stream.next().value + 1)
    if (n % UNITS_AT_ONCE === 0) await breathe()
  }
  const cuts = new Float64Array(units - 1)
  if (spared) for (let place = 1, n = 0; place <= places; place++) { if (!drawn.has(place)) cuts[n++] = place }
  else cuts.set([...drawn])
  cuts.sort()
  return Array.from({ length: units }, (_, n) => (cuts[n] ?? totalMinor) - (cuts[n - 1] ?? 0))
}

/**
 * Every unit of a lot, in the order in which they are to be popped: by moment, then by rank. A moment is uniform in the lot's
 * window; a rank is the last four bytes of the digest of ('unit', campaign, lot, number, 0). Anyone who has the published seed
 * can repeat it.
 */
export async function lotUnits(seed: Buffer, campaignId: string, lot: StockLot): Promise<LotUnit[]> {
  const span = lot.untilMs - lot.fromMs
  const amounts = lot.totalMinor === null ? null : await splitTotal(seed, campaignId, { ...lot, totalMinor: lot.totalMinor })
  const units: LotUnit[] = []
  for (let no = 0; no < lot.units; no++) {
    const parts = ['unit', campaignId, lot.no, no]
    const rank = digestOf(seed, [...parts, 0]).toString('hex', 28)
    const ms = span === 0 ? lot.fromMs : lot.fromMs + uniform(seed, parts, span).next().value
    units.push({ ms, rank, lot: lot.no, no, position: lot.position, amountMinor: amounts?.[no] ?? null })
    if (no % UNITS_AT_ONCE === UNITS_AT_ONCE - 1) await breathe()
  }
  return units.sort(byTurn)
}

const byTurn = (a: LotUnit, b: LotUnit): number =>
  a.ms - b.ms || (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.lot - b.lot || a.no - b.no)

export const inTurn = (units: readonly LotUnit[]): LotUnit[] => units.toSorted(byTurn)

/** A unit's name in a bucket's list: `rank:lot:no:position:amount`, the amount empty where it has none of its own. */
export const unitName = ({ rank, lot, no, position, amountMinor }: LotUnit): string =>
  `${rank}:${lot}:${no}:${position}:${amountMinor ?? ''}`

/** The n-th unit in turn goes to bucket (n + position) mod bucketCount: as many to each as `split` says. */
export const shareOf = (units: readonly LotUnit[], bucket: number, bucketCount: number): LotUnit[] =>
  units.filter(({ position }, n) => (n + position) % bucketCount === bucket)
