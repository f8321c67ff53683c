import { describe, expect, it } from '@jest/globals'
import { type Judgement, judgePostgres, judgeRedis, type PostgresFacts, type RedisFacts } from '../../../src/platform/stores/settings.js'

const REDIS: RedisFacts = {
  role: 'master', maxmemoryPolicy: 'noeviction', appendOnly: true, appendfsync: 'everysec', maxmemory: 1_000, usedMemory: 100,
}
const POSTGRES: PostgresFacts = { fsync: 'on', synchronousCommit: 'on', fullPageWrites: 'on', maxSlotWalKeepSize: 2_048 }
const wrong = (judged: readonly Judgement[]) =>
  judged.filter(({ severity }) => severity !== null).map(({ setting, severity }) => [setting, severity])

describe('the settings of Redis', () => {
  it('are right as the product itself starts it', () => {
    expect(wrong(judgeRedis(REDIS))).toEqual([])
    expect(wrong(judgeRedis({ ...REDIS, appendfsync: 'always' }))).toEqual([])
    expect(wrong(judgeRedis({ ...REDIS, appendfsync: null }))).toEqual([])
  })

  it.each<[Partial<RedisFacts>, string, string]>([
    [{ role: 'slave' }, 'role', 'BREAKS'],
    [{ maxmemoryPolicy: 'allkeys-lru' }, 'maxmemory-policy', 'BREAKS'],
    [{ appendOnly: false }, 'appendonly', 'BREAKS'],
    [{ appendfsync: 'no' }, 'appendfsync', 'BREAKS'],
    [{ maxmemory: 0 }, 'maxmemory', 'WEAKENS'],
    [{ usedMemory: 800 }, 'maxmemory', 'WEAKENS'],
  ])('%j: %s %s', (facts, setting, severity) => {
    expect(wrong(judgeRedis({ ...REDIS, ...facts }))).toEqual([[setting, severity]])
  })
})

describe('the settings of Postgres', () => {
  it('are right as the product itself starts it', () => {
    expect(wrong(judgePostgres(POSTGRES))).toEqual([])
    expect(wrong(judgePostgres({ ...POSTGRES, synchronousCommit: 'remote_apply' }))).toEqual([])
  })

  it.each<[Partial<PostgresFacts>, string, string]>([
    [{ fsync: 'off' }, 'fsync', 'BREAKS'],
    [{ synchronousCommit: 'off' }, 'synchronous_commit', 'BREAKS'],
    [{ fullPageWrites: 'off' }, 'full_page_writes', 'WEAKENS'],
    [{ maxSlotWalKeepSize: -1 }, 'max_slot_wal_keep_size', 'WEAKENS'],
  ])('%j: %s %s', (facts, setting, severity) => {
    expect(wrong(judgePostgres({ ...POSTGRES, ...facts }))).toEqual([[setting, severity]])
  })
})
