import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { SettlementService } from '../../../src/modules/settlement/settlement.service.js'
import type { DrainEnd, StreamRef } from '../../../src/modules/settlement/settlement.types.js'

const stream = (tenantId: string, bucket = 0): StreamRef => ({ tenantId, campaign: { id: `c-${tenantId}`, no: 1, bucketCount: 64 }, epoch: 1, bucket, fast: true })

/** The service over streams of so many turns each; one stream at a time. */
function start(turnsOf: Readonly<Record<string, number>>) {
  const left = new Map(Object.entries(turnsOf))
  const drained: string[] = []
  const drain = async ({ tenantId }: StreamRef): Promise<DrainEnd> => {
    await nextTurn()
    drained.push(tenantId)
    const more = (left.get(tenantId) ?? 1) - 1
    left.set(tenantId, more)
    return more > 0 ? 'MORE' : 'EMPTY'
  }
  const fakes: unknown[] = [
    { role: 'api', settlementPaceMs: 200 }, { drain }, {}, {}, { debug: () => undefined, warn: () => undefined }, { value: 1, wanted: () => undefined }, {},
  ]
  return { service: new SettlementService(...(fakes as ConstructorParameters<typeof SettlementService>)), drained }
}

const untilDrained = async (drained: readonly string[], count: number) => { while (drained.length < count) await nextTurn() }

describe('a wake-up', () => {
  it('is done with after one turn of its stream, which is drained to its end behind it: others have their turns meanwhile', async () => {
    const { service, drained } = start({ rush: 10, calm: 1 })
    await service.settlePaced(stream('rush'))
    expect(drained).toEqual(['rush'])
    await service.settlePaced(stream('calm'))
    expect(drained.filter((tenant) => tenant === 'rush').length).toBeLessThan(5)
    expect(drained.at(-1)).toBe('calm')
    await untilDrained(drained, 11)
    await service.onModuleDestroy()
    expect(drained.filter((tenant) => tenant === 'rush')).toHaveLength(10)
  })

  it('fails where its stream could not be drained', async () => {
    const { service } = start({})
    const failing = new Error('no database')
    Object.assign((service as unknown as { drains: object }).drains, { drain: () => Promise.reject(failing) })
    await expect(service.settlePaced(stream('rush'))).rejects.toBe(failing)
    await service.onModuleDestroy()
  })
})
