import { beforeEach, expect, it } from '@jest/globals'
import { newId } from '../../../src/common/ids.js'
import { Features } from '../../../src/platform/features/features.js'
import type { Logger } from '../../../src/platform/telemetry/logger.js'

const [ours, theirs] = [newId(), newId()]
const since = new Date(0)

let lines: Array<{ level: string; text: string; tenantId?: string; feature?: string; to?: string; cause?: string; more?: number }>
let features: Features

beforeEach(() => {
  lines = []
  const write = (level: string) => (fields: object, text: string) => { lines.push({ ...fields, level, text }) }
  features = new Features({ featuresReturnMs: 1, featuresWindowMs: 300_000 }, { info: write('info'), warn: write('warn') } as unknown as Logger)
})

const read = (switched: Parameters<Features['setByHand']>[0]) => { features.setByHand(switched, features.changes) }
const switched = () => lines.map(({ tenantId, feature, to }) => ({ tenantId, feature, to }))

it('are on until somebody or something says otherwise', () => {
  expect(features.off(ours, 'RECENT_WINNERS')).toBeNull()
})

it('are off by hand for one tenant, each by itself, and told once', () => {
  read([{ tenantId: ours, feature: 'RECENT_WINNERS', since }])
  read([{ tenantId: ours, feature: 'RECENT_WINNERS', since }])
  expect(features.off(ours, 'RECENT_WINNERS')).toEqual({ cause: 'OPERATOR', since })
  expect([features.off(ours, 'WINNER_FEED'), features.off(theirs, 'RECENT_WINNERS')]).toEqual([null, null])
  expect([features.tenantsWithout('RECENT_WINNERS'), features.tenantsWithout('WINNER_FEED')]).toEqual([1, 0])
  read([{ tenantId: theirs, feature: 'RECENT_WINNERS', since }])
  expect(features.off(ours, 'RECENT_WINNERS')).toBeNull()
  expect(switched()).toEqual([
    { tenantId: ours, feature: 'RECENT_WINNERS', to: 'OFF' },
    { tenantId: ours, feature: 'RECENT_WINNERS', to: 'AUTO' },
    { tenantId: theirs, feature: 'RECENT_WINNERS', to: 'OFF' },
  ])
})

it('are switched one by one here, beside what others have', () => {
  read([{ tenantId: theirs, feature: 'TEST_DRAWS', since }])
  const { changes } = features
  features.switch(ours, 'TEST_DRAWS', since)
  features.switch(ours, 'WINNER_FEED', since)
  features.switch(ours, 'TEST_DRAWS', null)
  expect(features.changes).toBe(changes + 3)
  expect([features.off(ours, 'TEST_DRAWS'), features.off(ours, 'WINNER_FEED')?.cause, features.off(theirs, 'TEST_DRAWS')?.cause]).toEqual([null, 'OPERATOR', 'OPERATOR'])
  features.switch(ours, 'WINNER_FEED', null)
  features.switch(ours, 'WINNER_FEED', null)
  expect(features.tenantsWithout('WINNER_FEED')).toBe(0)
  expect(switched()).toHaveLength(5)
})

it('are not believed as they were read before one was switched here', () => {
  const before = features.changes
  features.switch(ours, 'TEST_DRAWS', since)
  features.setByHand([], before)
  expect(features.off(ours, 'TEST_DRAWS')?.cause).toBe('OPERATOR')
  read([])
  expect(features.off(ours, 'TEST_DRAWS')).toBeNull()
})

it('that this version does not know switch nothing', () => {
  read([{ tenantId: ours, feature: 'OF_TOMORROW', since }])
  expect(lines).toEqual([])
})

it('tell of many changes by their number', () => {
  read(Array.from({ length: 50 }, () => ({ tenantId: newId(), feature: 'TEST_DRAWS', since })))
  expect(lines).toHaveLength(21)
  expect(lines.at(-1)).toMatchObject({ more: 30 })
})

it('are all off, for everybody, while the process is not well; what was switched by hand keeps its cause', () => {
  features.switch(ours, 'TEST_DRAWS', since)
  lines = []
  features.health.depends('REDIS', true)
  features.look()
  features.look()
  expect(features.off(theirs, 'RECENT_WINNERS')?.cause).toBe('REDIS')
  expect(features.off(ours, 'TEST_DRAWS')).toEqual({ cause: 'OPERATOR', since })
  const began = features.ill?.since
  features.health.depends('POSTGRES', true)
  features.health.depends('REDIS', false)
  features.look()
  expect(features.ill).toEqual({ cause: 'POSTGRES', since: began })
  expect(lines.map(({ level, cause }) => [level, cause])).toEqual([['warn', 'REDIS'], ['warn', 'POSTGRES']])
})
