import { describe, expect, it } from '@jest/globals'
import { entriesOf, valueOf } from '../../../admin-ui/src/domains/approvals/rows.js'
import { reasonText } from '../../../admin-ui/src/reasons/text.js'
import { paramsOf } from '../../../admin-ui/src/reasons/told.js'
import { draftProblems } from '../../../src/modules/campaigns/domain/validate.js'
import { isLooserPolicy, loosenedLimits } from '../../../src/modules/governance/domain/loosening.js'
import { campaignDraft } from '../../support/campaigns.js'

const find = (code: string, params: Readonly<Record<string, string | number>>): string => (code === 'UNKNOWN' ? '' : `${code} ${JSON.stringify(params)}`)

describe('why the API refused something', () => {
  it('is told by its code, with figures as the reader writes them', () => {
    expect(reasonText(find, 'en', { message: 'must be …', code: 'RANGE', params: { min: 1, max: 2_000_000 } })).toBe('RANGE {"min":"1","max":"2,000,000"}')
    expect(reasonText(find, 'en', { message: '…', code: 'ODDS_SUM', params: paramsOf([{ name: 'sum', value: '1100000000' }]) })).toBe('ODDS_SUM {"sum":"110%"}')
    expect(reasonText(find, 'en', { message: '…', code: 'YEARS', params: { from: 2000 } })).toBe('YEARS {"from":2000}')
    expect(reasonText(find, 'en', { message: '…', code: 'PRIZE_KEPT', params: { name: 'Bicycle' } })).toBe('PRIZE_KEPT {"name":"Bicycle"}')
  })

  it('is left to the API’s own words where the page knows no code', () => {
    expect(reasonText(find, 'en', { message: 'must be new' })).toBeNull()
    expect(reasonText(find, 'en', { message: 'must be new', code: 'UNKNOWN' })).toBeNull()
  })

  it('is said of a draft with code and parameters', () => {
    const problems = draftProblems({ ...campaignDraft(), name: '', bucketCount: 3 })
    expect(problems.map(({ path, code, params }) => [path, code, params])).toEqual([['name', 'NAME', { max: 200 }], ['bucketCount', 'POWER_OF_TWO', { max: 64 }]])
  })
})

describe('what waits for an approval', () => {
  it('has values that are read as far as they were kept', () => {
    expect([valueOf('5'), valueOf('"a"'), valueOf(null), valueOf('null'), valueOf('"long…')]).toEqual([5, 'a', undefined, null, '"long…'])
  })

  it('shows new entries of lists as entries', () => {
    const entry = { id: '0', list: 'BLOCK', subject: 'DEVICE', value: 'd', reason: 'r' }
    expect(entriesOf('addRiskEntries', [{ path: 'entries[0]', before: null, after: JSON.stringify(entry) }])).toEqual([entry])
    expect(entriesOf('addRiskEntries', [{ path: 'entries[0]', before: null, after: '{"cut…' }])).toBeNull()
    expect(entriesOf('updateCampaign', [])).toBeNull()
  })
})

describe('what lets more through than before', () => {
  const limits = {
    drawsPerSecondMax: 10, deviceIpDrawsPerSecondMax: null, participantDrawsPerSecondMax: 5, serverParticipantDrawsPerSecondMax: 2,
    drawsPerSecondCeiling: 100, deviceIpDrawsPerSecondDefault: 20, participantDrawsPerSecondDefault: 3,
  }
  it('is counted limit by limit, null being the default', () => {
    expect(loosenedLimits(limits, { ...limits, drawsPerSecondMax: 11, deviceIpDrawsPerSecondMax: 21 })).toBe(2)
    const narrower = { drawsPerSecondMax: 9, deviceIpDrawsPerSecondMax: 20, participantDrawsPerSecondMax: null }
    expect(loosenedLimits(limits, { ...limits, ...narrower })).toBe(0)
    expect(loosenedLimits(limits, { ...limits, serverParticipantDrawsPerSecondMax: null })).toBe(1)
  })

  it('is a policy that asks for less, in whatever it does', () => {
    const rule = { kind: 'STOCK', above: 5 } as const
    const policy = { version: 1, totpRequired: true, publishers: ['OWNER'] as const, approvals: [rule], approvalHours: 72 }
    const looser = (change: object) => isLooserPolicy(policy, { ...policy, ...change })
    expect([looser({ approvals: [] }), looser({ approvals: [{ kind: 'STOCK', above: 6 }] }), looser({ publishers: ['OWNER', 'MANAGER'] }), looser({ totpRequired: false })]).toEqual([true, true, true, true])
    expect([looser({}), looser({ approvals: [{ kind: 'STOCK', above: 5 }, { kind: 'ODDS', above: 0 }] }), looser({ approvals: [{ kind: 'STOCK', above: 4 }] }), looser({ approvalHours: 1 })]).toEqual([false, false, false, false])
  })
})
