import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { describe, expect, it } from '@jest/globals'
import { SharedRates } from '../../../src/api/app/admission/shared-rates.js'

const TELL_MS = 20
const ADDRESS = { key: 'address', perSecondMax: 5 }
const TENANT = { key: 'tenant', perSecondMax: 10_000 }

function start() {
  const told: Array<readonly [key: string, admitted: number]> = []
  const evalsha = async (_sha: string, _keys: number, key: string, _between: number, admitted: number) => told.push([key, admitted])
  const rates = new SharedRates({ evalsha } as unknown as Redis, { isAhead: () => undefined })
  return { rates, told }
}

describe('rates of all processes', () => {
  it('are told at once where a draw is much of them, and the large ones it counts in a moment later, together', async () => {
    const { rates, told } = start()
    for (let n = 0; n < 3; n++) {
      rates.counted([TENANT, ADDRESS], 1)
      await Promise.resolve()
    }
    expect(told).toEqual(Array(3).fill(['d:rate:address', 1]))
    await sleep(TELL_MS * 3)
    expect(told.slice(3)).toEqual([['d:rate:tenant', 3]])
    rates.close()
  })

  it('are told at once as well when a fiftieth of a second has come together', async () => {
    const { rates, told } = start()
    for (let n = 0; n < 200; n++) rates.counted([TENANT], 1)
    await Promise.resolve()
    expect(told).toEqual([['d:rate:tenant', 200]])
    rates.close()
  })

  it('are not told of what was given back in the meantime', async () => {
    const { rates, told } = start()
    rates.counted([TENANT], 1)
    rates.counted([TENANT], -1)
    await sleep(TELL_MS * 3)
    expect(told).toEqual([])
    rates.close()
  })
})
