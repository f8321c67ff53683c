import { describe, expect, it } from '@jest/globals'
import type { CampaignPulseQuery, CampaignRowFragment, HomeNoticesQuery, HomeWatchQuery } from '../../../admin-ui/src/generated/graphql.js'
import { attentionOf, type Seen } from '../../../admin-ui/src/domains/home/attention.js'
import { alarmsOf, moneyLeft } from '../../../admin-ui/src/domains/home/budget.js'
import { besides } from '../../../admin-ui/src/domains/home/some.js'

const NOW = Date.UTC(2026, 10, 28, 12)
const campaign = (id: string, given: Partial<CampaignRowFragment> = {}): CampaignRowFragment => ({
  id, slug: id, name: id, mechanic: 'LOTTERY', status: 'ACTIVE', version: 2, startsAt: '2026-11-01T00:00:00Z', endsAt: '2026-12-24T00:00:00Z', timezone: 'UTC', ...given,
})
type Budget = NonNullable<HomeWatchQuery['budget']>
const alert = (scope: 'TOTAL' | 'DAY', percent: number, given: Partial<Budget['alerts'][number]> = {}) =>
  ({ scope, percent, day: '2026-11-28', limitMinor: scope === 'TOTAL' ? 1_000 : 100, ...given })
const budget = (alerts: Budget['alerts']): Budget => ({ day: '2026-11-28', budget: { totalMinor: 1_000, dailyMinor: 100 }, alerts })
const watch = (given: Partial<HomeWatchQuery>): HomeWatchQuery => ({ liveDraws: { oldestUnsettledMs: 0 }, budget: null, ...given })
const notices = (given: Partial<HomeNoticesQuery>): HomeNoticesQuery => ({
  features: { features: [] }, changeRequests: { edges: [], pageInfo: { hasNextPage: false } }, codeAlarms: [], failedAwards: [], ...given,
})
const told = (seen: Partial<Seen>) => attentionOf({ campaigns: [campaign('c')], stockOf: () => undefined, watchOf: () => undefined, notices: undefined, ...seen }, NOW)

describe('the alarms of a budget', () => {
  it('are the furthest of each limit, of a day today’s alone', () => {
    const alerts = [alert('TOTAL', 80), alert('TOTAL', 50), alert('DAY', 100, { day: '2026-11-27' }), alert('DAY', 50)]
    expect(alarmsOf(budget(alerts))).toEqual([{ scope: 'TOTAL', percent: 80 }, { scope: 'DAY', percent: 50 }])
  })

  it('are none that a raised limit has left behind', () => { expect(alarmsOf(budget([alert('TOTAL', 95, { limitMinor: 500 })]))).toEqual([]) })

  it('stand among what wants a look, spent ones first', () => {
    const found = told({
      campaigns: [campaign('half'), campaign('all')],
      watchOf: (id) => watch({ budget: budget([id === 'all' ? alert('DAY', 100) : alert('TOTAL', 80)]) }),
    })
    expect(found).toMatchObject([
      { kind: 'budgetSpent', scope: 'DAY', campaign: { id: 'all' } }, { kind: 'budget', scope: 'TOTAL', percent: 80, campaign: { id: 'half' } },
    ])
  })
})

describe('what is left of a budget', () => {
  const spent = (given: Partial<NonNullable<CampaignPulseQuery['budget']>>) =>
    moneyLeft({ budget: { currency: 'EUR', totalMinor: null, dailyMinor: null }, spentMinor: null, spentTodayMinor: null, ...given })

  it('is told of a day where only days are limited', () => {
    expect(spent({ budget: { currency: 'EUR', totalMinor: null, dailyMinor: 500 }, spentTodayMinor: 120 })).toEqual([{ scope: 'DAY', minor: 380 }])
  })

  it('is told of both where both are', () => {
    expect(spent({ budget: { currency: 'EUR', totalMinor: 900, dailyMinor: 500 }, spentMinor: 300, spentTodayMinor: 120 }))
      .toEqual([{ scope: 'TOTAL', minor: 600 }, { scope: 'DAY', minor: 380 }])
  })
})

it('campaigns that are not shown are counted, as far as they are read', () => {
  const some = (length: number, isCut = false) => ({ campaigns: Array.from({ length }, (_, n) => campaign(String(n))), isCut })
  expect([some(12), some(15), some(100, true)].map((each) => besides(each, 12)))
    .toEqual([null, { count: 3, orMore: false }, { count: 88, orMore: true }])
})

describe('what wants a look', () => {
  it('is settlement that lags, but for a campaign that is recovering and says so', () => {
    const watchOf = () => watch({ liveDraws: { oldestUnsettledMs: 31_000 } })
    expect(told({ watchOf })).toMatchObject([{ kind: 'lag', ms: 31_000 }])
    expect(told({ watchOf, campaigns: [campaign('c', { status: 'RECOVERING' })] })).toMatchObject([{ kind: 'recovering' }])
    expect(told({ watchOf: () => watch({ liveDraws: { oldestUnsettledMs: 2_000 } }) })).toEqual([])
  })

  it('is what failed, and what runs out, in campaigns that run no more too', () => {
    const found = told({
      campaigns: [],
      notices: notices({
        codeAlarms: [{ campaignId: 'b', campaignName: 'B', prizeId: 'p', prizeName: 'Voucher', free: 3 }],
        failedAwards: [{ campaignId: 'a', campaignName: 'A', awards: 7 }],
      }),
    })
    expect(found).toEqual([{ kind: 'failed', id: 'a', name: 'A', count: 7 }, { kind: 'codes', id: 'b', name: 'B', prizeId: 'p', prize: 'Voucher', free: 3 }])
  })

  it('is a paused campaign, also one whose stock is not read', () => {
    expect(told({ campaigns: [campaign('c', { status: 'PAUSED' })] })).toMatchObject([{ kind: 'paused' }])
  })
})
