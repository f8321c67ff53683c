import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { candidate } from '../../src/modules/draws/domain/odds.js'
import { roll } from '../../src/modules/draws/domain/roll.js'
import { bootApp, type TestApp } from '../support/app.js'
import { chiSquare, chiSquareLimit } from '../support/chi-square.js'
import { accepted, BALANCED, draw, inParallel, settledBooks } from '../support/draws.js'
import { CERTAIN_PPB, createLiveCampaign, serverKey } from '../support/fixtures.js'

describe('draws at the same time', () => {
  let app: TestApp
  beforeAll(async () => { app = await bootApp() })
  afterAll(async () => { await app.close() })

  it.each([
    ['FLASH_SALE', 1], ['FLASH_SALE', 16], ['LOTTERY', 1], ['LOTTERY', 16],
  ] as const)('1 000 want the last unit of a %s in %i buckets: one has it', async (mechanic, bucketCount) => {
    const live = await createLiveCampaign(app, { mechanic, bucketCount, prizes: [{ name: 'Last', probabilityPpb: CERTAIN_PPB, stockTotal: 1 }] })
    const headers = serverKey(live.tenant)
    const answers = await inParallel(Array.from({ length: 1_000 }, (_, n) => () =>
      draw(app, headers, { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'key' })))
    const told = new Map<string, number>()
    for (const answer of answers) {
      const what = answer.__typename === 'DrawRejected' ? answer.code : answer.draws[0]!.outcome!
      told.set(what, (told.get(what) ?? 0) + 1)
    }
    expect(Object.fromEntries(told)).toEqual({ WON: 1, [mechanic === 'LOTTERY' ? 'LOST' : 'SOLD_OUT']: 999 })
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: mechanic === 'LOTTERY' ? 1_000 : 1 })
  })

  it.each([1, 16])('all units are given, whichever buckets they lie in (%i)', async (bucketCount) => {
    const live = await createLiveCampaign(app, { mechanic: 'FLASH_SALE', bucketCount, prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }] })
    const headers = serverKey(live.tenant)
    const answers = await inParallel(Array.from({ length: 200 }, (_, n) => () =>
      draw(app, headers, { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'key' })))
    expect(answers.filter(({ __typename }) => __typename === 'DrawAccepted')).toHaveLength(100)
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 100 })
  })

  it.each([1, 4])('of multi-draws for more than is left, all or none; in a lottery, what is left (%i buckets)', async (bucketCount) => {
    const prizes = [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 7 }]
    const sale = await createLiveCampaign(app, { mechanic: 'FLASH_SALE', bucketCount, prizes })
    const buy = (userId: string, count: number) => draw(app, serverKey(sale.tenant), { campaignId: sale.campaign.id, userId, idempotencyKey: 'k', count })
    expect(await buy('a', 8)).toMatchObject({ __typename: 'DrawRejected', code: 'SOLD_OUT' })
    expect(await buy('b', 5)).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await buy('c', 3)).toMatchObject({ __typename: 'DrawRejected', code: 'SOLD_OUT' })
    expect(await buy('d', 2)).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await settledBooks(app, sale)).toMatchObject({ ...BALANCED, draws: 7 })

    const lottery = await createLiveCampaign(app, { bucketCount, prizes })
    const answer = await accepted(app, serverKey(lottery.tenant), { campaignId: lottery.campaign.id, userId: 'a', idempotencyKey: 'k', count: 10 })
    expect(answer.draws.map(({ outcome }) => outcome)).toEqual([...Array<string>(7).fill('WON'), ...Array<string>(3).fill('LOST')])
    expect(await settledBooks(app, lottery)).toMatchObject({ ...BALANCED, draws: 10 })
  })

  it.each([CERTAIN_PPB, 1])('50 with one key: one draw, and the same answer for all (odds %i)', async (probabilityPpb) => {
    const live = await createLiveCampaign(app, { drawsPerUserTotal: 5, prizes: [{ name: 'P', probabilityPpb, stockTotal: 100 }] })
    const answers = await inParallel(Array.from({ length: 50 }, () => () =>
      accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'one', idempotencyKey: 'the-key', count: 2 })))
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    for (const { draws, drawsLeft } of answers) expect({ draws, drawsLeft }).toEqual({ draws: answers[0]!.draws, drawsLeft: 3 })
    expect(answers[0]!.draws.map(({ outcome }) => outcome)).toEqual(Array(2).fill(probabilityPpb === 1 ? 'LOST' : 'WON'))
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 2 })
    const conflict = await draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'one', idempotencyKey: 'the-key', count: 1 })
    expect(conflict).toMatchObject({ __typename: 'DrawRejected', code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('one participant with many keys at the same time stays within the quotas', async () => {
    const live = await createLiveCampaign(app, { drawsPerUserTotal: 7, winsPerUser: 3, bucketCount: 16, prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }] })
    const answers = await inParallel(Array.from({ length: 60 }, (_, n) => () =>
      draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'greedy', idempotencyKey: `key-${n}` })))
    const given = answers.flatMap((answer) => (answer.__typename === 'DrawAccepted' ? answer.draws : []))
    expect([given.length, given.filter(({ outcome }) => outcome === 'WON').length]).toEqual([7, 3])
    expect(answers.filter((answer) => answer.__typename === 'DrawRejected' && answer.code === 'QUOTA_EXCEEDED')).toHaveLength(53)
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 7 })
  })

  it('3 000 draws match the odds, and each is the roll of the campaign’s seed', async () => {
    const odds = [100_000_000, 250_000_000, 50_000_000]
    const live = await createLiveCampaign(app, {
      bucketCount: 4, prizes: odds.map((probabilityPpb, n) => ({ name: `P${n + 1}`, probabilityPpb, stockTotal: 3_000 })),
    })
    const snapshot = await app.app.get(SnapshotService, { strict: false }).get(live.tenant.tenantId, live.campaign.id)
    if (snapshot === null) throw new Error('no snapshot')
    process.stderr.write(`odds: campaign ${snapshot.id}, seed ${snapshot.seed.toString('hex')}\n`)
    const jobs = Array.from({ length: 1_200 }, (_, n) => () =>
      accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `user-${n % 700}`, idempotencyKey: `key-${n}`, count: n < 1_000 ? 1 : 10 }))
    const draws = (await inParallel(jobs, 100)).flatMap((answer) => answer.draws)
    const counts = [0, 0, 0, 0]
    for (const { userId, idempotencyKey, ordinal, prize, outcome } of draws) {
      const expected = candidate(snapshot.prizes, roll(snapshot.seed, snapshot.id, userId, idempotencyKey, ordinal))
      expect([prize?.id ?? null, outcome]).toEqual([expected?.id ?? null, expected === null ? 'LOST' : 'WON'])
      counts[expected === null ? 3 : expected.position - 1]! += 1
    }
    expect(draws).toHaveLength(3_000)
    expect(chiSquare(counts, [300, 750, 150, 1_800])).toBeLessThan(chiSquareLimit(3))

    // The same seed's rolls in a number that tells right odds from odds of which one is 20 % off.
    const rolls = 60_000
    const rolled = [0, 0, 0, 0]
    for (let n = 0; n < rolls; n++) {
      const prize = candidate(snapshot.prizes, roll(snapshot.seed, snapshot.id, 'roller', `key-${n}`, 0))
      rolled[prize === null ? 3 : prize.position - 1]! += 1
    }
    const statistic = (ppb: readonly number[]) =>
      chiSquare(rolled, [...ppb, CERTAIN_PPB - ppb.reduce((sum, one) => sum + one, 0)].map((one) => (one / CERTAIN_PPB) * rolls))
    expect(statistic(odds)).toBeLessThan(chiSquareLimit(3))
    for (const wrong of odds.keys()) {
      for (const factor of [0.8, 1.2]) {
        expect(statistic(odds.map((one, n) => (n === wrong ? one * factor : one)))).toBeGreaterThan(chiSquareLimit(3))
      }
    }
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 3_000 })
  })
})
