import { describe, expect, it } from '@jest/globals'
import type { CampaignDraft, OddsRevision, OddsTableDraft } from '../../src/modules/campaigns/campaigns.types.js'
import { storedTables, withPrizesResolved } from '../../src/modules/campaigns/domain/odds-tables.js'
import { applyPatch, frozenProblems } from '../../src/modules/campaigns/domain/patch.js'
import { applyRevision } from '../../src/modules/campaigns/domain/revision.js'
import type { Audience } from '../../src/modules/campaigns/domain/snapshot.js'
import type { StatusTimes } from '../../src/modules/campaigns/domain/status.js'
import { draftProblems, PPB, publishProblems } from '../../src/modules/campaigns/domain/validate.js'
import { campaignDraft, prizeDraft } from '../support/campaigns.js'

const audience = (over: Partial<Audience> = {}): Audience =>
  ({ segmentsAny: [], tiers: [], riskPools: [], experiment: null, when: null, ...over })
const table = (over: Partial<OddsTableDraft> & { who?: Partial<Audience> } = {}): OddsTableDraft => {
  const { who, ...rest } = over
  return { name: 'gold', audience: audience(who ?? { tiers: ['gold'] }), entries: [{ prize: 'A', probabilityPpb: 1 }], ...rest }
}
const prizes = [prizeDraft({ id: 'id-a', name: 'A', probabilityPpb: 1 }), prizeDraft({ name: 'B', probabilityPpb: 2 }), prizeDraft({ id: 'id-c', name: 'Twin' }), prizeDraft({ id: 'id-d', name: 'Twin', probabilityPpb: 4 })]
const draft = (...oddsTables: OddsTableDraft[]): CampaignDraft => campaignDraft({ prizes, oddsTables })
const paths = (problems: ReadonlyArray<{ path: string }>) => problems.map(({ path }) => path)
const arm = (fromBps: number, toBps: number, name = 'button') => ({ who: { experiment: { name, fromBps, toBps } } })

describe('odds tables', () => {
  it('may be for tiers, segments, risk pools, arms and expressions', () => {
    expect(draftProblems(draft(
      table(), table({ name: 'a', who: { segmentsAny: ['x'] } }), table({ name: 'b', who: { riskPools: ['watched'] } }),
      table({ name: 'c', ...arm(0, 5_000) }), table({ name: 'd', ...arm(5_000, 10_000) }), table({ name: 'e', who: { when: 'attributes.level > 3' } }),
    ))).toEqual([])
  })

  const at = 'oddsTables[1]'
  it.each<[string, OddsTableDraft, string[]]>([
    ['without a name', table({ name: '', who: { tiers: ['x'] } }), [`${at}.name`]],
    ['with the name of another', table({ who: { tiers: ['x'] } }), [`${at}.name`]],
    ['for everybody', table({ name: 'b', who: {} }), [`${at}.audience`]],
    ['for the same as another', table({ name: 'b', who: { tiers: ['gold', 'gold'] } }), [`${at}.audience`]],
    ['with odd labels', table({ name: 'b', who: { tiers: [''], segmentsAny: ['ok', 'x'.repeat(65)], riskPools: ['{}'] } }), [`${at}.audience.segmentsAny[1]`, `${at}.audience.tiers[0]`, `${at}.audience.riskPools[0]`]],
    ['for too many', table({ name: 'b', who: { tiers: Array.from({ length: 33 }, (_, n) => `t${n}`) } }), [`${at}.audience.tiers`]],
    ['with an arm that ends before it begins', table({ name: 'b', ...arm(5, 5) }), [`${at}.audience.experiment.toBps`]],
    ['with an arm outside', table({ name: 'b', ...arm(-1, 10_001) }), [`${at}.audience.experiment.fromBps`, `${at}.audience.experiment.toBps`]],
    ['with an experiment without a name', table({ name: 'b', ...arm(0, 1, '') }), [`${at}.audience.experiment.name`]],
    ['with a wrong expression', table({ name: 'b', who: { when: 'tier ==' } }), [`${at}.audience.when`]],
    ['without entries', table({ name: 'b', who: { tiers: ['x'] }, entries: [] }), [`${at}.entries`]],
    ['with 101 entries', table({ name: 'b', who: { tiers: ['x'] }, entries: Array.from({ length: 101 }, () => ({ prize: 'A', probabilityPpb: 0 })) }), [`${at}.entries`]],
    ['of an unknown prize', table({ name: 'b', who: { tiers: ['x'] }, entries: [{ prize: 'Z', probabilityPpb: 1 }, { prize: 9, probabilityPpb: 1 }] }), [`${at}.entries[0].prize`, `${at}.entries[1].prize`]],
    ['of an ambiguous prize', table({ name: 'b', who: { tiers: ['x'] }, entries: [{ prize: 'Twin', probabilityPpb: 1 }] }), [`${at}.entries[0].prize`]],
    ['of one prize twice', table({ name: 'b', who: { tiers: ['x'] }, entries: [{ prize: 'A', probabilityPpb: 1 }, { prize: 'id-a', probabilityPpb: 1 }] }), [`${at}.entries[1].prize`]],
    ['with odds out of range', table({ name: 'b', who: { tiers: ['x'] }, entries: [{ prize: 'A', probabilityPpb: -1 }, { prize: 'B', probabilityPpb: 1.5 }] }), [`${at}.entries[0].probabilityPpb`, `${at}.entries[1].probabilityPpb`]],
    ['with odds above the whole', table({ name: 'b', who: { tiers: ['x'] }, entries: [{ prize: 'A', probabilityPpb: PPB }, { prize: 'B', probabilityPpb: 1 }] }), [`${at}.entries`]],
  ])('cannot be %s', (_what, wrong, expected) => {
    expect(paths(draftProblems(draft(table(), wrong)))).toEqual(expected)
  })

  it('cannot be more than 20, nor have arms of one experiment that overlap', () => {
    expect(paths(draftProblems(draft(...Array.from({ length: 21 }, (_, n) => table({ name: `t${n}`, who: { tiers: [`t${n}`] } })))))).toEqual(['oddsTables'])
    expect(paths(draftProblems(draft(table({ name: 'a', ...arm(0, 5_001) }), table({ name: 'b', ...arm(5_000, 10_000) }))))).toEqual(['oddsTables[1].audience.experiment'])
    const both = { tiers: ['gold'], experiment: { name: 'button', fromBps: 0, toBps: 9 } }
    expect(draftProblems(draft(table({ name: 'a', ...arm(0, 9) }), table({ name: 'b', who: both })))).toEqual([])
  })

  it('add up to the whole where every draw wins', () => {
    const sale = (probabilityPpb: number) => publishProblems(campaignDraft({
      mechanic: 'FLASH_SALE', prizes: [prizeDraft({ name: 'A', probabilityPpb: PPB })], oddsTables: [table({ entries: [{ prize: 'A', probabilityPpb }] })],
    }), Date.now())
    expect(paths(sale(PPB - 1))).toEqual(['oddsTables[0].entries'])
    expect(sale(PPB)).toEqual([])
  })

  it('are none where units are given as they come', () => {
    for (const mechanic of ['INSTANT_WIN', 'RED_PACKET'] as const) {
      expect(paths(draftProblems({ ...draft(table()), mechanic })).filter((path) => path.startsWith('odds'))).toEqual(['oddsTables'])
      expect(applyRevision({ status: 'ACTIVE', startsAtMs: 0, endsAtMs: 9e15 }, true, { ...draft(), mechanic }, { prizes: null, oddsTables: [table()], reason: 'r' }, 1).problems)
        .toMatchObject([{ path: 'mechanic' }])
    }
  })

  it('know prizes by id or by a name that one prize alone has, and are stored by position', () => {
    const entries = [{ prize: 'B', probabilityPpb: 1 }, { prize: 'id-d', probabilityPpb: 2 }, { prize: 'A', probabilityPpb: 3 }]
    const resolved = withPrizesResolved(draft(table({ entries })))
    expect(resolved.oddsTables[0]!.entries.map(({ prize }) => prize)).toEqual([1, 'id-d', 'id-a'])
    expect(storedTables(resolved, [11, 12, 13, 14])[0]!.entries).toEqual([
      { position: 12, probabilityPpb: 1 }, { position: 14, probabilityPpb: 2 }, { position: 11, probabilityPpb: 3 },
    ])
    expect(() => storedTables(draft(table({ entries: [{ prize: 'Z', probabilityPpb: 1 }] })), [1, 2, 3, 4])).toThrow('not there')
  })
})

describe('odds once they are promised', () => {
  const now = Date.now()
  const begun = { status: 'ACTIVE' as const, startsAtMs: now - 1_000, endsAtMs: now + 3_600_000 }
  const known = prizes.map((prize, n) => ({ ...prize, id: prize.id ?? `id-${n}` }))
  const before = withPrizesResolved(campaignDraft({ prizes: known, oddsTables: [table()] }))
  const frozen = (patch: Parameters<typeof applyPatch>[1]) => frozenProblems(begun, before, applyPatch(before, patch).draft, now)

  it('are not changed by a patch, but said again under another name of the prize', () => {
    expect(frozen({ oddsTables: [table({ entries: [{ prize: 'id-a', probabilityPpb: 1 }] })] })).toEqual([])
    const [problem] = frozen({ oddsTables: [table({ entries: [{ prize: 'A', probabilityPpb: 2 }] })] })
    expect(problem).toMatchObject({ path: 'oddsTables', message: 'cannot change once the campaign has started: reviseOdds makes a new version of the odds, for later draws' })
    expect(paths(frozen({ oddsTables: [] }))).toEqual(['oddsTables'])
    expect(frozen({ eligibility: 'tier == "gold"' })).toEqual([])
    expect(paths(applyPatch(before, { oddsTables: null }).problems)).toEqual(['oddsTables'])
  })

  it('hold a prize that they name in the campaign', () => {
    const { draft: without } = applyPatch(before, { prizes: known.filter(({ name }) => name !== 'A') })
    expect(paths(draftProblems(without))).toEqual(['oddsTables[0].entries[0].prize'])
  })

  const revise = (revision: Partial<OddsRevision>, campaign: StatusTimes = begun, published = true) =>
    applyRevision(campaign, published, before, { prizes: null, oddsTables: null, reason: 'because', ...revision }, now)

  it('are revised with a reason, prize by prize', () => {
    const { draft: after, problems } = revise({ prizes: [{ prize: 'A', probabilityPpb: 7 }, { prize: 'id-d', probabilityPpb: 8 }] })
    expect(problems).toEqual([])
    expect(after.prizes.map(({ probabilityPpb }) => probabilityPpb)).toEqual([7, 2, 500_000_000, 8])
    expect(after.oddsTables).toEqual(before.oddsTables)
    expect(revise({ oddsTables: [] })).toMatchObject({ problems: [], draft: { oddsTables: [] } })
  })

  it.each<[string, ReturnType<typeof revise>, string[]]>([
    ['without a reason', revise({ oddsTables: [], reason: ' ' }), ['reason']],
    ['with a long one', revise({ oddsTables: [], reason: 'x'.repeat(501) }), ['reason']],
    ['that changes nothing', revise({ prizes: [{ prize: 'A', probabilityPpb: 1 }] }), ['prizes']],
    ['of nothing', revise({}), ['prizes']],
    ['of unknown prizes', revise({ prizes: [{ prize: 'Z', probabilityPpb: 1 }, { prize: 'Twin', probabilityPpb: 1 }] }), ['prizes[0].prize', 'prizes[1].prize']],
    ['of a prize twice', revise({ prizes: [{ prize: 'A', probabilityPpb: 3 }, { prize: 'id-a', probabilityPpb: 3 }] }), ['prizes[1].prize']],
    ['of a draft', revise({ oddsTables: [] }, { ...begun, status: 'DRAFT' }, false), ['status']],
    ['after the end', revise({ oddsTables: [] }, { ...begun, endsAtMs: now - 1 }), ['status']],
    ['while it is restored', revise({ oddsTables: [] }, { ...begun, status: 'RECOVERING' }), ['status']],
  ])('cannot be revised %s', (_what, { problems }, expected) => {
    expect(paths(problems)).toEqual(expected)
  })
})
