import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { formatOutcome } from '../../src/modules/draws/domain/answer.js'
import { DecideWorld, merge, type Setting, term, told } from '../support/decide-world.js'

const now = Date.now()
const unit = (rank: number, position: number, ms: number, amount = ''): Setting => ({ due: { [`0000000${rank}:1:${rank}:${position}:${amount}`]: ms } })

describe('the decide script and popped stock', () => {
  let world: DecideWorld
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  /** Outcomes as the stream writes them, or the code, with the wait where there is one. */
  async function outcome(...settings: Setting[]): Promise<string> {
    const { verdict, changed } = await world.run(merge(...settings))
    expect(changed).toBe(verdict.kind === 'decided')
    return verdict.kind === 'rejected' && verdict.retryAfterMs !== null ? `${told(verdict)} later` : told(verdict)
  }

  const draws = (count: number): Setting => ({ decision: { candidates: Array<number>(count).fill(0) } })
  const alone: Setting = { decision: { popped: 'ONE_BUCKET', candidates: [0], terms: [term(1), term(2), term(3)] } }
  const among: Setting = { decision: { popped: 'UNKNOWN', candidates: [0], terms: [term(1), term(2), term(3)] } }
  const known = (units: number, untilMs: number | null, generation = '5'): Setting => ({ decision: { popped: { generation, units, untilMs } } })
  const hard: Setting = { campaign: { mechanic: 'RED_PACKET' }, decision: { firstCome: true } }
  const fallback: Setting = { decision: { fallbacks: [3] }, stock: { p3: 5 } }
  const past = unit(1, 2, now - 5_000)
  const future = unit(2, 1, now + 600_000)

  describe('moments', () => {
    it.each<[string, string, Setting[]]>([
      ['the first draw after a moment has its unit', '2', [alone, past, future]],
      ['no draw before a moment has', '0', [alone, future]],
      ['nothing is left', '0', [alone]],
      ['the earlier of two, whatever its rank', '1', [alone, unit(9, 1, now - 9_000), past]],
      ['of one ms, the lower rank', '1', [alone, unit(0, 1, now - 5_000), past]],
      ['three draws: two moments have passed', '2,1,0', [alone, past, unit(3, 1, now - 4_000), future, draws(3)]],
      ['nothing due here, and nobody has looked elsewhere', 'DUE 1', [among, future]],
      ['three draws and one unit: as many as are wanted in all', 'DUE 3', [among, past, draws(3)]],
      ['nothing is due anywhere, known', '0', [among, future, known(0, now + 60_000)]],
      ['known, but another moment has passed since', 'DUE 1', [among, future, known(0, now - 1)]],
      ['known, but stock was added since', 'DUE 1', [among, future, known(0, now + 60_000, '4')]],
      ['all that is due is here', '2,0', [among, past, known(1, now + 60_000), draws(2)]],
      ['one more is due elsewhere', 'DUE 2', [among, past, known(2, now + 60_000), draws(2)]],
      ['it is due here, whatever is known', '2', [among, past, known(0, null)]],
      ['nothing due: the fallback', 'f3', [alone, future, fallback]],
      ['nothing due, and the fallback has to be fetched', 'NEED 3 1', [alone, future, fallback, { stock: { p3: 0 } }]],
      ['one who has won enough gets the fallback', 'f3', [alone, past, fallback, { campaign: { winsPerUser: 1 }, participant: { w: 1 } }]],
      ['one who has won enough is not looked for', '0', [among, { campaign: { winsPerUser: 1 }, participant: { w: 1 } }]],
      ['one who has enough of this prize', '0', [alone, past, { decision: { terms: [term(1), term(2, { winsPerUser: 1 })] }, participant: { w2: 1 } }]],
      ['one who has not drawn enough for this prize', '0', [alone, past, { decision: { terms: [term(1), term(2, { unlockAfterDraws: 2 })] } }]],
      ['a unit of a prize that the process does not know', 'stale', [alone, unit(1, 9, now - 1)]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })

    it('a unit that one may not have stays for the next', async () => {
      const decision = await world.prepare(merge(alone, past, { campaign: { winsPerUser: 1 }, participant: { w: 1 } }))
      const ask = async (participantId: string, snowflake: bigint) => {
        const verdict = await world.decide({ ...decision, participantId, snowflakes: [snowflake] })
        return verdict.kind === 'decided' ? verdict.outcomes.map(formatOutcome) : verdict
      }
      expect([await ask('user-1', 1n), await ask('user-2', 2n), await ask('user-3', 3n)]).toEqual([['0'], ['2'], ['0']])
    })
  })

  describe('packets', () => {
    it.each<[string, string, Setting[]]>([
      ['each with its amount', '2:188,1:7', [alone, hard, unit(1, 2, now - 5, '188'), unit(2, 1, now - 4, '7'), draws(2)]],
      ['all gone', 'SOLD_OUT', [alone, hard]],
      ['all of this wave gone', 'SOLD_OUT later', [alone, hard, unit(1, 1, now + 60_000, '5')]],
      ['all or none, with a wave to come', 'SOLD_OUT later', [alone, hard, unit(1, 2, now - 5, '188'), unit(2, 1, now + 60_000, '7'), draws(2)]],
      ['all gone, known', 'SOLD_OUT', [among, hard, known(0, null)]],
      ['the next wave, known', 'SOLD_OUT later', [among, hard, known(0, now + 60_000)]],
      ['somewhere else perhaps', 'DUE 1', [among, hard]],
      ['too many wins, before missing stock', 'QUOTA_EXCEEDED', [among, hard, known(0, null), { campaign: { winsPerUser: 1 }, participant: { w: 1 } }]],
      ['too many of this prize', 'QUOTA_EXCEEDED', [alone, hard, past, { decision: { terms: [term(2, { winsPerUser: 1 })] }, participant: { w2: 1 } }]],
      ['tickets are told before stock', 'NO_TICKETS', [alone, hard, { campaign: { requiresTickets: true } }]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })

    it('keeps the list, the count and the sum in step, and answers a repeat with the same amount', async () => {
      const decision = await world.prepare(merge(alone, hard, unit(1, 2, now - 5, '188'), unit(2, 2, now - 4, '7')))
      const first = await world.decide(decision)
      expect(first.kind === 'decided' && first.outcomes).toEqual([{ position: 2, wonAs: 'ROLL', amountMinor: 188 }])
      const again = await world.decide(decision)
      expect(again.kind === 'replay' && again.answer.outcomes).toEqual([{ position: 2, wonAs: 'ROLL', amountMinor: 188 }])
      expect(await world.stock(decision)).toMatchObject({ p2: '1', z2: '7' })
      expect(await world.redis.zcard(world.keys(decision).due)).toBe(1)
      expect(await world.participant(decision)).toMatchObject({ w: '1', w2: '1', n: '1' })
    })
  })
})
