import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RejectionCode } from '../../src/modules/draws/draws.types.js'
import { DecideWorld, merge, type Setting, term } from '../support/decide-world.js'

const hourMs = 3_600_000
const now = Date.now()
const flashSale: Setting = { campaign: { mechanic: 'FLASH_SALE' }, decision: { firstCome: true } }

interface Condition extends Setting {
  name: string
  code: RejectionCode
  /** Conditions with the same mark cannot hold together. */
  excludes?: string
}

const QUOTA = 'QUOTA_EXCEEDED'
/** In the contract's order of precedence. */
const conditions: Condition[] = [
  { name: 'another request under the key', code: 'IDEMPOTENCY_CONFLICT', participant: { 'kkey-1': '2|1700000000000|5|0|7|1|3' } },
  { name: 'status RECOVERING', code: 'RECOVERING', gate: { s: 'RECOVERING' }, excludes: 'status' },
  { name: 'starts in an hour', code: 'CAMPAIGN_NOT_STARTED', gate: { f: now + hourMs, u: now + 2 * hourMs }, excludes: 'time' },
  { name: 'ended a second ago', code: 'CAMPAIGN_ENDED', gate: { u: now - 1_000 }, excludes: 'time' },
  { name: 'status ENDED', code: 'CAMPAIGN_ENDED', gate: { s: 'ENDED' }, excludes: 'status' },
  { name: 'status ARCHIVED', code: 'CAMPAIGN_ENDED', gate: { s: 'ARCHIVED' }, excludes: 'status' },
  { name: 'status PAUSED', code: 'CAMPAIGN_PAUSED', gate: { s: 'PAUSED' }, excludes: 'status' },
  { name: 'blocked', code: 'BLOCKED', decision: { denied: 'BLOCKED' }, excludes: 'denied' },
  { name: 'not eligible', code: 'NOT_ELIGIBLE', decision: { denied: 'NOT_ELIGIBLE' }, excludes: 'denied' },
  { name: 'a full window of the device', code: 'TOO_FREQUENT', decision: { frequentRetryAfterMs: 500 } },
  { name: 'a full window of the participant', code: 'TOO_FREQUENT', decision: { windows: [{ windowSeconds: 60, drawsMax: 2 }] }, participant: { V60: `${now}:2` } },
  { name: 'all draws used', code: QUOTA, campaign: { drawsPerUserTotal: 5 }, participant: { n: 5 } },
  { name: 'all draws of the day used', code: QUOTA, campaign: { drawsPerUserDaily: 3 }, participant: { D: 100, d: 3 } },
  { name: 'all wins used', code: QUOTA, campaign: { winsPerUser: 1 }, participant: { w: 1 } },
  { name: 'all wins of the prize used', code: QUOTA, decision: { terms: [term(1, { winsPerUser: 1 })] }, participant: { w1: 1 }, excludes: 'terms' },
  { name: 'no tickets', code: 'NO_TICKETS', campaign: { requiresTickets: true } },
  { name: 'sold out', code: 'SOLD_OUT', stock: { p1: 0 }, decision: { terms: [term(1, { unitsMost: 0 })], stockGeneration: '5' }, excludes: 'terms' },
  { name: 'sold out, with wins of the prize left', code: 'SOLD_OUT', stock: { p1: 0 }, decision: { terms: [term(1, { unitsMost: 0, winsPerUser: 2 })], stockGeneration: '5' }, excludes: 'terms' },
]

const pairs = conditions.flatMap((earlier, n) =>
  conditions.slice(n + 1)
    .filter((later) => later.code !== earlier.code && !(earlier.excludes !== undefined && earlier.excludes === later.excludes))
    // A campaign that an operator ended before its start has ended: it will never start.
    .filter((later) => !(earlier.code === 'CAMPAIGN_NOT_STARTED' && later.code === 'CAMPAIGN_ENDED'))
    .map((later) => ({ earlier, later })))

describe('the order of precedence', () => {
  let world: DecideWorld
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  it('lets the draw through where nothing is in its way', async () => {
    expect(await world.run(flashSale)).toMatchObject({ verdict: { kind: 'decided', outcomes: [{ position: 1 }] }, changed: true })
  })

  it.each(conditions)('$name: $code, and no key changes', async (condition) => {
    const { verdict, changed } = await world.run(merge(flashSale, condition))
    expect(verdict).toMatchObject(condition.code === 'RECOVERING' ? { kind: 'recovering' } : { kind: 'rejected', code: condition.code })
    expect(changed).toBe(false)
  })

  it('covers the pairs', () => {
    expect(pairs.length).toBeGreaterThan(100)
  })

  it.each(pairs)('$earlier.name comes before $later.name', async ({ earlier, later }) => {
    const { verdict, changed } = await world.run(merge(flashSale, later, earlier))
    expect(verdict).toMatchObject(earlier.code === 'RECOVERING' ? { kind: 'recovering' } : { kind: 'rejected', code: earlier.code })
    expect(changed).toBe(false)
  })

  it('a campaign that was ended before its start has ended', async () => {
    const { verdict } = await world.run({ gate: { s: 'ENDED', f: now + hourMs, u: now + 2 * hourMs } })
    expect(verdict).toEqual({ kind: 'rejected', code: 'CAMPAIGN_ENDED', retryAfterMs: null })
  })

  describe('an answer that was given is repeated whatever holds now', () => {
    const given: Setting = { participant: { 'kkey-1': '1|1700000000000|77|1|7|4|2' } }
    const others: Condition[] = [
      ...conditions.filter(({ code }) => code !== 'IDEMPOTENCY_CONFLICT'),
      { name: 'an old snapshot', code: 'SOLD_OUT', gate: { v: 99 } },
      { name: 'old risk lists', code: 'SOLD_OUT', gate: { r: 99 } },
      { name: 'an old calendar', code: 'SOLD_OUT', decision: { days: { day: 1, startMs: 0, nextMs: 1, afterNextMs: 2 } } },
      { name: 'an empty bucket', code: 'SOLD_OUT', stock: { p1: 0 } },
    ]
    it.each(others)('$name', async (condition) => {
      const { verdict, changed } = await world.run(merge(flashSale, condition, given))
      expect(verdict).toMatchObject({ kind: 'replay', answer: { snowflakes: [77n], outcomes: [{ position: 1, wonAs: 'ROLL' }], rolls: [7], seq: 4, campaignVersion: 2 } })
      expect(changed).toBe(false)
    })

    it('but not without a gate, or under another epoch: then nothing here is known to be whole', async () => {
      for (const epoch of ['2', '0', '']) expect((await world.run(merge(given, { gate: { e: epoch } }))).verdict.kind).toBe('recovering')
    })
  })

  describe('what the process must bring comes after the key and before the rest', () => {
    it.each(conditions.filter(({ code }) => code !== 'IDEMPOTENCY_CONFLICT'))('STALE and DAY before: $name', async (condition) => {
      expect(await world.run(merge(flashSale, condition, { gate: { v: 4 } }))).toMatchObject({ verdict: { kind: 'stale' }, changed: false })
      expect(await world.run(merge(flashSale, condition, { gate: { r: 2 } }))).toMatchObject({ verdict: { kind: 'stale' }, changed: false })
      const days = { day: 99, startMs: now - 3 * hourMs, nextMs: now - 2 * hourMs, afterNextMs: now - hourMs }
      expect(await world.run(merge(flashSale, condition, { decision: { days } }))).toMatchObject({ verdict: { kind: 'day' }, changed: false })
    })

    it.each(conditions.filter(({ code }) => code !== 'SOLD_OUT'))('nobody fetches stock for a draw that is refused: $name', async (condition) => {
      const { verdict, changed } = await world.run(merge(flashSale, condition, { stock: { p1: 0 } }))
      expect(verdict).toMatchObject(condition.code === 'RECOVERING' ? { kind: 'recovering' } : { kind: 'rejected', code: condition.code })
      expect(changed).toBe(false)
    })
  })

  it('of a request for more than one may win, QUOTA_EXCEEDED is told whether or not the stock is gone', async () => {
    const two: Setting = { campaign: { winsPerUser: 1 }, decision: { firstCome: true, candidates: [1, 1] }, stock: { p1: 0 } }
    for (const terms of [[term(1)], [term(1, { unitsMost: 0 })], [term(1, { unitsMost: 1 })]]) {
      const { verdict } = await world.run(merge(two, { decision: { terms, stockGeneration: '5' } }))
      expect(verdict).toMatchObject({ kind: 'rejected', code: 'QUOTA_EXCEEDED' })
    }
  })
})
