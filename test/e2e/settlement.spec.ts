import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { BacklogStore } from '../../src/modules/settlement/backlog.store.js'
import { checkTransitions, DRAW_TRANSITIONS, statesBefore } from '../../src/modules/settlement/domain/draw-state.js'
import { decodeEntry } from '../../src/modules/settlement/domain/stream-entry.js'
import type { SettlementService } from '../../src/modules/settlement/settlement.service.js'
import type { StreamRef } from '../../src/modules/settlement/settlement.types.js'
import { StreamStore } from '../../src/modules/settlement/stream.store.js'
import { SweepService } from '../../src/modules/settlement/sweep.service.js'
import type { QueuePort } from '../../src/platform/queue/queue.port.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { eventually } from '../support/rows.js'
import { startSettlement, type SettlementKit } from '../support/settlement.js'

let kit: SettlementKit
beforeAll(async () => { kit = await startSettlement() })
afterAll(() => kit.close())

/** Beyond the ids that other tests are given. */
const FAR_IDS = 1_000_000_000

describe('draining a stream', () => {
  it('settles each entry once, moves the stock in the ledger, and trims', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 10 }] })
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1', '0'] })
    await kit.decide(campaign, { userId: 'bob' })
    const stream = await campaign.stream()
    expect(await kit.drains.drain(stream, 10)).toBe('EMPTY')
    expect(await kit.drains.drain(stream, 10)).toBe('EMPTY')
    const rows = await kit.rows(campaign)
    expect(rows.map((row) => [row.participant_id, row.ordinal, row.outcome, row.state, row.version])).toEqual([
      ['ada', 0, 'WON', 'SETTLED', 1], ['ada', 1, 'LOST', 'SETTLED', 1], ['bob', 0, 'LOST', 'SETTLED', 1],
    ])
    const keys = bucketKeys(campaign.place, 1, 0)
    expect([await kit.redis.xlen(keys.stream), await kit.redis.hlen(keys.pend)]).toEqual([0, 0])
    const ledger = await kit.owner.query(`SELECT quantity, from_place, to_place FROM stock_ledger WHERE campaign_id = $1 AND movement = 'AWARD'`, [campaign.id])
    expect(ledger.rows).toEqual([{ quantity: 1, from_place: 'bucket:0', to_place: 'awarded' }])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 3, unsettled: 0 })
  })

  it('changes nothing when entries that are settled come again', async () => {
    const campaign = await kit.plant()
    const stream = await campaign.stream()
    const keys = bucketKeys(campaign.place, 1, 0)
    for (const userId of ['a', 'b', 'c']) await kit.decide(campaign, { userId, outcomes: ['1'] })
    const entries = await kit.redis.xrange(keys.stream, '-', '+')
    await kit.drains.drain(stream, 10)
    const before = await kit.rows(campaign)
    // As after a kill between the commit and the trim.
    await kit.redis.del(keys.stream)
    for (const [id, fields] of entries) await kit.redis.xadd(keys.stream, id, ...fields)
    expect(await kit.drains.drain(stream, 10)).toBe('EMPTY')
    expect(await kit.rows(campaign)).toEqual(before)
    expect(await kit.redis.xlen(keys.stream)).toBe(0)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 3 })
  })

  it('lets several workers drain one stream at once, each entry settling once', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 500 }] })
    for (let n = 0; n < 130; n++) await kit.decide(campaign, { userId: `user-${n}`, outcomes: [n % 3 === 0 ? '1' : '0'] })
    const stream = await campaign.stream()
    await Promise.all(Array.from({ length: 4 }, () => kit.drains.drain(stream, 10)))
    while ((await kit.drains.drain(stream, 10)) === 'BUSY');
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 130, unsettled: 0 })
  })

  it('takes a ticket per draw once, and records transfers', async () => {
    const campaign = await kit.plant({ bucketCount: 2, prizes: [{ stock: 10 }], requiresTickets: true })
    await kit.grant(campaign, 'ada', 2)
    const decided = await kit.decide(campaign, { userId: 'ada', outcomes: ['0', '0'], ticket: true })
    const other = 1 - decided.bucket
    const keys = bucketKeys(campaign.place, 1, decided.bucket)
    const seq = await kit.redis.hincrby(keys.stock, 'q', 1)
    await kit.redis.hincrby(keys.stock, 'p1', 2)
    await kit.redis.hincrby(bucketKeys(campaign.place, 1, other).stock, 'p1', -2)
    await kit.redis.xadd(keys.stream, `${seq}-0`, 'y', 'T', 'p', '1', 'n', '2', 'b', String(other), 'i', 'move-1', 'c', String(Date.now()))
    await kit.drains.drain(await campaign.stream(decided.bucket), 10)
    const tickets = await kit.owner.query('SELECT amount, idempotency_key FROM ticket_ledger WHERE campaign_id = $1 AND amount < 0 ORDER BY id', [campaign.id])
    expect(tickets.rows).toEqual(decided.ids.map((id) => ({ amount: -1, idempotency_key: `draw:${id}` })))
    const moved = await kit.owner.query(`SELECT quantity, from_place, to_place, idempotency_key FROM stock_ledger WHERE campaign_id = $1 AND movement = 'TRANSFER'`, [campaign.id])
    expect(moved.rows).toEqual([{ quantity: 2, from_place: `bucket:${other}`, to_place: `bucket:${decided.bucket}`, idempotency_key: 'transfer:move-1' }])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true })
  })

  it('puts what cannot be settled among the dead letters and goes on behind it', async () => {
    const campaign = await kit.plant()
    const keys = bucketKeys(campaign.place, 1, 0)
    await kit.decide(campaign, { userId: 'first' })
    await kit.redis.xadd(keys.stream, `${await kit.redis.hincrby(keys.stock, 'q', 1)}-0`, 'y', 'D', 'u', 'half')
    await kit.decide(campaign, { userId: 'second' })
    const unknownPrize = await kit.decide(campaign, { userId: 'third', outcomes: ['77'] })
    await kit.decide(campaign, { userId: 'fourth', outcomes: ['1'] })
    const taken = await kit.decide(campaign, { userId: 'second', key: 'again' })
    await kit.decide(campaign, { userId: 'second', key: 'again' })
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('EMPTY')
    const dead = await kit.owner.query<{ seq: string; error: string }>('SELECT seq, error FROM dead_letter WHERE campaign_id = $1 ORDER BY seq', [campaign.id])
    expect(dead.rows.map((row) => Number(row.seq))).toEqual([2, unknownPrize.seq, taken.seq + 1])
    expect((await kit.rows(campaign)).map((row) => row.participant_id)).toEqual(['first', 'second', 'fourth', 'second'])
    expect(await kit.redis.xlen(keys.stream)).toBe(0)
    const audit = await kit.audit(campaign)
    expect(audit.violations.map((violation) => violation.invariant)).toEqual(['I4'])
  })

  it('stops before a gap and settles nothing behind it', async () => {
    const campaign = await kit.plant()
    const keys = bucketKeys(campaign.place, 1, 0)
    for (const userId of ['a', 'b', 'c']) await kit.decide(campaign, { userId })
    await kit.redis.xdel(keys.stream, '2-0')
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('GAP')
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('GAP')
    expect((await kit.rows(campaign)).map((row) => row.participant_id)).toEqual(['a'])
    expect(await kit.redis.xlen(keys.stream)).toBe(1)
    expect((await kit.audit(campaign)).violations.map((violation) => violation.invariant)).toContain('I5')
  })

  it('leaves entries of another epoch alone', async () => {
    const campaign = await kit.plant()
    await kit.decide(campaign, { userId: 'late' })
    const stream = await campaign.stream()
    await kit.owner.query('UPDATE campaign SET epoch = 2 WHERE id = $1', [campaign.id])
    expect(await kit.drains.drain(stream, 10)).toBe('FENCED')
    expect(await kit.rows(campaign)).toEqual([])
    expect(await kit.redis.xlen(bucketKeys(campaign.place, 1, 0).stream)).toBe(1)
  })
})

describe('durable wins', () => {
  it('are rows before their settlement, and settle as the same draws', async () => {
    const campaign = await kit.plant()
    const decided = await kit.decide(campaign, { userId: 'ada', outcomes: ['1', '0'] })
    const commit = await kit.toCommit(campaign, decided)
    expect(await Promise.all([kit.wins.commit(commit), kit.wins.commit(commit)])).toEqual(['COMMITTED', 'COMMITTED'])
    expect(kit.wins.isDurable(BigInt(decided.ids[0]!))).toBe(true)
    expect((await kit.rows(campaign)).map((row) => [row.state, row.version])).toEqual([['WINNING', 1], ['LOSING', 1]])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, unsettled: 1 })
    await kit.drains.drain(await campaign.stream(), 10)
    expect((await kit.rows(campaign)).map((row) => [row.state, row.version])).toEqual([['SETTLED', 2], ['SETTLED', 2]])
    expect(await kit.wins.commit(commit)).toBe('COMMITTED')
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 2, unsettled: 0 })
  })

  it('of an older epoch are fenced, and their neighbours of other tenants are not', async () => {
    const [fenced, free] = [await kit.plant(), await kit.plant()]
    const old = await kit.toCommit(fenced, await kit.decide(fenced, { userId: 'ada', outcomes: ['1'] }))
    const good = await kit.toCommit(free, await kit.decide(free, { userId: 'bob', outcomes: ['1'] }))
    await kit.owner.query('UPDATE campaign SET epoch = 2 WHERE id = $1', [fenced.id])
    expect(await Promise.all([kit.wins.commit(old), kit.wins.commit(good)])).toEqual(['FENCED', 'COMMITTED'])
    expect([(await kit.rows(fenced)).length, (await kit.rows(free)).length]).toEqual([0, 1])
  })

  it('fail alone where one of a batch cannot be written', async () => {
    const campaign = await kit.plant()
    const commits = await Promise.all(['a', 'b', 'c'].map(async (userId) => kit.toCommit(campaign, await kit.decide(campaign, { userId, outcomes: ['1'] }))))
    const poisoned = { ...commits[1]!, draws: commits[1]!.draws.map((draw) => ({ ...draw, position: 77 })) }
    expect(await Promise.all([commits[0]!, poisoned, commits[2]!].map((commit) => kit.wins.commit(commit)))).toEqual(['COMMITTED', 'UNAVAILABLE', 'COMMITTED'])
  })

  it('are unavailable, in time, while Postgres does not let them through', async () => {
    const campaign = await kit.plant()
    const commit = await kit.toCommit(campaign, await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] }))
    await kit.owner.query('BEGIN')
    await kit.owner.query('SELECT 1 FROM campaign WHERE id = $1 FOR UPDATE', [campaign.id])
    try {
      expect(await kit.wins.commit(commit)).toBe('UNAVAILABLE')
    } finally {
      await kit.owner.query('ROLLBACK')
    }
    expect(await kit.wins.commit(commit)).toBe('COMMITTED')
  })

  it('say that there is no room while too many wait, and that there is again when they are written', async () => {
    const campaign = await kit.plant()
    const first = await kit.toCommit(campaign, await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] }))
    const draw = first.draws[0]!
    const many = Array.from({ length: 3_000 }, (_, n) =>
      ({ ...first, idempotencyKey: `key-${n}`, seq: n + 1, draws: [{ ...draw, snowflake: draw.snowflake + BigInt(FAR_IDS + n) }] }))
    await kit.owner.query('BEGIN')
    await kit.owner.query('SELECT 1 FROM campaign WHERE id = $1 FOR UPDATE', [campaign.id])
    expect(kit.wins.hasRoom()).toBe(true)
    const commits = many.map((one) => kit.wins.commit(one))
    const full = kit.wins.hasRoom()
    const [told] = (await kit.metrics.registry.getSingleMetric('drawbridge_wins_waiting')!.get()).values
    await kit.owner.query('ROLLBACK')
    expect(full).toBe(false)
    expect(told?.value).toBeGreaterThan(2_000)
    expect(new Set(await Promise.all(commits))).toEqual(new Set(['COMMITTED']))
    expect(kit.wins.hasRoom()).toBe(true)
  })
})

describe('a young win', () => {
  const queue = { addMany: () => Promise.resolve() } as unknown as QueuePort
  const services: SettlementService[] = []
  const start = () => {
    const service = kit.settlementWith(queue)
    services.push(service)
    return service
  }
  const left = async (stream: StreamRef) => kit.redis.xlen(bucketKeys(stream.campaign, stream.epoch, stream.bucket).stream)
  afterAll(async () => { for (const service of services) await service.onModuleDestroy() })

  it('is settled a little later without another wake-up, by a worker that does not commit it', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 10 }] })
    const stream = await campaign.stream()
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
    await kit.decide(campaign, { userId: 'bob' })
    expect(await start().settle(stream)).toBe('EMPTY')
    await eventually(async () => { expect(await left(stream)).toBe(0) })
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 2, unsettled: 0 })
  })

  it.each([
    ['of a campaign whose wins are not committed before', true, 0],
    ['of a clock that is ahead', false, 60_000],
    ['that is old', false, -1_000],
  ])('%s is settled at once', async (_, fast, createdInMs) => {
    const campaign = await kit.plant({ prizes: [{ stock: 10 }] })
    const stream = { ...(await campaign.stream()), fast }
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1'], createdMs: Date.now() + createdInMs })
    await start().settle(stream)
    expect(await left(stream)).toBe(0)
  })

  it('is not looked at again by a process that ends', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 10 }] })
    const stream = await campaign.stream()
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1'], createdMs: Date.now() + 150 })
    const service = start()
    await sleep(160)
    await service.settle(stream)
    await service.onModuleDestroy()
    const before = await left(stream)
    await sleep(300)
    expect(await left(stream)).toBe(before)
  })
})

describe('the turns of a process', () => {
  it('become more than its floor while many streams wait, and all are drained', async () => {
    const campaign = await kit.plant({ bucketCount: 16 })
    for (let n = 0; n < 160; n++) await kit.decide(campaign, { userId: `user-${n}` })
    const { drain } = kit.drains
    let running = 0
    let most = 0
    kit.drains.drain = async (...args) => {
      most = Math.max(most, ++running)
      try {
        return await drain.apply(kit.drains, args)
      } finally {
        running--
      }
    }
    const service = kit.settlementWith({ addMany: () => Promise.resolve() } as unknown as QueuePort)
    try {
      const streams = await Promise.all(Array.from({ length: 16 }, (_, bucket) => campaign.stream(bucket)))
      expect(new Set(await Promise.all(streams.map((stream) => service.settle(stream))))).toEqual(new Set(['EMPTY']))
    } finally {
      kit.drains.drain = drain
      await service.onModuleDestroy()
    }
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 160, unsettled: 0 })
  })
})

describe('the sweep', () => {
  it('finds what nobody was woken for, and leaves campaigns that ended long ago and were empty alone for a while', async () => {
    const asked: string[][] = []
    const streams = new StreamStore(kit.redisService)
    const lengths = streams.lengths.bind(streams)
    streams.lengths = (refs) => {
      asked.push(refs.map(({ campaign }) => campaign.id))
      return lengths(refs)
    }
    const queue = { addMany: () => Promise.resolve() } as unknown as QueuePort
    const settlement = kit.settlementWith(queue)
    const backlogs = new BacklogStore(kit.redisService)
    const sweeper = new SweepService(kit.config, kit.published, streams, settlement, kit.logger, kit.metrics, backlogs)
    const [running, over] = [await kit.plant(), await kit.plant({ status: 'ENDED' })]
    const looked = async (nowMs: number) => {
      await sweeper.sweep(nowMs)
      return [running, over].map(({ id }) => asked.at(-1)!.includes(id))
    }
    const [minute, hour] = [60_000, 3_600_000]
    await kit.decide(over, { userId: 'ada' })
    expect(await looked(0)).toEqual([true, true])
    expect(await kit.rows(over)).toMatchObject([{ state: 'SETTLED' }])
    expect(await looked(minute)).toEqual([true, true])
    expect(await looked(hour)).toEqual([true, true])
    expect(await looked(hour + 2 * minute)).toEqual([true, true])
    expect(await looked(hour + 3 * minute)).toEqual([true, false])
    await kit.decide(over, { userId: 'bob' })
    expect(await looked(hour + 15 * minute)).toEqual([true, true])
    expect(await kit.rows(over)).toHaveLength(2)
    expect(await looked(hour + 16 * minute)).toEqual([true, true])
    expect(await looked(hour + 17 * minute)).toEqual([true, false])
    await kit.owner.query(`UPDATE campaign SET status = 'ACTIVE' WHERE id = $1`, [over.id])
    expect(await looked(hour + 18 * minute)).toEqual([true, true])
    await settlement.onModuleDestroy()
  })
})

describe('what is data', () => {
  it('the states of a draw form one way that ends', () => {
    expect(() => checkTransitions()).not.toThrow()
    expect(statesBefore('SETTLED')).toEqual(['WINNING', 'LOSING'])
    expect(() => checkTransitions({ ...DRAW_TRANSITIONS, LOSING: [] })).toThrow('LOSING never settles')
    expect(() => checkTransitions({ ...DRAW_TRANSITIONS, VALIDATING: ['LOSING'] })).toThrow('WINNING cannot be reached')
  })

  it('entries that decide never writes are poison, not exceptions', () => {
    for (const fields of [[], ['y', 'X'], ['y', 'D'], ['y', 'T', 'p', '0'], ['y', 'D', 'u', 'a', 'k', 'k', 'f', '1', 'i', '1,1', 'o', '0,0', 'r', '1,1', 'c', '1', 'v', '1']]) {
      expect(decodeEntry(['1-0', fields])).toMatchObject({ kind: 'POISON', seq: 1 })
    }
  })
})
