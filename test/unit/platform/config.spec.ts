import { describe, expect, it } from '@jest/globals'
import { parseConfig } from '../../../src/config/config.js'

const drains = (env: Record<string, string>) => {
  const { settlementConcurrencyMin, settlementConcurrencyMax } = parseConfig(env)
  return [settlementConcurrencyMin, settlementConcurrencyMax]
}

describe('how many streams a process drains', () => {
  it.each<[string, Record<string, string>, [number, number]]>([
    ['nothing is said', {}, [2, 7]],
    ['the pool is large', { DATABASE_POOL_MAX: '40' }, [2, 8]],
    ['the pool is small', { DATABASE_POOL_MAX: '4' }, [1, 1]],
    ['the pool is smaller than what is left to others', { DATABASE_POOL_MAX: '2' }, [1, 1]],
    ['both are said', { SETTLEMENT_CONCURRENCY_MIN: '3', SETTLEMENT_CONCURRENCY_MAX: '5' }, [3, 5]],
    ['both are beyond the pool', { SETTLEMENT_CONCURRENCY_MIN: '20', SETTLEMENT_CONCURRENCY_MAX: '30' }, [7, 7]],
    ['the ceiling is said by its former name', { SETTLEMENT_CONCURRENCY: '5' }, [2, 5]],
    ['it is one by its former name', { SETTLEMENT_CONCURRENCY: '1' }, [1, 1]],
    ['it is said by both names', { SETTLEMENT_CONCURRENCY: '4', SETTLEMENT_CONCURRENCY_MAX: '6' }, [2, 6]],
  ])('where %s', (_, env, expected) => {
    expect(drains(env)).toEqual(expected)
  })

  it.each<[Record<string, string>, string]>([
    [{ SETTLEMENT_CONCURRENCY_MIN: '6', SETTLEMENT_CONCURRENCY_MAX: '5' }, 'SETTLEMENT_CONCURRENCY_MIN'],
    [{ SETTLEMENT_CONCURRENCY_MIN: '2', SETTLEMENT_CONCURRENCY: '1' }, 'SETTLEMENT_CONCURRENCY_MIN'],
    [{ SETTLEMENT_CONCURRENCY_MAX: '0' }, 'SETTLEMENT_CONCURRENCY_MAX'],
    [{ SETTLEMENT_BACKLOG_MAX: '0' }, 'SETTLEMENT_BACKLOG_MAX'],
    [{ DRAWS_PER_SECOND_MAX: '-1' }, 'DRAWS_PER_SECOND_MAX'],
    [{ TENANT_DRAWS_PER_SECOND_MAX: '0' }, 'TENANT_DRAWS_PER_SECOND_MAX'],
    [{ QUEUE_DESK_TENANT: 'Demo tenant' }, 'QUEUE_DESK_TENANT'],
  ])('%j is refused by the name to mend', (env, variable) => {
    expect(() => parseConfig(env)).toThrow(new RegExp(`^${variable}:`))
  })
})
