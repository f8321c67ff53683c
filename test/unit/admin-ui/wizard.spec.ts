import { describe, expect, it } from '@jest/globals'
import { diffRows } from '../../../admin-ui/src/domains/wizard/diff-words.js'
import { campaignDifferences, merged } from '../../../admin-ui/src/domains/wizard/merge.js'
import { patchOf, unfinished } from '../../../admin-ui/src/domains/wizard/input.js'
import { judgeOdds } from '../../../admin-ui/src/domains/rules/odds-sum.js'
import { rowsOf } from '../../../admin-ui/src/domains/wizard/odds.js'
import { stepOf } from '../../../admin-ui/src/domains/wizard/steps.js'
import { newPrize, type PrizeValues, type Values } from '../../../admin-ui/src/domains/wizard/values.js'
import { slugOf } from '../../../admin-ui/src/lib/slug.js'
import { isoOf, wallOf } from '../../../admin-ui/src/lib/wall-time.js'

const prize = (key: string, given: Partial<PrizeValues> = {}): PrizeValues => ({ ...newPrize('CNY'), key, id: key, name: key, probabilityPpb: 1, stockTotal: 1, ...given })
const campaign = (given: Partial<Values> = {}): Values => ({
  name: 'Wheel', description: '', startsAt: '2027-01-01T10:00', endsAt: '2027-01-08T10:00', timezone: 'Asia/Shanghai', requiresTickets: false,
  tickets: { dailyFree: '', signIn: null, share: null }, prizes: [prize('a'), prize('b')], oddsTables: [], bucketCount: 1, durability: 'DURABLE_WINS', drawsPerUserTotal: '',
  drawsPerUserDaily: '', winsPerUser: '', guaranteeAfterLosses: '', budget: { currency: 'CNY', totalMinor: '', dailyMinor: '' }, eligibility: '', rules: [], ...given,
})

describe('a slug', () => {
  it.each([
    ['Spring Sale 2027!', 'spring-sale-2027'], ['春节红包雨', 'chun-jie-hong-bao-yu'], ['双十一 Flash Sale', 'shuang-shi-yi-flash-sale'], ['Für Größe', 'fur-grosse'],
    ['  --  ', ''], ['抽奖'.repeat(30), 'chou-jiang-chou-jiang-chou-jiang-chou-jiang-chou-jiang-chou-jian'],
  ])('is made of %p', (name, slug) => { expect(slugOf(name)).toBe(slug) })
})

describe('a time by the clock of a zone', () => {
  it.each([
    ['2026-12-01T00:00', 'Asia/Shanghai', '2026-11-30T16:00:00.000Z'], ['2027-07-01T09:30', 'Europe/Berlin', '2027-07-01T07:30:00.000Z'],
    ['2027-01-01T00:00', 'UTC', '2027-01-01T00:00:00.000Z'], ['2027-01-01T00:00:07.250', 'America/New_York', '2027-01-01T05:00:07.250Z'],
  ])('%s in %s', (wall, zone, iso) => { expect([isoOf(wall, zone), wallOf(iso, zone)]).toEqual([iso, wall]) })

  it('comes as much later where the clock leaves it out, and first where it comes twice', () => {
    expect(isoOf('2027-03-28T02:30', 'Europe/Berlin')).toBe('2027-03-28T01:30:00.000Z')
    expect(isoOf('2027-10-31T02:30', 'Europe/Berlin')).toBe('2027-10-31T00:30:00.000Z')
  })

  it.each(['', 'tomorrow', '2027-01-01'])('is none: %p', (text) => { expect(isoOf(text, 'UTC')).toBeNull() })
})

describe('odds', () => {
  it('leave what loses', () => {
    expect(judgeOdds(rowsOf([100_000_000, '', 250_000_000]))).toEqual({ sum: 350_000_000, rest: 650_000_000, wrong: null, isSound: true })
  })
})

describe('a problem', () => {
  it.each([
    ['endsAt', 'basics'], ['ticketRules.signIn.tickets', 'mechanic'], ['prizes[0].packets.waves[1].startsAt', 'mechanic'], ['prizes[3].probabilityPpb', 'prizes'], ['prizes', 'prizes'],
    ['prizes[0].release.steps[2].at', 'stock'], ['bucketCount', 'stock'], ['winsPerUser', 'limits'], ['budget.currency', 'limits'], ['oddsTables[0].entries', 'prizes'], ['rules[1].drawsMax', 'risk'], ['status', 'review'],
  ])('of %s belongs to the step %s', (path, step) => { expect(stepOf(path)).toBe(step) })
})

describe('what is sent', () => {
  it('is what was changed, and no more', () => {
    expect(patchOf(campaign(), campaign({ name: 'Other', endsAt: '2027-01-09T10:00' }))).toEqual({ name: 'Other', endsAt: '2027-01-09T02:00:00.000Z' })
  })
  it('is nothing where nothing was', () => { expect(patchOf(campaign(), campaign())).toEqual({}) })
  it('waits for what is empty', () => {
    expect(unfinished(campaign({ startsAt: '', prizes: [prize('a', { stockTotal: '' })] }))).toEqual(['startsAt', 'prizes[0].stockTotal'])
  })
})

describe('two editors', () => {
  const before = campaign()
  const mine = campaign({ name: 'Mine', prizes: [prize('a', { stockTotal: 5 }), prize('b'), prize('new-1', { id: null, name: 'added' })] })
  const theirs = campaign({ name: 'Theirs', description: 'By them', prizes: [prize('a', { name: 'renamed' })] })

  it('differ field by field, and have to choose where both changed the same', () => {
    expect(campaignDifferences(before, mine, theirs).map(({ path, by }) => [path, by])).toEqual([
      ['name', 'both'], ['description', 'them'], ['prizes.a.name', 'them'], ['prizes.a.stockTotal', 'me'], ['prizes.b', 'them'], ['prizes.new-1', 'me'],
    ])
  })

  it('read times with the zone that they are by, each with its own', () => {
    const [before, mine, theirs] = [campaign(), campaign({ endsAt: '2027-01-09T10:00' }), campaign({ endsAt: '2027-01-09T12:00', timezone: 'UTC' })]
    const rows = diffRows(campaignDifferences(before, mine, theirs), { before, mine, theirs }, ((key: string) => key) as never, 'en')
    expect(rows.find(({ path }) => path === 'endsAt')).toMatchObject({ before: '2027-01-08 10:00 Asia/Shanghai', after: '2027-01-09 10:00 Asia/Shanghai', theirs: '2027-01-09 12:00 UTC' })
  })

  it('get what was chosen of each', () => {
    const result = merged(mine, theirs, new Set(['name', 'prizes.a.stockTotal', 'prizes.new-1']))
    expect([result.name, result.description, result.prizes.map(({ name, stockTotal }) => [name, stockTotal])]).toEqual(['Mine', 'By them', [['renamed', 5], ['added', 1]]])
  })

  it('bring a prize back as a new one where the other had removed it', () => {
    expect(merged(mine, theirs, new Set(['prizes.b'])).prizes.map(({ key, id }) => [key, id])).toEqual([['a', 'a'], ['b', null]])
  })
})
