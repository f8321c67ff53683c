import { describe, expect, it } from '@jest/globals'
import { DrainTurns } from '../../../src/modules/settlement/drain-turns.js'
import type { DrainEnd, StreamRef } from '../../../src/modules/settlement/settlement.types.js'

const stream = (tenantId: string, bucket: number): StreamRef => ({ tenantId, campaign: { id: `c-${tenantId}`, no: 1, bucketCount: 64 }, epoch: 1, bucket })

function start(value: number) {
  const permits = { value, isWanted: false, wanted: (waits: boolean) => { permits.isWanted = waits } }
  const begun: string[] = []
  const running: Array<() => void> = []
  const turns = new DrainTurns(permits, ({ tenantId, bucket }) => {
    begun.push(`${tenantId}${bucket}`)
    return new Promise<DrainEnd>((resolve) => running.push(() => { resolve('EMPTY') }))
  })
  /** The oldest turn ends; what its end sets off has happened. */
  const end = async () => {
    running.shift()!()
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  return { permits, begun, turns, end }
}

describe('turns of streams', () => {
  it('are as many as there are permits, tenants one after the other', async () => {
    const { permits, begun, turns, end } = start(2)
    for (let bucket = 0; bucket < 4; bucket++) void turns.take(stream('a', bucket))
    for (let bucket = 0; bucket < 2; bucket++) void turns.take(stream('b', bucket))
    expect([begun, turns.running, turns.waiting, permits.isWanted]).toEqual([['a0', 'a1'], 2, 4, true])
    for (let n = 0; n < 4; n++) await end()
    expect(begun).toEqual(['a0', 'a1', 'a2', 'b0', 'a3', 'b1'])
    expect(permits.isWanted).toBe(false)
  })

  it('follow permits that grow and shrink, without anybody being cut off', async () => {
    const { permits, begun, turns, end } = start(1)
    for (let bucket = 0; bucket < 8; bucket++) void turns.take(stream('a', bucket))
    expect(turns.running).toBe(1)
    permits.value = 4
    await end()
    expect([turns.running, turns.waiting]).toEqual([4, 3])
    permits.value = 2
    await end()
    await end()
    expect([turns.running, turns.waiting]).toEqual([2, 3])
    await end()
    expect([turns.running, turns.waiting, begun.length]).toEqual([2, 2, 6])
  })

  it('ask for more only where a stream waits that nobody drains', async () => {
    const { permits, turns, end } = start(1)
    const first = turns.take(stream('a', 0))
    expect(permits.isWanted).toBe(false)
    const again = turns.take(stream('a', 0))
    expect([permits.isWanted, turns.waiting]).toEqual([false, 1])
    void turns.take(stream('b', 0))
    expect(permits.isWanted).toBe(true)
    await end()
    await end()
    await end()
    expect(await Promise.all([first, again])).toEqual(['EMPTY', 'EMPTY'])
    expect([turns.running, turns.waiting]).toEqual([0, 0])
  })
})
