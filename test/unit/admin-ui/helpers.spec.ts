import { describe, expect, it } from '@jest/globals'
import { csvOf } from '../../../admin-ui/src/lib/csv.js'
import { dateTime, money, percentOfPpb, relative, share } from '../../../admin-ui/src/lib/format.js'
import { linesOf } from '../../../admin-ui/src/lib/lines.js'
import { safeReturn } from '../../../admin-ui/src/lib/return-to.js'
import { sortingOf, sortOf, tableViewOf } from '../../../admin-ui/src/ui/data-table/view.js'

describe('CSV', () => {
  it('quotes what would break a row, and begins with a mark that Excel reads', () => {
    expect(csvOf(['a', 'b'], [['x,y', 'say "hi"'], ['两\n行', ' ']])).toBe('\uFEFFa,b\r\n"x,y","say ""hi"""\r\n"两\n行"," "\r\n')
  })

  it.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '=HYPERLINK("http://evil.example")'])('shows a formula as text: %s', (formula) => {
    expect(csvOf(['a'], [[formula]]).split('\r\n')[1]).toMatch(/^"?'/)
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
