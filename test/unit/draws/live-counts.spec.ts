import { describe, expect, it } from '@jest/globals'
import { fieldOf, kindsOf, minuteOf, minutesOf, seriesOf } from '../../../src/modules/draws/live/live-counts.js'
import type { DrawResult } from '../../../src/modules/draws/draws.types.js'

describe('live counts', () => {
  it('name what became of each draw of an accepted request, and of a repeated or refused one as one', () => {
    const accepted = (outcomes: Array<'WON' | 'LOST' | null>, replayed = false) =>
      ({ kind: 'accepted', replayed, draws: outcomes.map((outcome) => ({ outcome })) } as unknown as DrawResult)
    expect(kindsOf(accepted(['WON', 'LOST', null, 'LOST']))).toEqual(['won', 'lost', 'pending', 'lost'])
    expect(kindsOf(accepted(['WON', 'LOST'], true))).toEqual(['repeated'])
    expect(kindsOf({ kind: 'rejected', code: 'SOLD_OUT' } as DrawResult)).toEqual(['SOLD_OUT'])
  })

  it('become a point for each second, over minutes, and nothing of the seconds beside', () => {
    const second = 1_000 * 60 + 58
    expect(minutesOf(second, second + 3)).toEqual([1_000, 1_001])
    expect([second, second + 2].map(minuteOf)).toEqual([1_000, 1_001])
    const minutes = new Map([
      [1_000, { [fieldOf(second - 1, 'won')]: '99', [fieldOf(second, 'won')]: '2', [fieldOf(second, 'lost')]: '7', [fieldOf(second + 1, 'SOLD_OUT')]: '3' }],
      [1_001, { [fieldOf(second + 2, 'repeated')]: '1', [fieldOf(second + 2, 'NO_TICKETS')]: '4', [fieldOf(second + 3, 'pending')]: '5', [fieldOf(second + 4, 'won')]: '99' }],
    ])
    const nothing = { won: 0, lost: 0, pending: 0, repeated: 0, refused: 0, refusals: [] }
    expect(seriesOf(minutes, second, second + 3)).toEqual({
      points: [
        { ...nothing, second, won: 2, lost: 7 },
        { ...nothing, second: second + 1, refused: 3, refusals: [{ code: 'SOLD_OUT', count: 3 }] },
        { ...nothing, second: second + 2, repeated: 1, refused: 4, refusals: [{ code: 'NO_TICKETS', count: 4 }] },
        { ...nothing, second: second + 3, pending: 5 },
      ],
      refusals: [{ code: 'NO_TICKETS', count: 4 }, { code: 'SOLD_OUT', count: 3 }],
    })
  })
})
