import { describe, expect, it } from '@jest/globals'
import { applyPatch, frozenProblems } from '../../src/modules/campaigns/domain/patch.js'
import { newSeed, openSeed, revealedSeed, sealSeed, seedHash } from '../../src/modules/campaigns/domain/seed.js'
import type { CampaignStatus } from '../../src/modules/campaigns/domain/snapshot.js'
import { checkTransitions, effectiveStatus, statusAfter, STATUSES, type StatusAction } from '../../src/modules/campaigns/domain/status.js'
import { draftProblems, isTimezone, PPB, publishProblems } from '../../src/modules/campaigns/domain/validate.js'
import type { CampaignDraft } from '../../src/modules/campaigns/campaigns.types.js'
import { campaignDraft, prizeDraft } from '../support/campaigns.js'

const paths = (problems: ReadonlyArray<{ path: string }>) => problems.map(({ path }) => path)
const secret = 'a-secret-key-of-more-than-32-characters'

describe('a draft', () => {
  const wrong: ReadonlyArray<[string[], Partial<CampaignDraft>]> = [
    [['slug'], { slug: '' }], [['slug'], { slug: 'Upper' }], [['slug'], { slug: '-edge' }], [['slug'], { slug: 'a'.repeat(65) }],
    [['name'], { name: '' }], [['name'], { name: '   ' }], [['name'], { name: 'n'.repeat(201) }], [['name'], { name: 'a\u0000b' }],
    [['description'], { description: 'a\u0000b' }],
    [['endsAt'], { endsAt: new Date(Date.now() - 7_200_000) }],
    [['startsAt'], { startsAt: new Date(Number.NaN) }], [['endsAt'], { endsAt: new Date('+100000-01-01T00:00:00Z') }],
    [['timezone'], { timezone: 'Mars/Olympus' }], [['timezone'], { timezone: '+08:00' }], [['timezone'], { timezone: '' }],
    [['bucketCount'], { bucketCount: 0 }], [['bucketCount'], { bucketCount: 3 }], [['bucketCount'], { bucketCount: 128 }],
    [['drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser'], { drawsPerUserTotal: 0, drawsPerUserDaily: -1, winsPerUser: 1.5 }],
    [['prizes'], { prizes: Array.from({ length: 101 }, () => prizeDraft({ probabilityPpb: 0 })) }],
    [['prizes'], { prizes: [prizeDraft({ probabilityPpb: PPB }), prizeDraft({ probabilityPpb: 1 })] }],
    [['prizes[0].probabilityPpb'], { prizes: [prizeDraft({ probabilityPpb: -1 })] }],
    [['prizes[0].probabilityPpb', 'prizes'], { prizes: [prizeDraft({ probabilityPpb: PPB + 1 })] }],
    [['prizes[1].name', 'prizes[1].stockTotal'], { prizes: [prizeDraft(), prizeDraft({ name: '', stockTotal: -1 })] }],
    [['prizes[0].stockTotal'], { prizes: [prizeDraft({ stockTotal: 2 ** 31 })] }],
    [['prizes[0].winsPerUser', 'prizes[0].unlockAfterDraws'], { prizes: [prizeDraft({ winsPerUser: 0, unlockAfterDraws: 0 })] }],
    [['prizes[0].value.amountMinor', 'prizes[0].value.currency'], { prizes: [prizeDraft({ value: { amountMinor: -1, currency: 'yen' } })] }],
    [['prizes[1].isFallback'], { prizes: [prizeDraft({ isFallback: true }), prizeDraft({ isFallback: true })] }],
    [['slug', 'name', 'timezone', 'prizes[0].name'], { slug: '!', name: '', timezone: 'x y', prizes: [prizeDraft({ name: '' })] }],
  ]
  it.each(wrong)('is told of %j at once', (expected, over) => {
    expect(paths(draftProblems(campaignDraft(over)))).toEqual(expected)
  })

  it('may be unfinished', () => {
    expect(draftProblems(campaignDraft({ prizes: [] }))).toEqual([])
    expect(draftProblems(campaignDraft({ prizes: [prizeDraft({ probabilityPpb: PPB, stockTotal: 2 ** 31 - 1 })] }))).toEqual([])
  })

  it('knows time zones as the runtime does', () => {
    for (const zone of ['UTC', 'Asia/Shanghai', 'America/New_York', 'Etc/GMT+8']) expect(isTimezone(zone)).toBe(true)
    for (const zone of ['Asia', 'GMT+25:00', 'a\nb', 'x'.repeat(65)]) expect(isTimezone(zone)).toBe(false)
  })
})

describe('publishing', () => {
  const now = Date.now()
  it('needs a prize and an end in the future', () => {
    const over = { prizes: [], startsAt: new Date(now - 2_000), endsAt: new Date(now - 1_000) }
    expect(paths(publishProblems(campaignDraft(over), now))).toEqual(['endsAt', 'prizes'])
    expect(publishProblems(campaignDraft(), now)).toEqual([])
  })

  it('needs full odds where every draw wins', () => {
    expect(paths(publishProblems(campaignDraft({ mechanic: 'FLASH_SALE' }), now))).toEqual(['prizes'])
    expect(publishProblems(campaignDraft({ mechanic: 'FLASH_SALE', prizes: [prizeDraft({ probabilityPpb: PPB })] }), now)).toEqual([])
  })

  it('needs money in red packets', () => {
    const packet = prizeDraft({ probabilityPpb: PPB, kind: 'CASH', value: { amountMinor: 100, currency: 'CNY' } })
    expect(publishProblems(campaignDraft({ mechanic: 'RED_PACKET', prizes: [packet] }), now)).toEqual([])
    const wrong = [prizeDraft({ probabilityPpb: PPB })]
    expect(paths(publishProblems(campaignDraft({ mechanic: 'RED_PACKET', prizes: wrong }), now))).toEqual(['prizes[0].kind', 'prizes[0].value'])
  })
})

describe('statuses', () => {
  const at = (status: CampaignStatus) => ({ status, startsAtMs: 1_000, endsAtMs: 2_000 })
  it.each<[CampaignStatus, number, CampaignStatus]>([
    ['SCHEDULED', 999, 'SCHEDULED'], ['SCHEDULED', 1_000, 'ACTIVE'], ['SCHEDULED', 2_000, 'ENDED'],
    ['ACTIVE', 1_999, 'ACTIVE'], ['ACTIVE', 2_000, 'ENDED'], ['ACTIVE', 500, 'SCHEDULED'],
    ['PAUSED', 500, 'PAUSED'], ['PAUSED', 1_500, 'PAUSED'], ['PAUSED', 2_000, 'ENDED'],
    ['DRAFT', 5_000, 'DRAFT'], ['RECOVERING', 5_000, 'RECOVERING'], ['ENDED', 1_500, 'ENDED'], ['ARCHIVED', 1_500, 'ARCHIVED'],
  ])('%s at %i is %s', (status, now, expected) => {
    expect(effectiveStatus(at(status), now)).toBe(expected)
  })

  it('move as the table says, and in no other way', () => {
    const allowed = STATUSES.flatMap((status) => (['publish', 'pause', 'resume', 'end'] as StatusAction[]).flatMap((action) => {
      const after = statusAfter(at(status), action, 1_500)
      return after === null ? [] : [`${status} ${action} ${after}`]
    }))
    expect(allowed).toEqual([
      'DRAFT publish ACTIVE', 'SCHEDULED pause PAUSED', 'SCHEDULED end ENDED', 'ACTIVE pause PAUSED', 'ACTIVE end ENDED', 'PAUSED resume ACTIVE', 'PAUSED end ENDED',
    ])
    expect(statusAfter(at('DRAFT'), 'publish', 500)).toBe('SCHEDULED')
    expect(statusAfter(at('PAUSED'), 'resume', 2_000)).toBeNull()
  })

  it('have a table that is checked', () => {
    expect(() => checkTransitions()).not.toThrow()
    expect(() => checkTransitions({ revive: { ENDED: 'ACTIVE' } })).toThrow('nothing leads out of ENDED')
    expect(() => checkTransitions({ publish: { DRAFT: 'BY_CLOCK' } })).toThrow('No action leads to PAUSED')
    expect(() => checkTransitions({ publish: { DRAFT: 'LIVE' } })).toThrow('names no status')
  })
})

describe('a patch', () => {
  const prize = prizeDraft({ id: 'a' })
  const before = campaignDraft({ prizes: [prize, prizeDraft({ id: 'b' })] })
  const live = (over: Partial<CampaignDraft>, started = true) => {
    const startsAtMs = Date.now() + (started ? -1_000 : 60_000)
    const old = { ...before, startsAt: new Date(startsAtMs) }
    return paths(frozenProblems({ status: 'ACTIVE', startsAtMs, endsAtMs: old.endsAt.getTime() }, old, { ...old, ...over }, Date.now()))
  }

  it('leaves what it does not name, and empties what may be empty', () => {
    const { draft, problems } = applyPatch({ ...before, drawsPerUserTotal: 3 }, { description: null, drawsPerUserTotal: null, name: null })
    expect(paths(problems)).toEqual(['name'])
    expect(draft).toMatchObject({ name: before.name, drawsPerUserTotal: null })
  })

  it('knows prizes by their ids', () => {
    const { problems } = applyPatch(before, { prizes: [prize, prize, prizeDraft({ id: 'elsewhere' }), prizeDraft()] })
    expect(paths(problems)).toEqual(['prizes[1].id', 'prizes[2].id'])
  })

  it('of a campaign that has started changes names, limits and a later end', () => {
    expect(live({ name: 'New', description: 'New', drawsPerUserDaily: 5, winsPerUser: 2, endsAt: new Date(before.endsAt.getTime() + 1) })).toEqual([])
    expect(live({ prizes: before.prizes.map((one) => ({ ...one, name: 'New', winsPerUser: 1 })) })).toEqual([])
    expect(live({ endsAt: new Date(before.endsAt.getTime() - 1) })).toEqual(['endsAt'])
    expect(live({ startsAt: new Date(1), timezone: 'UTC', durability: 'FAST', bucketCount: 2, requiresTickets: true }))
      .toEqual(['startsAt', 'timezone', 'durability', 'bucketCount', 'requiresTickets'])
    expect(live({ prizes: [{ ...prize, probabilityPpb: 1, stockTotal: 1 }, prizeDraft()] }))
      .toEqual(['prizes[0].probabilityPpb', 'prizes[0].stockTotal', 'prizes[1]', 'prizes'])
  })

  it('of one that has not changes its odds and times too', () => {
    expect(live({ prizes: [{ ...prize, probabilityPpb: 1 }, before.prizes[1]!], startsAt: new Date(Date.now() + 5_000), durability: 'FAST' }, false)).toEqual([])
    expect(live({ timezone: 'UTC', bucketCount: 2 }, false)).toEqual(['timezone', 'bucketCount'])
  })
})

describe('the seed', () => {
  it('is sealed for its campaign and told a minute after the end', () => {
    const seed = newSeed()
    const sealed = sealSeed(secret, 'campaign-1', seed)
    expect(openSeed(secret, 'campaign-1', sealed)).toEqual(seed)
    expect(() => openSeed(secret, 'campaign-2', sealed)).toThrow()
    expect(() => openSeed(`${secret}!`, 'campaign-1', sealed)).toThrow()
    expect(sealed.includes(seed)).toBe(false)
    const ended = { status: 'ENDED' as const, endedAtMs: 1_000, seed }
    expect(revealedSeed(ended, 60_999)).toBeNull()
    expect(revealedSeed(ended, 61_000)).toBe(seed.toString('hex'))
    expect(revealedSeed({ ...ended, status: 'ACTIVE', endedAtMs: null }, 1e9)).toBeNull()
    expect(seedHash(seed)).toMatch(/^[0-9a-f]{64}$/)
  })
})
