import { describe, expect, it } from '@jest/globals'
import { drawsViewOf } from '../../../admin-ui/src/domains/draws/view.js'
import { unitOf } from '../../../admin-ui/src/domains/fulfilment/spans.js'
import { heatOf, spanOf } from '../../../admin-ui/src/domains/inventory/heat.js'
import { around } from '../../../admin-ui/src/domains/inventory/step-window.js'
import { recentCampaigns } from '../../../admin-ui/src/domains/reconciliation/recent.js'

const steps = (count: number) => Array.from({ length: count }, (_, no) => no)

describe('a release plan', () => {
  it('shows the few steps around the next one, and the last of one that is over', () => {
    expect(around(steps(7), (no) => no > 5)).toHaveLength(7)
    expect(around(steps(1_000), (no) => no >= 500)).toEqual([498, 499, 500, 501, 502, 503, 504])
    expect(around(steps(1_000), () => true)[0]).toBe(0)
    expect(around(steps(1_000), () => false).at(-1)).toBe(999)
  })
})

describe('the map of buckets', () => {
  it('tells near ones apart: its colours go from the least that has any to the most', () => {
    const span = spanOf([29, 32, 0, 30])!
    expect(span).toEqual({ least: 29, most: 32 })
    expect([29, 30, 32].map((units) => heatOf(units, span))).toEqual([3, 11, 28])
  })

  it('makes no difference of none', () => {
    expect(heatOf(7, { least: 7, most: 7 })).toBe(16)
    expect(spanOf([0, 0])).toBeNull()
  })
})

it('a time to claim is said in the largest unit that it is whole in', () => {
  expect([86_400, 90_000, 5_400, 90].map(unitOf)).toEqual(['days', 'hours', 'minutes', 'minutes'])
})

it('an address with a key and no participant looks for neither, and what makes no sense is left out', () => {
  expect(drawsViewOf({ key: 'press-1', outcome: 'DRAWN', page: 'x' })).toEqual({})
  expect(drawsViewOf({ participant: 42, key: ' press-1 ', outcome: 'WON', draw: '' })).toEqual({ participant: '42', key: 'press-1', outcome: 'WON' })
})

it('books are audited of what runs, and of what ended within a month', () => {
  const at = (status: 'DRAFT' | 'ACTIVE' | 'ENDED', endsAt: string) => ({
    id: `${status} ${endsAt}`, name: '', slug: '', mechanic: 'LOTTERY' as const, status, version: 1, startsAt: endsAt, endsAt, timezone: 'UTC',
  })
  const all = [at('ENDED', '2026-11-01T00:00:00Z'), at('ENDED', '2026-09-01T00:00:00Z'), at('DRAFT', '2026-12-01T00:00:00Z'), at('ACTIVE', '2026-12-01T00:00:00Z')]
  expect(recentCampaigns(all, Date.UTC(2026, 10, 11)).map(({ id }) => id)).toEqual(['ACTIVE 2026-12-01T00:00:00Z', 'ENDED 2026-11-01T00:00:00Z'])
})
