import { describe, expect, it } from '@jest/globals'
import type { CampaignDraft } from '../../src/modules/campaigns/campaigns.types.js'
import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from '../../src/modules/campaigns/domain/plain-draft.js'
import type { Mechanic } from '../../src/modules/campaigns/domain/snapshot.js'
import { asMechanic, draftOf, filledIn, TEMPLATES } from '../../src/modules/campaigns/domain/templates.js'
import { draftProblems, PPB, publishProblems } from '../../src/modules/campaigns/domain/validate.js'

const MECHANICS: readonly Mechanic[] = ['LOTTERY', 'FLASH_SALE', 'RED_PACKET', 'INSTANT_WIN']
const now = Date.UTC(2030, 0, 1)
const own = { slug: 'slug', name: 'Name', startsAt: new Date(now), endsAt: new Date(now + 86_400_000), timezone: 'Asia/Shanghai' }
const oddsOf = ({ prizes }: CampaignDraft) => prizes.map(({ probabilityPpb }) => probabilityPpb)
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

describe('templates', () => {
  it('are one at least for each mechanic, under keys of their own', () => {
    expect(new Set(TEMPLATES.map(({ settings }) => settings.mechanic))).toEqual(new Set(MECHANICS))
    expect(new Set(TEMPLATES.map(({ key }) => key)).size).toBe(TEMPLATES.length)
  })

  it.each(TEMPLATES.map((template) => [template.key, template] as const))('%s can be published as it is', (_key, template) => {
    const draft = draftOf(template, own)
    expect([...draftProblems(draft), ...publishProblems(draft, now)]).toEqual([])
    expect(draft).toMatchObject(own)
    expect(new Set(Object.keys(draft))).toEqual(new Set([...Object.keys(PLAIN_CAMPAIGN), ...Object.keys(own), 'prizes']))
    expect(filledIn(template)).toEqual(expect.arrayContaining(['mechanic', 'prizes']))
    expect(sum(oddsOf(draft))).toBe(PPB)
  })
})

describe('a clone under another mechanic', () => {
  const prize = (name: string, over: Partial<CampaignDraft['prizes'][number]>) =>
    ({ ...PLAIN_PRIZE, name, stockTotal: 5, probabilityPpb: 1, value: { amountMinor: 7, currency: 'CNY' }, kind: 'CASH' as const, ...over })
  const rich: CampaignDraft = {
    ...PLAIN_CAMPAIGN, ...own, mechanic: 'LOTTERY', guaranteeAfterLosses: 5, budget: { currency: 'CNY', totalMinor: 1_000, dailyMinor: 10 },
    eligibility: 'tier == "gold"',
    oddsTables: [{
      name: 'gold', audience: { segmentsAny: [], tiers: ['gold'], riskPools: [], experiment: null, when: null },
      entries: [{ prize: 0, probabilityPpb: 1 }],
    }],
    prizes: [
      prize('a', { probabilityPpb: 1, isGuarantee: true, winsPerDay: 3 }), prize('b', { probabilityPpb: 1 }),
      prize('c', { probabilityPpb: 1, isFallback: true, fallbackOrder: 1 }),
    ],
  }
  const sources = [rich, { ...rich, budget: { currency: 'CNY', totalMinor: null, dailyMinor: 10 } }, ...TEMPLATES.map((template) => draftOf(template, own))]
  const cases = sources.flatMap((source, n) => MECHANICS.map((mechanic) => [n, source.mechanic, mechanic, source] as const))

  it.each(cases)('source %d: %s as %s is a sound draft', (_n, _from, mechanic, source) => {
    const draft = asMechanic(source, mechanic)
    expect(draft.mechanic).toBe(mechanic)
    expect(draftProblems(draft)).toEqual([])
    if (mechanic === 'FLASH_SALE') expect(publishProblems(draft, now)).toEqual([])
    expect(draft.prizes.map(({ name }) => name)).toEqual(source.prizes.map(({ name }) => name))
  })

  it('stretches the odds to the whole, to the last part', () => {
    expect(oddsOf(asMechanic(rich, 'FLASH_SALE'))).toEqual([333_333_334, 333_333_333, 333_333_333])
    const none = { ...rich, prizes: rich.prizes.map((one, n) => ({ ...one, probabilityPpb: 0, stockTotal: n })) }
    expect(oddsOf(asMechanic(none, 'FLASH_SALE'))).toEqual([250_000_000, 250_000_000, 500_000_000])
    expect(oddsOf(asMechanic(rich, 'INSTANT_WIN'))).toEqual([1, 1, 1])
    expect(asMechanic({ ...rich, prizes: [] }, 'FLASH_SALE').prizes).toEqual([])
    expect(asMechanic(rich, 'LOTTERY')).toBe(rich)
  })
})
