import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { TicketRules } from '../../src/modules/campaigns/domain/snapshot.js'
import { decodeEntry } from '../../src/modules/settlement/domain/stream-entry.js'
import { DecideWorld, merge, type Setting, term } from '../support/decide-world.js'

const dayMs = 86_400_000
const candidates = (count: number) => Array<number>(count).fill(0)
const rules = (over: Partial<TicketRules>): TicketRules => ({ dailyFree: null, signIn: null, share: null, ...over })

describe('the decide script: tickets and streaks', () => {
  let world: DecideWorld
  const now = Date.now()
  // Lots by name: gone is over, and the others end one after the other.
  const [gone, soon, later, dayEnd] = [now - 1, now + 600_000, now + 1_200_000, now + dayMs]
  const days = { day: 100, startMs: now - 3_600_000, nextMs: dayEnd, afterNextMs: now + 2 * dayMs }
  const tickets = merge({ campaign: { requiresTickets: true }, decision: { days } })
  const freeDaily = merge(tickets, { campaign: { ticketRules: rules({ dailyFree: { tickets: 2 } }) } })
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  async function play(setting: Setting) {
    const { verdict, changed, decision } = await world.run(setting)
    const [entry] = (await world.redis.xrange(world.keys(decision).stream, '-', '+')).map(decodeEntry)
    const { t, tl, td } = await world.participant(decision)
    return { code: verdict.kind === 'rejected' ? verdict.code : verdict.kind, changed, verdict, t, tl, td, entry }
  }

  it.each<[string, Setting['participant'], number, { t?: string; tl: string; lots: number[] } | null]>([
    ['what expires first', { t: 5, tl: `${soon}:2;${later}:2` }, 1, { t: '5', tl: `${soon}:1;${later}:2`, lots: [soon] }],
    ['from one lot after the other', { t: 5, tl: `${soon}:2;${later}:2` }, 5, { t: '4', tl: '', lots: [soon, soon, later, later, 0] }],
    ['nothing that has expired', { t: 1, tl: `${gone}:9;${soon}:1` }, 2, { t: '0', tl: '', lots: [soon, 0] }],
    ['no more than is usable', { t: 1, tl: `${gone}:9;${soon}:1` }, 3, null],
    ['the last of a lot alone', { tl: `${soon}:1` }, 1, { tl: '', lots: [soon] }],
  ])('spends %s', async (_what, participant, count, left) => {
    const seen = await play(merge(tickets, { participant: participant!, decision: { candidates: candidates(count) } }))
    if (left === null) expect([seen.code, seen.changed]).toEqual(['NO_TICKETS', false])
    else {
      const { lots, ...fields } = left
      expect(seen).toMatchObject({ code: 'decided', ...fields })
      expect(seen.entry).toMatchObject({ ticketLots: lots, freeTickets: null })
    }
  })

  describe('free every day', () => {
    it.each<[string, Setting['participant'], number, object]>([
      ['come with the first draw', {}, 1, { tl: `${dayEnd}:1`, td: '100', entry: { ticketLots: [dayEnd], freeTickets: { day: 100, amount: 2, expiresMs: dayEnd } } }],
      ['come once a day', { td: 100, tl: `${dayEnd}:1` }, 1, { tl: '', td: '100', entry: { ticketLots: [dayEnd], freeTickets: null } }],
      ['do not come for a day that is over, where the clock goes back', { td: 101, t: 1 }, 1, { td: '101', t: '0', entry: { freeTickets: null } }],
      ['join a lot that ends with the day', { td: 99, tl: `${soon}:1;${dayEnd}:3;${dayEnd + 1}:1` }, 3, { tl: `${dayEnd}:3;${dayEnd + 1}:1`, td: '100', entry: { ticketLots: [soon, dayEnd, dayEnd] } }],
      ['take their place between two lots', { tl: `${soon}:1;${dayEnd + 1}:1` }, 1, { tl: `${dayEnd}:2;${dayEnd + 1}:1`, entry: { ticketLots: [soon] } }],
      ['are spent with the others', { t: 1 }, 3, { tl: undefined, t: '0', entry: { ticketLots: [dayEnd, dayEnd, 0] } }],
    ])('%s', async (_what, participant, count, expected) => {
      expect(await play(merge(freeDaily, { participant: participant!, decision: { candidates: candidates(count) } }))).toMatchObject({ code: 'decided', ...expected })
    })

    it('are told as tomorrow’s where today’s are spent', async () => {
      const seen = await play(merge(freeDaily, { participant: { td: 100 } }))
      if (seen.verdict.kind !== 'rejected') throw new Error(seen.code)
      expect([seen.code, seen.changed]).toEqual(['NO_TICKETS', false])
      expect(seen.verdict.retryAfterMs).toBeLessThanOrEqual(dayMs)
      expect(seen.verdict.retryAfterMs).toBeGreaterThan(dayMs - 60_000)
      const tooMany = await play(merge(freeDaily, { participant: { td: 100 }, decision: { candidates: candidates(3) } }))
      expect(tooMany.verdict).toMatchObject({ code: 'NO_TICKETS', retryAfterMs: null })
    })

    it('end with the day that Redis’ clock says', async () => {
      const before = { day: 99, startMs: now - 2 * dayMs, nextMs: now - 1_000, afterNextMs: dayEnd }
      expect(await play(merge(freeDaily, { decision: { days: before } }))).toMatchObject({ code: 'decided', td: '100', tl: `${dayEnd}:1` })
    })

    it('are not used up by a refusal', async () => {
      expect(await play(merge(freeDaily, { campaign: { drawsPerUserTotal: 1 }, participant: { n: 1 } }))).toMatchObject({ code: 'QUOTA_EXCEEDED', changed: false })
    })
  })

  describe('a streak of days', () => {
    const locked = merge({ decision: { terms: [term(1, { unlockAfterStreakDays: 3 })] } })
    it.each<[string, Setting['participant'], number, string]>([
      ['begins with the first draw', {}, 0, '1'],
      ['stays on the same day', { D: 100, d: 1, sc: 2 }, 0, '2'],
      ['grows on the next', { D: 99, d: 4, sc: 1 }, 0, '2'],
      ['opens the prize on its day', { D: 99, d: 1, sc: 2 }, 1, '3'],
      ['keeps it open on that day', { D: 100, d: 1, sc: 3 }, 1, '3'],
      ['ends with a day left out', { D: 98, d: 1, sc: 9 }, 0, '1'],
    ])('%s', async (_what, participant, position, streak) => {
      const { verdict, decision } = await world.run(merge(locked, { participant: participant! }))
      expect(verdict).toMatchObject({ kind: 'decided', outcomes: [{ position }] })
      expect((await world.participant(decision)).sc).toBe(streak)
    })

    it('does not grow by a refusal', async () => {
      expect(await world.run(merge(locked, { participant: { D: 99, d: 1, sc: 2 }, gate: { s: 'PAUSED' } }))).toMatchObject({ changed: false })
    })
  })
})
