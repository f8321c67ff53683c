import { describe, expect, it } from '@jest/globals'
import { Channel } from '../../../src/api/subscriptions/channel.js'
import { headersOf, pathOf } from '../../../src/api/subscriptions/connection.js'
import { news } from '../../../src/api/app/subscriptions/news.js'
import { Poller } from '../../../src/api/subscriptions/poller.js'
import { Seats } from '../../../src/api/subscriptions/seats.js'

describe('a channel', () => {
  it('gives what was pushed, in order, and then the end', async () => {
    let ends = 0
    const channel = new Channel<number>(10, () => { ends++ })
    channel.push(1)
    channel.push(2)
    channel.end()
    channel.push(3)
    channel.end()
    const seen: number[] = []
    for await (const value of channel) seen.push(value)
    expect([seen, ends]).toEqual([[1, 2], 1])
  })

  it('wakes a reader that waits: with a value, the end, or the error', async () => {
    const channel = new Channel<number>(10, () => undefined)
    const value = channel.next()
    channel.push(1)
    expect(await value).toEqual({ done: false, value: 1 })
    const end = channel.next()
    expect(await channel.return()).toEqual({ done: true, value: undefined })
    expect(await end).toEqual({ done: true, value: undefined })
    const failing = new Channel<number>(10, () => undefined)
    const failed = failing.next()
    failing.end(new Error('broken'))
    await expect(failed).rejects.toThrow('broken')
    expect(await failing.next()).toEqual({ done: true, value: undefined })
  })

  it('loses the oldest where its reader is too slow', async () => {
    const channel = new Channel<number>(2, () => undefined)
    for (const value of [1, 2, 3]) channel.push(value)
    channel.end()
    const seen: number[] = []
    for await (const value of channel) seen.push(value)
    expect(seen).toEqual([2, 3])
  })
})

describe('news', () => {
  const of = (before: string, now: string) => news([...before], [...now], (letter) => letter).join('')
  it.each([
    ['nothing new', 'cba', 'cba', ''],
    ['the first', '', 'ba', 'ab'],
    ['some, the oldest first', 'cba', 'edcba', 'de'],
    ['one that came late, in between', 'dba', 'dcba', 'c'],
    ['more than the list holds', 'cba', 'fed', 'def'],
    ['equal ones', 'aa', 'aaa', 'a'],
    ['not what moved up because another went away', 'dcb', 'dba', ''],
    ['nothing where all went away', 'cba', '', ''],
  ])('%s', (_, before, now, expected) => {
    expect(of(before, now)).toBe(expected)
  })
})

describe('a poller', () => {
  const delayMs = { first: 10, last: 10 }
  const limits = { topicsMax: 2, pollsAtOnceMax: 1, bufferedMax: 10 }

  it('asks once for all that wait for the same, again after a failure, and until there can be no more', async () => {
    const errors: unknown[] = []
    const poller = new Poller<number>(limits, (error) => errors.push(error))
    let asked = 0
    const poll = async () => {
      asked++
      if (asked === 1) throw new Error('away')
      return asked === 3 ? { values: [7], done: true } : { values: [], done: false }
    }
    const channels = [1, 2, 3].map(() => poller.subscribe({ key: 'a', delayMs, poll })!)
    const results = await Promise.all(channels.map(async (channel) => [await channel.next(), await channel.next()]))
    for (const result of results) expect(result).toEqual([{ done: false, value: 7 }, { done: true, value: undefined }])
    expect([asked, errors.length]).toEqual([3, 1])
    poller.close()
  })

  it('has room for so many topics, and for others when their subscribers are gone', async () => {
    const poller = new Poller<number>(limits, () => undefined)
    const topic = (key: string) => ({ key, delayMs, poll: async () => ({ values: [], done: false }) })
    const first = poller.subscribe(topic('a'))!
    poller.subscribe(topic('b'))
    expect(poller.subscribe(topic('c'))).toBeNull()
    expect(poller.subscribe(topic('a'))).not.toBeNull()
    await first.return()
    expect(poller.subscribe(topic('c'))).toBeNull()
    poller.close()
    expect(poller.subscribe(topic('c'))).not.toBeNull()
    poller.close()
  })
})

describe('a connection', () => {
  it('has seats, of all and of each tenant’s', () => {
    const seats = new Seats({ max: 3, perHolderMax: 2 })
    const first = seats.take('a')!
    expect([seats.take('a') !== null, seats.take('a')]).toEqual([true, null])
    expect([seats.take('b') !== null, seats.full, seats.take('c')]).toEqual([true, true, null])
    first()
    first()
    expect([seats.take('a') !== null, seats.take('c')]).toEqual([true, null])
  })

  it('proves itself in its first message, in any case of letters', () => {
    expect(headersOf({ 'X-Api-Key': 'k', other: 'x' })).toEqual({ 'x-api-key': 'k' })
    expect(headersOf({ Authorization: 'Bearer t' })).toEqual({ authorization: 'Bearer t' })
    expect([headersOf(undefined), headersOf({}), headersOf({ authorization: 5 })]).toEqual([null, null, null])
  })

  it.each([['/graphql', '/graphql'], ['/graphql?a=b', '/graphql'], ['/admin/graphql', '/admin/graphql'], ['http://x/graphql', null], ['*', null]])('to %s is on the path %s', (url, path) => {
    expect(pathOf({ url } as Parameters<typeof pathOf>[0])).toBe(path)
  })
})
