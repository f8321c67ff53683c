import { describe, expect, it } from '@jest/globals'
import { csvOf, decodeText, parseCsv } from '../../../admin-ui/src/lib/csv.js'
import { dateTime, money, percentOfPpb, relative, share, zoneName } from '../../../admin-ui/src/lib/format.js'
import { linesOf } from '../../../admin-ui/src/lib/lines.js'
import { changedFields, differences, fieldsIn, mergedFields } from '../../../admin-ui/src/lib/three-way.js'
import { safeReturn } from '../../../admin-ui/src/lib/return-to.js'
import { ABILITIES } from '../../../admin-ui/src/domains/operators/abilities.js'
import { fieldsOf, patchOf, typedFields, valuesOf } from '../../../admin-ui/src/domains/settings/policy/policy-fields.js'
import { algorithmOf, jwkProblem } from '../../../admin-ui/src/domains/settings/participant-keys/jwk.js'
import { csvLine } from '../../../src/common/csv.js'
import { permissionsOf } from '../../../src/api/auth/access.js'
import { sortingOf, sortOf, tableViewOf } from '../../../admin-ui/src/ui/data-table/view.js'

describe('CSV', () => {
  it('quotes what would break a row, and begins with a mark that Excel reads', () => {
    expect(csvOf(['a', 'b'], [['x,y', 'say "hi"'], ['两\n行', ' ']])).toBe('\uFEFFa,b\r\n"x,y","say ""hi"""\r\n"两\n行"," "\r\n')
  })

  it.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '=HYPERLINK("http://evil.example")'])('shows a formula as text: %s', (formula) => {
    expect(csvOf(['a'], [[formula]]).split('\r\n')[1]).toMatch(/^"?'/)
  })

  it('takes for a formula what the server does, whatever a text begins with', () => {
    const begins = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter((character) => character !== "'" && character !== '\uFEFF')
    const defused = (line: string | undefined) => /^"?'/.test(line ?? '')
    const different = begins.filter((character) => defused(csvLine([`${character}x`])) !== defused(csvOf(['a'], [[`${character}x`]]).slice(4)))
    expect(different).toEqual([])
    expect(parseCsv(csvOf(['a'], [['＝1+1'], ["'＝1+1"]])).rows.slice(1).map(({ cells }) => cells[0])).toEqual(['＝1+1', "'＝1+1"])
  })

  it.each([
    ['UTF-8', [0xef, 0xbb, 0xbf, 0xe6, 0xb5, 0x8b], '测'], ['UTF-16, as Excel’s Unicode text', [0xff, 0xfe, 0x4b, 0x6d, 0x61, 0x00], '测a'],
    ['GB 18030, as a Chinese Excel’s CSV', [0xb2, 0xe2, 0xca, 0xd4, 0x2c, 0x61], '测试,a'], ['nothing', [], ''], ['one letter', [0x61], 'a'], ['none of them', [0x61, 0xff], 'a\uFFFD'],
  ])('is read in the characters it was written in: %s', (_name, bytes, text) => {
    expect(decodeText(Uint8Array.from(bytes).buffer)).toBe(text)
  })

  it('leaves numbers alone', () => { expect(csvOf(['a', 'b'], [['-12', '0.5']])).toBe('\uFEFFa,b\r\n-12,0.5\r\n') })
})

describe('what people read', () => {
  it('is exact where it is about odds', () => {
    expect([1, 500_000, 1_000_000_000].map((ppb) => percentOfPpb(ppb, 'en'))).toEqual(['0.0000001%', '0.05%', '100%'])
  })

  it('counts minor units as the currency does', () => {
    expect([money(500, 'EUR', 'en'), money(500, 'JPY', 'en'), money(500, 'KWD', 'en')].map((text) => text.replaceAll('\u00a0', ' '))).toEqual(['€5.00', '¥500', 'KWD 0.500'])
  })

  it('names the zone of every time, and the year where it is another', () => {
    const now = Date.UTC(2026, 10, 28)
    expect(dateTime('2026-11-28T04:43:00Z', 'UTC', 'en', now)).toBe('Nov 28, 04:43 UTC')
    expect(dateTime('2027-11-28T04:43:00Z', 'Asia/Shanghai', 'zh-CN', now)).toBe('2027年11月28日 12:43 GMT+8')
  })

  it('calls a zone as times are written in it, by the season', () => {
    expect([zoneName('Asia/Shanghai', 'zh-CN', Date.UTC(2026, 10, 28)), zoneName('UTC', 'en', 0)]).toEqual(['GMT+8', 'UTC'])
    expect([0, 6].map((month) => zoneName('America/New_York', 'en', Date.UTC(2026, month, 1)))).toEqual(['EST', 'EDT'])
  })

  it('tells how far away a moment is', () => {
    expect(relative('2026-11-28T06:00:00Z', Date.UTC(2026, 10, 28, 4), 'en')).toBe('in 2 hours')
    expect(relative('2026-11-27T04:00:00Z', Date.UTC(2026, 10, 28, 4), 'en')).toBe('yesterday')
  })

  it('keeps shares between nothing and all', () => { expect([share(1, 0), share(-1, 2), share(1, 2), share(9, 3)]).toEqual([0, 0, 50, 100]) })
})

describe('what an address may say', () => {
  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '', 4, undefined, '/a\n'])('never leads away: %p', (given) => { expect(safeReturn(given)).toBe('/') })
  it('leads back to a screen', () => { expect(safeReturn('/campaigns?status=ACTIVE')).toBe('/campaigns?status=ACTIVE') })

  it('is left out where it makes no sense', () => {
    expect(tableViewOf({ sort: 'password', page: '-3' }, ['name'])).toEqual({})
    expect(tableViewOf({ sort: '-name', page: '2' }, ['name'])).toEqual({ sort: '-name', page: 2 })
  })

  it('holds the order of a table', () => { expect(sortOf(sortingOf('-endsAt'))).toBe('-endsAt') })
})

describe('a pasted list', () => {
  it('loses blank lines and repetitions', () => { expect(linesOf(' a \r\n\r\nb\ra\nc')).toEqual(['a', 'b', 'c']) })
})

describe('what each role may do', () => {
  it.each(['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST'] as const)('is told as the API has it: %s', (role) => {
    const told = Object.entries(ABILITIES).filter(([, roles]) => roles.some((each) => each === role)).map(([name]) => name)
    expect(told.sort()).toEqual([...permissionsOf(role)].sort())
  })
})

describe('two writers of one thing', () => {
  interface Three { a: number; b: number; c: number[]; d: number | null }
  const base: Three = { a: 1, b: 2, c: [1], d: null }
  const mine: Three = { a: 10, b: 2, c: [1], d: 4 }
  const theirs: Three = { a: 20, b: 3, c: [1], d: null }

  it('are shown where they do not agree', () => {
    const found = differences(fieldsIn(base), fieldsIn(mine), fieldsIn(theirs))
    expect(found.map(({ path, mine: one, theirs: other, by }) => [path, one, other, by])).toEqual([['a', 10, 20, 'both'], ['b', 2, 3, 'them'], ['d', 4, null, 'me']])
  })

  it('keep of theirs what was not chosen of mine', () => {
    expect(mergedFields(mine, theirs, new Set(['a', 'd']))).toEqual({ a: 10, b: 3, c: [1], d: 4 })
    expect(changedFields(base, mine)).toEqual({ a: 10, d: 4 })
  })
})

describe('the policy as it is typed', () => {
  const policy = { version: 3, totpRequired: false, publishers: ['REVIEWER', 'OWNER'], approvals: [{ kind: 'ODDS', above: 5_000 }, { kind: 'STOCK', above: 0 }], approvalHours: 72 } as const
  const fields = fieldsOf({ ...policy, publishers: [...policy.publishers], approvals: [...policy.approvals] })

  it('comes back as it was, odds by way of per cent', () => {
    expect(valuesOf(fields).rules.ODDS).toEqual({ on: true, above: 0.0005 })
    expect(typedFields(valuesOf(fields))).toEqual(fields)
  })

  it('is sent as far as it was changed; rules are one list', () => {
    expect(patchOf(fields, fields)).toEqual({})
    expect(patchOf(fields, { ...fields, approvalHours: 24 })).toEqual({ approvalHours: 24 })
    expect(patchOf(fields, { ...fields, STOCK: null, PUBLISH: 0 })).toEqual({ approvals: [{ kind: 'PUBLISH', above: 0 }, { kind: 'ODDS', above: 5_000 }] })
  })
})

describe('a key that is pasted', () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'BB' }

  it.each([
    ['no JSON', '{', 'notJson'], ['a list', '[]', 'notJson'], ['a private one', JSON.stringify({ ...key, d: 'CC' }), 'privateKey'],
    ['one for another algorithm', JSON.stringify({ kty: 'RSA', n: 'A', e: 'AQAB' }), 'otherKind'], ['a part of one', JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'AA' }), 'incomplete'],
  ] as const)('is refused before it is sent: %s', (_what, text, problem) => { expect(jwkProblem(text, 'ES256')).toBe(problem) })

  it('says by itself what it is for', () => {
    expect(jwkProblem(JSON.stringify(key), 'ES256')).toBeNull()
    expect([key, { kty: 'RSA' }, { kty: 'OKP', crv: 'Ed25519' }, { kty: 'OKP', crv: 'X25519' }, { kty: 'oct' }].map(algorithmOf)).toEqual(['ES256', 'RS256', 'EdDSA', undefined, undefined])
  })
})
