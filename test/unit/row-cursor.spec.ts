import { describe, expect, it } from '@jest/globals'
import { checkFirst, rowCursors } from '../../src/common/row-cursor.js'

const { encode, decode } = rowCursors('stock', /^[1-9]\d{0,5}$/)

describe('cursors of a list', () => {
  it('name their row', () => {
    expect(decode(encode('17'))).toBe('17')
    expect(decode(null)).toBeNull()
  })

  it.each([
    ['nothing', ''], ['a row without its wrapping', '17'], ['another list’s', rowCursors('ticket', /./).encode('17')], ['no row of such a list', encode('0')],
    ['one that was padded', `${encode('17')}=`], ['one in another alphabet', `${encode('17')}+/`], ['too much', encode('1'.repeat(500))],
  ])('refuse %s', (_what, cursor) => {
    expect(() => decode(cursor)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining('no cursor of this list') }))
  })
})

it('a page has 1 to 100 rows', () => {
  for (const first of [1, 100]) expect(() => { checkFirst(first) }).not.toThrow()
  for (const first of [0, 101, -1, 1.5, NaN]) expect(() => { checkFirst(first) }).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
})
