import { describe, expect, it } from '@jest/globals'
import { BackPressure } from '../../../src/modules/settlement/domain/back-pressure.js'

const refused = (pressure: BackPressure) => (['NORMAL', 'PRIORITY'] as const).filter((lane) => pressure.refuses(lane))

describe('draws', () => {
  it('are refused from the bound on, PRIORITY from half as much again, and come back in turn with room to spare', () => {
    const pressure = new BackPressure(1_000)
    const at = (entries: number) => {
      pressure.judge({ entries, memoryShare: 0.5 })
      return refused(pressure)
    }
    expect([999, 1_000, 1_499].map(at)).toEqual([[], ['NORMAL'], ['NORMAL']])
    expect([1_500, 1_200, 1_199].map(at)).toEqual([['NORMAL', 'PRIORITY'], ['NORMAL', 'PRIORITY'], ['NORMAL']])
    expect([1_000, 800, 799, 999].map(at)).toEqual([['NORMAL'], ['NORMAL'], [], []])
  })

  it('are refused while Redis is nearly full, whatever it is full of', () => {
    const pressure = new BackPressure(1_000)
    const at = (memoryShare: number) => {
      pressure.judge({ entries: 0, memoryShare })
      return refused(pressure)
    }
    expect([0, 0.89, 0.9, 0.96].map(at)).toEqual([[], [], ['NORMAL'], ['NORMAL']])
    expect([0.97, 0.95, 0.93].map(at)).toEqual([['NORMAL', 'PRIORITY'], ['NORMAL', 'PRIORITY'], ['NORMAL']])
    expect([0.88, 0.86].map(at)).toEqual([['NORMAL'], []])
  })

  it('have each change told once, with its reason', () => {
    const pressure = new BackPressure(1_000)
    const at = (entries: number, memoryShare: number) => pressure.judge({ entries, memoryShare })
    expect(at(0, 0)).toEqual([])
    expect(at(1_600, 0)).toEqual([{ lane: 'NORMAL', reason: 'BACKLOG' }, { lane: 'PRIORITY', reason: 'BACKLOG' }])
    expect(at(1_700, 0)).toEqual([])
    // Another reason for the same is no change.
    expect(at(0, 0.95)).toEqual([])
    expect(at(0, 0.5)).toEqual([{ lane: 'NORMAL', reason: null }, { lane: 'PRIORITY', reason: null }])
    expect(at(0, 0.91)).toEqual([{ lane: 'NORMAL', reason: 'MEMORY' }])
  })
})
