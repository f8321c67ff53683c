import { describe, expect, it } from '@jest/globals'
import { slugOfCopy } from '../../../admin-ui/src/lib/slug-of-copy.js'
import { changeOf } from '../../../admin-ui/src/domains/changes/entry.js'
import { afterOf, isEmpty, patchOf, revisionOf, rollbackOf } from '../../../admin-ui/src/domains/changes/rollback.js'
import { standingOf } from '../../../admin-ui/src/domains/participants/standing.js'
import { dryRun } from '../../../admin-ui/src/domains/risk/import/dry-run.js'
import { factsOf } from '../../../admin-ui/src/domains/rules/facts.js'
import { mayChange, mayRevise, stageOf } from '../../../admin-ui/src/domains/rules/freedom.js'
import { judgeOdds } from '../../../admin-ui/src/domains/rules/odds-sum.js'
import type { RuledCampaignFragment } from '../../../admin-ui/src/generated/graphql.js'
import { csvOf, parseCsv } from '../../../admin-ui/src/lib/csv.js'
import { diffOf } from '../../../admin-ui/src/lib/diff.js'
import { duration } from '../../../admin-ui/src/lib/format.js'
import { sameView } from '../../../admin-ui/src/ui/data-table/saved-views.js'

describe('CSV that is read back', () => {
  const rows = [['a', '=1+1'], ["'=1", "''-x"], ['x,y', 'say "hi"'], ['两\n行', ' '], ['-12', "'plain"], ['', '']]

  it('is what was written, but for rows of nothing', () => {
    const { rows: [header, ...found], brokenAt } = parseCsv(csvOf(['one', 'two'], rows))
    expect([header?.cells, brokenAt]).toEqual([['one', 'two'], null])
    expect(found.map(({ cells }) => cells)).toEqual(rows.slice(0, -1))
    expect(found.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7])
  })

  it('may have semicolons or tabs, and any line ends', () => {
    expect(parseCsv('a;b\r1;"2;3"\r\n\n4;5').rows.map(({ cells }) => cells)).toEqual([['a', 'b'], ['1', '2;3'], ['4', '5']])
    expect(parseCsv('a\tb\n1,5\t2').rows[1]?.cells).toEqual(['1,5', '2'])
  })

  it('is told where it is none', () => { expect(parseCsv('a,b\n1,2\n"x"y,2').brokenAt).toBe(3) })
})

describe('a dry run of an import', () => {
  const campaign = '01980000-0000-7000-8000-000000000001'
  const run = (...rows: string[]) => dryRun(['subject,list,value,reason,campaignId,expiresAt', ...rows].join('\n'), new Set([campaign]))

  it('reads what the export writes, in any order of the columns', () => {
    expect(run(`participant,block,bot,Seen,${campaign},`).entries).toEqual([{ line: 2, input: { campaignId: campaign, list: 'BLOCK', subject: 'PARTICIPANT', value: 'bot', reason: 'Seen' } }])
  })

  it('names each wrong row by its line, and goes on', () => {
    const { problems, entries } = run('DEVICE,BLOCK,d,r,,', 'DEVICE,DENY,d,r,,', 'PHONE,BLOCK,d,r,,', 'IP,BLOCK,1.2.3,r,,', 'IP,BLOCK,1.2.3.256,r,,', 'IP,BLOCK,2001:db8::/129,r,,',
      'DEVICE,BLOCK,,r,,', 'DEVICE,BLOCK,e,,,', 'DEVICE,BLOCK,f{,r,,', `DEVICE,BLOCK,g,r,${campaign.replace('1', '2')},`, 'DEVICE,BLOCK,h,r,,2027-01-01', 'DEVICE,BLOCK,d,again,,')
    expect(problems.map(({ line, column, kind }) => [line, column, kind])).toEqual([
      [3, 'list', 'list'], [4, 'subject', 'subject'], [5, 'value', 'ip'], [6, 'value', 'ip'], [7, 'value', 'ip'], [8, 'value', 'empty'], [9, 'reason', 'empty'],
      [10, 'value', 'id'], [11, 'campaignId', 'campaign'], [12, 'expiresAt', 'expires'], [13, 'value', 'repeated'],
    ])
    expect(entries).toHaveLength(1)
  })

  it('takes addresses of both kinds, and ranges', () => {
    expect(run('IP,BLOCK,203.0.113.0/24,r,,', 'IP,ALLOW,2001:db8::1,r,,', 'IP,ALLOW,::ffff:1.2.3.4/128,r,,').problems).toEqual([])
  })

  it('reads nothing where the header lacks a column', () => { expect(dryRun('value,list\nx,BLOCK', null)).toMatchObject({ entries: [], missing: ['subject', 'reason'] }) })
})

describe('odds', () => {
  const line = (name: string, ppb: number | null, before = ppb ?? 0) => ({ name, ppb, before })
  const revised = { complete: true }

  it('that are too much name the line that grew most, not the one behind it', () => {
    expect(judgeOdds([line('a', 950_000_000, 10_000_000), line('b', 100_000_000)], revised)).toMatchObject({ wrong: { row: 0, why: 'tooMuch' }, rest: -50_000_000 })
  })
  it('of which nothing is known from before, or none grew, name the one with which the whole is passed', () => {
    expect(judgeOdds([{ ppb: 600_000_000 }, { ppb: 400_000_000 }, { ppb: 1 }]).wrong).toEqual({ row: 2, why: 'tooMuch' })
    expect(judgeOdds([line('a', 100), line('b', 999_999_999)]).wrong).toEqual({ row: 1, why: 'tooMuch' })
  })
  it('name a line that is no number, where each has to be one', () => {
    expect([judgeOdds([line('a', 1), line('b', null)], revised).wrong, judgeOdds([line('a', 1), line('b', null)]).wrong]).toEqual([{ row: 1, why: 'empty' }, null])
  })
  it('name a line that is out of range by itself', () => {
    expect(judgeOdds([{ ppb: 1 }, { ppb: 2_000_000_000 }]).wrong).toEqual({ row: 1, why: 'range' })
  })
  it('of a campaign where every draw wins are the whole', () => {
    const sound = (ppb: number, exact: boolean) => judgeOdds([line('a', ppb)], { exact, complete: true }).isSound
    expect([sound(999_999_999, true), sound(999_999_999, false), sound(1_000_000_000, true)]).toEqual([false, true, true])
  })
})

describe('what differs', () => {
  it('is told field by field, and of things with ids by their names', () => {
    expect(diffOf({ a: 1, prizes: [{ id: 'p', name: 'Cup', n: 1 }], same: [1] }, { a: null, prizes: [{ id: 'p', name: 'Cup', n: 2 }], same: [1] }))
      .toEqual([{ path: 'a', before: 1, after: null }, { path: 'prizes[Cup].n', before: 1, after: 2 }])
  })
  it('is told as a whole where one side is nothing', () => { expect(diffOf({ budget: null }, { budget: { totalMinor: 1 } })).toEqual([{ path: 'budget', before: null, after: { totalMinor: 1 } }]) })
})

describe('rolling back', () => {
  const prize = (id: string, position: number, more: object = {}) => ({ id, position, name: id.toUpperCase(), kind: 'VIRTUAL', probabilityPpb: 5, stockTotal: 9, winsPerUser: null, ...more })
  const campaign = {
    __typename: 'Campaign', id: 'c', status: 'ACTIVE', mechanic: 'LOTTERY', startsAt: '2020-01-01T00:00:00Z', version: 9, name: 'Now', winsPerUser: 4,
    prizes: [prize('a', 1), prize('b', 3)], oddsTables: [],
  } as unknown as RuledCampaignFragment
  const entry = (action: string, before: object, after: object) =>
    ({ action, before: JSON.stringify(before), after: JSON.stringify(after) })

  it('takes what was before a change as the next version’s, and leaves what is fixed', () => {
    const rollback = rollbackOf(entry('campaign.updated', { name: 'Now', winsPerUser: 2, timezone: 'UTC', prizes: [{ id: 'a', name: 'A', winsPerUser: 1, kind: 'CASH' }], version: 3 },
      { name: 'Now', winsPerUser: 4, timezone: 'Asia/Tokyo', prizes: [{ id: 'a', name: 'A', winsPerUser: null, kind: 'VIRTUAL' }], version: 4 }), campaign, 'begun')!
    expect([rollback.by, rollback.fields, rollback.kept]).toEqual(['update', { winsPerUser: 2 }, ['timezone', 'prizes[A].kind']])
    expect(afterOf(rollback, campaign).prizes?.map(({ winsPerUser }) => winsPerUser)).toEqual([1, null])
    const patch = patchOf(rollback, campaign)
    expect([patch.winsPerUser, patch.prizes?.[0]?.winsPerUser, 'position' in patch.prizes![0]!]).toEqual([2, 1, false])
  })

  it('finds the prizes of odds tables by their places, and gives up where one is not there', () => {
    const tables = (position: number) => [{ name: 't', audience: { tiers: ['gold'] }, entries: [{ position, probabilityPpb: 7 }] }]
    const of = (position: number) => rollbackOf(entry('campaign.odds-revised', { oddsTables: tables(position), prizes: [{ id: 'b', name: 'B', probabilityPpb: 1 }] }, { oddsTables: [], prizes: [{ id: 'b', name: 'B', probabilityPpb: 5 }] }), campaign, 'begun')!
    expect(revisionOf(of(3))).toEqual({ prizes: [{ prize: 'b', probabilityPpb: 1 }], oddsTables: [{ name: 't', audience: { tiers: ['gold'] }, entries: [{ prize: 'b', probabilityPpb: 7 }] }] })
    expect(of(2).kept).toEqual(['oddsTables'])
  })

  it('does nothing for an ended campaign, nor for what is no change of rules', () => {
    expect(isEmpty(rollbackOf(entry('campaign.updated', { winsPerUser: 2 }, { winsPerUser: 4 }), campaign, 'over')!)).toBe(true)
    expect(rollbackOf(entry('campaign.paused', { status: 'ACTIVE' }, { status: 'PAUSED' }), campaign, 'begun')).toBeNull()
  })

  it('reads who approved, and the version', () => {
    const { version, approved, fields } = changeOf({ before: '{"name":"a","version":1}', after: '{"approved":{"authorId":"o","changeRequestId":"r"},"name":"b","version":2}' })
    expect([version, approved, fields]).toEqual([2, { authorId: 'o', changeRequestId: 'r' }, [{ path: 'name', before: 'a', after: 'b' }]])
  })
})

describe('what may be changed', () => {
  const at = (status: string, startsAt: string) => stageOf({ status, startsAt } as never, Date.UTC(2026, 0, 1))
  it('is less once a campaign has started, and nothing once it is over', () => {
    expect([at('DRAFT', '2025-01-01'), at('SCHEDULED', '2027-01-01'), at('PAUSED', '2025-01-01'), at('ENDED', '2025-01-01')]).toEqual(['draft', 'published', 'begun', 'over'])
    expect((['draft', 'published', 'begun', 'over'] as const).map((stage) => [mayChange('eligibility', stage), mayChange('oddsTables', stage), mayChange('timezone', stage)]))
      .toEqual([[true, true, true], [true, true, false], [true, false, false], [false, false, false]])
    expect([mayRevise({ mechanic: 'LOTTERY' }, 'begun'), mayRevise({ mechanic: 'LOTTERY' }, 'draft'), mayRevise({ mechanic: 'RED_PACKET' }, 'begun')]).toEqual([true, false, false])
  })
})

describe('small things', () => {
  it('a copy’s slug stays one', () => {
    expect([slugOfCopy('spring', 1), slugOfCopy('spring', 2), slugOfCopy('x'.repeat(64), 1).length]).toEqual(['spring-copy', 'spring-copy-2', 64])
    expect(slugOfCopy(`${'x'.repeat(58)}-${'y'.repeat(5)}`, 1)).toBe(`${'x'.repeat(58)}-copy`)
  })
  it('who is allowed is not blocked, and another campaign’s entry says nothing', () => {
    const on = (list: 'BLOCK' | 'ALLOW', campaignId: string | null) => ({ list, campaignId })
    expect([standingOf([on('BLOCK', null), on('ALLOW', 'c')], 'c'), standingOf([on('BLOCK', null), on('ALLOW', 'c')], 'd'), standingOf([on('BLOCK', 'c')], undefined)]).toEqual(['ALLOW', 'BLOCK', null])
  })
  it('facts are typed as people write them', () => {
    expect(factsOf({ tier: ' gold ', riskPool: '', segments: 'vip, new', attributes: 'level=5, vip=true, city=Berlin, zip="10115"' })).toEqual({
      tier: 'gold', segments: ['vip', 'new'],
      attributes: [{ name: 'level', number: 5 }, { name: 'vip', boolean: true }, { name: 'city', string: 'Berlin' }, { name: 'zip', string: '10115' }],
    })
  })
  it('times are said in their largest whole unit', () => { expect([duration(600, 'en'), duration(90, 'en'), duration(86_400, 'en')]).toEqual(['10 minutes', '90 seconds', '1 day']) })
  it('views are the same whatever the order of what they say', () => {
    expect(sameView({ search: { a: 1, b: 2, c: undefined }, hidden: ['x', 'y'] }, { search: { b: 2, a: 1 }, hidden: ['y', 'x'] })).toBe(true)
    expect(sameView({ search: { a: 1 }, hidden: [] }, { search: { a: 2 }, hidden: [] })).toBe(false)
  })
})
