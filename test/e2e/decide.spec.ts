import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '../../src/common/ids.js'
import { decodeEntry } from '../../src/modules/settlement/domain/stream-entry.js'
import { RedisScript, ScriptMissingError } from '../../src/platform/redis/script.js'
import { DecideWorld, merge, type Setting, term } from '../support/decide-world.js'

const hourMs = 3_600_000

describe('the decide script', () => {
  let world: DecideWorld
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  describe('what it writes', () => {
    it('takes the unit, counts the draw, keeps the answer, and tells settlement once', async () => {
      const setting: Setting = {
        participant: { t: 3, l: 2 },
        campaign: { requiresTickets: true, drawsPerUserTotal: 5 },
        decision: { deviceId: 'device-1', ip: '192.0.2.1', traceParent: '00-1-2-01', windows: [{ windowSeconds: 60, drawsMax: 9 }] },
      }
      const before = Date.now()
      const { verdict, decision } = await world.run(setting)
      if (verdict.kind !== 'decided') throw new Error(verdict.kind)
      expect(verdict).toMatchObject({ seq: 1, outcomes: [{ position: 1, wonAs: 'ROLL' }], drawsLeft: 4 })
      expect(verdict.createdAtMs).toBeGreaterThanOrEqual(before - 5)
      expect(verdict.createdAtMs).toBeLessThanOrEqual(Date.now() + 5)
      const keys = world.keys(decision)
      const id = String(decision.snowflakes[0])
      expect(await world.stock(decision)).toEqual({ q: '1', tv: '0', p1: '9' })
      expect(await world.participant(decision)).toEqual({
        'kkey-1': `1|${verdict.createdAtMs}|${id}|1|1000|1|3|0`, n: '1', D: '100', d: '1', w: '1', w1: '1', t: '2', sc: '1', l: '2', V60: `${verdict.createdAtMs}:1`,
      })
      expect(await world.redis.xrange(keys.stream, '-', '+')).toEqual([['1-0', [
        'y', 'D', 'u', 'user-1', 'k', 'key-1', 'f', '1', 'i', id, 'o', '1', 'r', '1000', 'c', String(verdict.createdAtMs), 'v', '3',
        'x', 'device-1', 'a', '192.0.2.1', 't', '00-1-2-01', 'z', '1', 'ot', '0',
      ]]])
      expect(await world.redis.hgetall(keys.pend)).toEqual({ [id]: '1' })
      expect((await world.redis.keys('*')).sort()).toEqual([keys.gate, keys.stock, keys.stream, keys.pend, keys.participant].sort())
    })

    it('writes entries that settlement can read, with growing numbers', async () => {
      const decision = await world.prepare({
        decision: { candidates: [0, 1, 1], fallbacks: [2], terms: [term(1), term(2)] }, stock: { p1: 1, p2: 5 },
      })
      expect((await world.decide({ ...decision, terms: [term(1, { unitsMost: 1 }), term(2)], stockGeneration: '5' })).kind).toBe('decided')
      for (let n = 2; n <= 4; n++) {
        const next = world.decision({ decision: { participantId: `user-${n}`, candidates: [0] } })
        expect(await world.decide(next)).toMatchObject({ kind: 'decided', seq: n })
      }
      const entries = (await world.redis.xrange(world.keys(decision).stream, '-', '+')).map(decodeEntry)
      expect(entries.map(({ kind, seq }) => [kind, seq])).toEqual([['DRAW', 1], ['DRAW', 2], ['DRAW', 3], ['DRAW', 4]])
      expect(entries[0]).toMatchObject({
        participantId: 'user-1', key: 'key-1', ticketLots: null, freeTickets: null, deviceId: null, ip: null, traceParent: null,
        draws: [{ position: 0, wonAs: null }, { position: 1, wonAs: 'ROLL' }, { position: 2, wonAs: 'FALLBACK' }],
      })
      expect(await world.redis.hlen(world.keys(decision).pend)).toBe(6)
    })

    it('keeps ids that a double could not hold', async () => {
      const snowflakes = [2n ** 63n - 1n, 2n ** 63n - 2n]
      const { decision } = await world.run({ decision: { snowflakes, candidates: [0, 0] } })
      expect(Object.keys(await world.redis.hgetall(world.keys(decision).pend)).sort()).toEqual(snowflakes.map(String).sort())
      expect(await world.decide(decision)).toMatchObject({ kind: 'replay', answer: { snowflakes } })
    })
  })

  describe('idempotency', () => {
    it('gives the same answer again and changes nothing', async () => {
      const { verdict: first, decision } = await world.run({
        campaign: { drawsPerUserTotal: 3 }, decision: { candidates: [1, 0], oddsTable: 2 },
      })
      const before = await world.everything()
      const again = { ...decision, oddsTable: 0, snowflakes: [5n, 6n], rolls: [1, 2], candidates: [0, 1], ip: '192.0.2.77' }
      for (let n = 0; n < 3; n++) {
        const verdict = await world.decide(again)
        if (first.kind !== 'decided' || verdict.kind !== 'replay') throw new Error(verdict.kind)
        expect(verdict.answer).toEqual({
          fingerprint: '2', createdAtMs: first.createdAtMs, snowflakes: decision.snowflakes, outcomes: first.outcomes, rolls: [1000, 1001], seq: 1, campaignVersion: 3,
          oddsTable: 2, bucket: null,
        })
        expect(verdict.drawsLeft).toBe(1)
      }
      expect(await world.everything()).toBe(before)
    })

    it('refuses other parameters under the key, and belongs to one participant', async () => {
      const { decision } = await world.run({})
      const before = await world.everything()
      for (const fingerprint of ['2', '1:abc', '11', '']) {
        expect(await world.decide({ ...decision, fingerprint })).toEqual({ kind: 'rejected', code: 'IDEMPOTENCY_CONFLICT', retryAfterMs: null })
      }
      expect(await world.everything()).toBe(before)
      expect((await world.decide({ ...decision, participantId: 'user-2', snowflakes: [1n] })).kind).toBe('decided')
    })

    it('tells an answer that was rebuilt from Postgres', async () => {
      const { verdict } = await world.run({ participant: { 'kkey-1': '1|1700000000000|77|f3|7' } })
      expect(verdict).toMatchObject({ kind: 'replay', answer: { seq: null, campaignVersion: null, outcomes: [{ position: 3, wonAs: 'FALLBACK' }] } })
    })

    it.each(['n', 'w1', '|', '-', '%d', 'k', '. .', '用户', "'\"\\", '[]'])('takes the key %p as it is', async (idempotencyKey) => {
      const { verdict, decision } = await world.run({ decision: { idempotencyKey } })
      expect(verdict.kind).toBe('decided')
      expect((await world.decide(decision)).kind).toBe('replay')
      expect(await world.participant(decision)).toMatchObject({ n: '1', w1: '1' })
    })

    it('a rejection is not remembered', async () => {
      const { decision } = await world.run({ gate: { s: 'PAUSED' } })
      await world.redis.hset(world.keys(decision).gate, 's', 'ACTIVE')
      expect((await world.decide(decision)).kind).toBe('decided')
    })
  })

  describe('gate', () => {
    it.each<[string, Setting, string]>([
      ['of another epoch', { gate: { e: 2 } }, 'recovering'],
      ['of a newer version', { gate: { v: 4 } }, 'stale'],
      ['of an older version', { gate: { v: 2 } }, 'stale'],
      ['of newer risk lists', { gate: { r: 2 } }, 'stale'],
      ['of the first instant', { gate: { f: Date.now() } }, 'decided'],
      ['of a scheduled campaign whose time has come', { gate: { s: 'SCHEDULED' } }, 'decided'],
    ])('%s', async (_what, setting, kind) => {
      const { verdict, changed } = await world.run(setting)
      expect([verdict.kind, changed]).toEqual([kind, kind === 'decided'])
    })

    it('missing: RECOVERING, and nothing begins from zero', async () => {
      const decision = world.decision({})
      await world.redis.flushdb()
      expect((await world.decide(decision)).kind).toBe('recovering')
      expect(await world.redis.dbsize()).toBe(0)
    })

    it('says how long until the start', async () => {
      const { verdict } = await world.run({ gate: { f: Date.now() + hourMs } })
      if (verdict.kind !== 'rejected') throw new Error(verdict.kind)
      expect(verdict.retryAfterMs).toBeGreaterThan(hourMs - 5_000)
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(hourMs)
    })
  })

  it('is never loaded by a draw: a Redis without the script refuses', async () => {
    // Scripts belong to the whole server, which other tests use: one that nobody loaded stands in for a flushed one.
    const unknown = new RedisScript('unknown', 1, `return redis.call('SET', KEYS[1], '${newId()}')`)
    await world.prepare({})
    const before = await world.everything()
    for (let n = 0; n < 2; n++) await expect(unknown.run(world.redis, ['key'], [])).rejects.toThrow(ScriptMissingError)
    expect(await world.everything()).toBe(before)
  })

  describe('quotas', () => {
    it.each<[string, Setting, number | null | 'refused']>([
      ['no limits', {}, null],
      ['total: the last one', { campaign: { drawsPerUserTotal: 5 }, participant: { n: 4 } }, 0],
      ['total: over', { campaign: { drawsPerUserTotal: 5 }, participant: { n: 5 } }, 'refused'],
      ['total: two of one left', { campaign: { drawsPerUserTotal: 5 }, participant: { n: 4 }, decision: { candidates: [0, 0] } }, 'refused'],
      ['daily: the last one', { campaign: { drawsPerUserDaily: 5 }, participant: { D: 100, d: 4 } }, 0],
      ['daily: over', { campaign: { drawsPerUserDaily: 5 }, participant: { D: 100, d: 5 } }, 'refused'],
      ['daily: yesterday does not count', { campaign: { drawsPerUserDaily: 5 }, participant: { D: 99, d: 5, n: 5 } }, 4],
      ['daily: ten at once', { campaign: { drawsPerUserDaily: 10 }, decision: { candidates: Array<number>(10).fill(0) } }, 0],
      ['the smaller of both is left', { campaign: { drawsPerUserDaily: 5, drawsPerUserTotal: 100 }, participant: { D: 100, d: 1, n: 98 } }, 1],
      ['the smaller of both is left, the other way', { campaign: { drawsPerUserDaily: 5, drawsPerUserTotal: 100 }, participant: { D: 100, d: 3, n: 3 } }, 1],
      ['a limit that was lowered below what is used', { campaign: { drawsPerUserTotal: 2 }, participant: { n: 4 } }, 'refused'],
    ])('%s', async (_what, setting, left) => {
      const { verdict, changed } = await world.run(setting)
      if (left === 'refused') expect([verdict, changed]).toMatchObject([{ kind: 'rejected', code: 'QUOTA_EXCEEDED' }, false])
      else expect(verdict).toMatchObject({ kind: 'decided', drawsLeft: left })
    })

    it('the day changes by the boundaries that were passed, while the request is under way', async () => {
      const now = Date.now()
      const overMidnight = { day: 100, startMs: now - 24 * hourMs, nextMs: now - 1_000, afterNextMs: now + hourMs }
      const full: Setting = { campaign: { drawsPerUserDaily: 1 }, participant: { n: 1, D: 100, d: 1 }, decision: { days: overMidnight } }
      const { verdict, decision } = await world.run(full)
      expect(verdict).toMatchObject({ kind: 'decided', drawsLeft: 0 })
      expect(await world.participant(decision)).toMatchObject({ n: '2', D: '101', d: '1' })
      const again = await world.decide({ ...decision, idempotencyKey: 'key-2' })
      if (again.kind !== 'rejected') throw new Error(again.kind)
      // … to the day after that one.
      expect(again.code).toBe('QUOTA_EXCEEDED')
      expect(Math.abs(again.retryAfterMs! - (now + hourMs - Date.now()))).toBeLessThan(20_000)
    })

    it('tells when tomorrow helps, and nothing where it does not', async () => {
      const day: Setting = { campaign: { drawsPerUserDaily: 2 }, participant: { D: 100, d: 2 } }
      const { verdict, decision } = await world.run(day)
      if (verdict.kind !== 'rejected') throw new Error(verdict.kind)
      expect(Math.abs(verdict.retryAfterMs! - (decision.days.nextMs - Date.now()))).toBeLessThan(20_000)
      expect((await world.run(merge(day, { decision: { candidates: [0, 0, 0] } }))).verdict).toMatchObject({ retryAfterMs: null })
    })

    it.each([['of the past', -3 * hourMs], ['of the future', 3 * hourMs]])('a calendar %s is not believed', async (_what, shift) => {
      const now = Date.now()
      const days = { day: 100, startMs: now + shift - hourMs, nextMs: now + shift, afterNextMs: now + shift + hourMs }
      const { verdict, changed } = await world.run({ decision: { days } })
      if (verdict.kind !== 'day') throw new Error(verdict.kind)
      expect(Math.abs(verdict.nowMs - Date.now())).toBeLessThan(20_000)
      expect(changed).toBe(false)
    })
  })

  describe('windows of the participant', () => {
    const window = (seconds: number, max: number): Setting => ({ decision: { windows: [{ windowSeconds: seconds, drawsMax: max }] } })

    it('counts from the first draw, refuses past the limit, and begins anew after its time', async () => {
      const decision = await world.prepare(window(1, 2))
      const ask = (n: number) => world.decide({ ...decision, idempotencyKey: `key-${n}`, snowflakes: [BigInt(n)] })
      expect([(await ask(1)).kind, (await ask(2)).kind]).toEqual(['decided', 'decided'])
      const refused = await ask(3)
      if (refused.kind !== 'rejected') throw new Error(refused.kind)
      expect(refused.code).toBe('TOO_FREQUENT')
      expect(refused.retryAfterMs).toBeGreaterThan(0)
      expect(refused.retryAfterMs).toBeLessThanOrEqual(1_000)
      await new Promise((resolve) => setTimeout(resolve, refused.retryAfterMs! + 5))
      expect((await ask(3)).kind).toBe('decided')
      expect((await world.participant(decision)).V1).toMatch(/:1$/)
    })

    it('takes the longest wait of all windows, and counts in all or none', async () => {
      const now = Date.now()
      const windows = [{ windowSeconds: 10, drawsMax: 5 }, { windowSeconds: 60, drawsMax: 3 }, { windowSeconds: 3_600, drawsMax: 9 }]
      const setting: Setting = { decision: { windows }, participant: { V10: `${now}:5`, V60: `${now}:3`, V3600: `${now}:3` } }
      const { verdict, changed } = await world.run(setting)
      if (verdict.kind !== 'rejected') throw new Error(verdict.kind)
      expect(verdict.retryAfterMs).toBeGreaterThan(55_000)
      expect(changed).toBe(false)
      const { decision } = await world.run(merge(setting, { participant: { V10: `${now}:1`, V60: `${now - 60_000}:3` } }))
      const state = await world.participant(decision)
      expect([state.V10, state.V3600]).toEqual([`${now}:2`, `${now}:4`])
      expect(state.V60).toMatch(/:1$/)
      expect(state.V60).not.toBe(`${now - 60_000}:1`)
    })

    it('counts a multi-draw whole, and takes the wait that the process found', async () => {
      expect((await world.run(merge(window(60, 2), { decision: { candidates: [0, 0] }, participant: { V60: `${Date.now()}:1` } }))).verdict).toMatchObject({ code: 'TOO_FREQUENT' })
      expect((await world.run({ decision: { frequentRetryAfterMs: 123 } })).verdict).toEqual({ kind: 'rejected', code: 'TOO_FREQUENT', retryAfterMs: 123 })
    })

    it('names no wait to more draws than a window ever has room for', async () => {
      const never = { kind: 'rejected', code: 'TOO_FREQUENT', retryAfterMs: null }
      expect((await world.run(merge(window(60, 2), { decision: { candidates: [0, 0, 0] } }))).verdict).toEqual(never)
      expect((await world.run({ decision: { frequentRetryAfterMs: -1 } })).verdict).toEqual(never)
    })
  })

  describe('tickets', () => {
    it.each([[2, 1, 1], [2, 2, 0], [2, 3, null], [0, 1, null]])('%i tickets, %i draws: %p left', async (tickets, count, left) => {
      const candidates = Array<number>(count).fill(0)
      const setting: Setting = { campaign: { requiresTickets: true }, participant: { t: tickets }, decision: { candidates } }
      const { verdict, changed, decision } = await world.run(setting)
      if (left === null) expect([verdict, changed]).toMatchObject([{ kind: 'rejected', code: 'NO_TICKETS' }, false])
      else expect(await world.participant(decision)).toMatchObject({ t: String(left) })
    })

    it('are not touched where the campaign asks for none', async () => {
      const { decision } = await world.run({ participant: { t: 4 } })
      expect((await world.participant(decision)).t).toBe('4')
      expect((await world.redis.xrange(world.keys(decision).stream, '-', '+'))[0]![1].slice(-4, -2)).toEqual(['z', '0'])
    })
  })
})
