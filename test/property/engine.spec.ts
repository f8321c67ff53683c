import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { newId } from '../../src/common/ids.js'
import type { CampaignSnapshot } from '../../src/modules/campaigns/domain/snapshot.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { allowancesOn } from '../../src/modules/inventory/domain/allowance.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { localDays } from '../../src/modules/draws/domain/calendar.js'
import { PublishedStore } from '../../src/modules/settlement/published.store.js'
import { Leadership } from '../../src/platform/prisma/leadership.js'
import { RebuildService } from '../../src/modules/settlement/recovery/rebuild.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { BALANCED, draw, grantTickets, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createTenant, type LiveCampaign, login, moveCampaign, serverKey, type TestTenant } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { seed } from '../support/seed.js'
import { type Asked, EngineModel } from './engine-model.js'

const RUNS = 16

type Step =
  | ({ do: 'draw' } & Asked)
  | { do: 'pause' | 'resume' | 'audit' }
  | { do: 'adjust'; prize: number; delta: number }
  | { do: 'move'; prize: number; money: boolean; from: number; to: number; finish: boolean }
  | { do: 'rebuild' }
  | { do: 'grant'; user: string; key: string; amount: number }

const user = fc.constantFrom('ada', 'bob', 'cyd', 'dan', 'eve')
const nullable = (...values: number[]) => fc.constantFrom(null, ...values)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('draw' as const), user, key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), count: fc.constantFrom(1, 1, 1, 1, 2, 3, 5, 10), device: fc.constantFrom(null, null, null, 'phone') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'resume' as const, 'audit' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('adjust' as const), prize: fc.nat(2), delta: fc.integer({ min: -4, max: 6 }).filter((delta) => delta !== 0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), prize: fc.nat(2), money: fc.boolean(), from: fc.nat(3), to: fc.nat(3), finish: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rebuild' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('grant' as const), user, key: fc.constantFrom('1', '2'), amount: fc.integer({ min: 1, max: 8 }) }) },
)
const prize = fc.record({
  share: fc.integer({ min: 1, max: 5 }), stockTotal: fc.nat(7),
  winsPerUser: nullable(1, 2), unlockAfterDraws: nullable(3), fallback: fc.boolean(),
  winsPerUserDaily: nullable(2), winsPerDay: nullable(1, 4), cost: fc.constantFrom(0, 0, 7, 20), guarantee: fc.boolean(),
})
const setting = fc.record({
  mechanic: fc.constantFrom('LOTTERY' as const, 'FLASH_SALE' as const),
  bucketCount: fc.constantFrom(1, 2, 4),
  durability: fc.constantFrom('DURABLE_WINS' as const, 'FAST' as const),
  requiresTickets: fc.constantFrom(false, false, true),
  drawsPerUserTotal: nullable(4, 12), drawsPerUserDaily: nullable(6), winsPerUser: nullable(1, 3),
  prizes: fc.array(prize, { minLength: 1, maxLength: 3 }),
  losing: fc.constantFrom(0, 3),
  guaranteeAfterLosses: nullable(1, 3),
  totalMinor: nullable(0, 30, 61), dailyMinor: nullable(25, 54),
})
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never

/** A zone where it is noon, so that no day ends while the test runs. */
function noonZone(): string {
  const offset = new Date().getUTCHours() - 12 // Etc/GMT+5 is five hours behind
  return offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? '+' : ''}${offset}`
}

/** Those that are limited. */
const given = (limits: Record<string, number | null>): Record<string, number> =>
  Object.fromEntries(Object.entries(limits).filter((entry): entry is [string, number] => entry[1] !== null))

describe('the engine against a plain model', () => {
  let app: TestApp
  let tenant: TestTenant
  let token: string
  beforeAll(async () => {
    app = await bootApp()
    tenant = await createTenant(app)
    token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  })
  afterAll(async () => { await app.close() })

  async function publish(wanted: Setting): Promise<{ live: LiveCampaign; snapshot: CampaignSnapshot }> {
    const { prizes, losing, mechanic, guaranteeAfterLosses, totalMinor, dailyMinor, ...rest } = wanted
    const shares = prizes.reduce((sum, { share }) => sum + share, 0) + (mechanic === 'LOTTERY' ? losing : 0)
    const odds = prizes.map(({ share }) => Math.floor((share / shares) * CERTAIN_PPB))
    if (mechanic === 'FLASH_SALE') odds[0]! += CERTAIN_PPB - odds.reduce((sum, ppb) => sum + ppb, 0)
    const { drawsPerUserTotal, drawsPerUserDaily, winsPerUser, ...plain } = rest
    const limits = given({ drawsPerUserTotal, drawsPerUserDaily, winsPerUser })
    const guarantee = mechanic === 'LOTTERY' && guaranteeAfterLosses !== null ? prizes.findIndex((one) => one.guarantee && !one.fallback) : -1
    const budget = { currency: 'EUR', ...given({ totalMinor, dailyMinor }) }
    const draft = await createCampaign(app, token, {
      ...plain, ...limits, mechanic, timezone: noonZone(),
      ...(Object.keys(budget).length > 1 ? { budget } : {}),
      ...(guarantee >= 0 ? { guaranteeAfterLosses: guaranteeAfterLosses! } : {}),
      prizes: prizes.map(({ stockTotal, winsPerUser: most, unlockAfterDraws, winsPerUserDaily, winsPerDay, cost, fallback }, n) => ({
        name: `P${n + 1}`, probabilityPpb: odds[n]!, stockTotal, isGuarantee: n === guarantee,
        ...(mechanic === 'LOTTERY' && fallback ? { isFallback: true, fallbackOrder: prizes.length - n } : {}),
        ...(cost === 0 ? {} : { value: { amountMinor: cost, currency: 'EUR' } }),
        ...given({ winsPerUser: most, unlockAfterDraws, winsPerUserDaily, winsPerDay }),
      })),
    })
    const campaign = await moveCampaign(app, token, 'publish', draft)
    const snapshot = await app.app.get(SnapshotService, { strict: false }).get(tenant.tenantId, campaign.id)
    if (snapshot === null) throw new Error('no snapshot')
    return { live: { tenant, token, campaign }, snapshot }
  }

  const epochOf = async ({ id }: CampaignSnapshot): Promise<number> =>
    (await app.app.get(SnapshotService, { strict: false }).reload(tenant.tenantId, id))!.epoch

  /** What the participant is told; null while the campaign is being restored. */
  async function participant({ id }: CampaignSnapshot, userId: string): Promise<unknown> {
    const query = 'query ($c: ID!, $u: ID) { participant(campaignId: $c, userId: $u) { drawsLeft drawsLeftToday tickets wins } }'
    return (await gql(app.graphqlUrl, query, { c: id, u: userId }, serverKey(tenant))).body.data?.participant ?? null
  }

  async function play(live: LiveCampaign, campaign: CampaignSnapshot, model: EngineModel, step: Step): Promise<void> {
    const prize = 'prize' in step ? campaign.prizes[step.prize % campaign.prizes.length]! : null
    switch (step.do) {
      case 'draw': {
        const { user: userId, key, count, device } = step
        const expected = model.draw(step)
        const from = device === null ? {} : { deviceId: device }
        const answer = await draw(app, serverKey(tenant), { campaignId: campaign.id, userId, idempotencyKey: key, count, ...from })
        const seen = answer.__typename === 'DrawRejected' ? { kind: 'rejected', code: answer.code } : {
          kind: 'accepted', replayed: answer.replayed, drawsLeft: answer.drawsLeft,
          outcomes: answer.draws.map((one) => (one.prize === null ? 0 : campaign.prizes.find(({ id }) => id === one.prize!.id)!.position)),
        }
        const right = expected.map(({ ...answer }) => {
          delete (answer as { plan?: unknown }).plan
          return answer
        })
        expect(right).toContainEqual(seen)
        model.carryOut(step, expected[right.findIndex((one) => isDeepStrictEqual(one, seen))]!)
        return
      }
      case 'pause':
      case 'resume': {
        if (model.paused === (step.do === 'pause')) return
        const seen = await gqlData<{ campaign: { version: number } }>(app.adminGraphqlUrl, 'query ($id: ID!) { campaign(id: $id) { version } }', { id: campaign.id }, bearer(token))
        await moveCampaign(app, token, step.do, { ...live.campaign, version: seen.campaign.version })
        model.paused = step.do === 'pause'
        return
      }
      case 'audit':
        expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: model.drawn })
        return
      case 'adjust': {
        const mutation = 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "model", idempotencyKey: $k) { granted } }'
        const expected = model.adjust(prize!.position, step.delta)
        const { body } = await gql(app.adminGraphqlUrl, mutation, { p: prize!.id, d: step.delta, k: newId() }, bearer(token))
        expect(body.errors?.[0]?.extensions?.code ?? 'done').toBe(expected ? 'done' : 'BAD_USER_INPUT')
        return
      }
      case 'move': {
        // Empties a bucket of a prize; not finished, the units are on their way until somebody needs or sweeps them.
        const [from, to] = [step.from % campaign.bucketCount, step.to % campaign.bucketCount]
        if (from === to) return
        const store = app.app.get(StockStore, { strict: false })
        const place = { ...campaign, epoch: await epochOf(campaign) }
        // Of the prize, or of an allowance: money, or the wins that a day has left.
        const allowances = allowancesOn(campaign, localDays(campaign.timezone, Date.now()).day)
        const allowance = step.money && allowances.length > 0 ? allowances[step.prize % allowances.length]! : null
        const position = allowance?.code ?? prize!.position
        const taken = await store.take(place, { id: newId(), position, units: 1_000, from, to }, allowance?.limit)
        if (taken === null || !step.finish) return
        await store.put(place, taken)
        await store.done(place, taken)
        return
      }
      case 'rebuild': {
        // As after a loss: everything that Redis knows of the campaign comes from Postgres.
        // Under the lock of the product's own watch, which would take the closed campaign for one that nobody rebuilds.
        const rebuild = async () => {
          const known = (await app.app.get(PublishedStore, { strict: false }).all()).find(({ place }) => place.id === campaign.id)!
          await app.app.get(RebuildService, { strict: false }).rebuild(known, 'the model says so', () => undefined)
        }
        while (!(await app.app.get(Leadership, { strict: false }).lead('drawbridge recovery', rebuild))) await sleep(20)
        while ((await participant(campaign, 'ada')) === null) await sleep(20)
        return
      }
      case 'grant': {
        const expected = model.grant(step.user, step.key, step.amount)
        let { body } = await grantTickets(app, live, step.user, step.amount, step.key)
        // The product's own watch may be looking at a campaign that has just been rebuilt.
        while (body.errors?.[0]?.extensions?.code === 'OVERLOADED') {
          await sleep(100)
          body = (await grantTickets(app, live, step.user, step.amount, step.key)).body
        }
        expect(body.data?.grantTickets?.balance ?? body.errors?.[0]?.extensions?.code).toBe(expected ?? 'CONFLICT')
      }
    }
  }

  /** What participants and operators are told at the end is what the model holds. */
  async function compare(live: LiveCampaign, campaign: CampaignSnapshot, model: EngineModel): Promise<void> {
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: model.drawn })
    for (const name of model.users) expect(await participant(campaign, name)).toEqual(model.state(name))
    const { inventory } = await gqlData<{ inventory: Array<Record<'granted' | 'vault' | 'inBuckets' | 'inTransit' | 'reserved' | 'awarded', number>> }>(
      app.adminGraphqlUrl, 'query ($c: ID!) { inventory(campaignId: $c) { granted vault inBuckets inTransit reserved awarded } }', { c: campaign.id }, bearer(token))
    const seen = inventory.map(({ vault, inBuckets, inTransit, ...told }) => ({ ...told, free: vault + inBuckets + inTransit }))
    expect(seen).toEqual(campaign.prizes.map(({ position }) => ({
      granted: model.granted.get(position), awarded: model.awarded.get(position), reserved: 0, free: model.stock.get(position),
    })))
  }

  it('answers as the model does, and the books balance', async () => {
    const run = seed('engine')
    await fc.assert(fc.asyncProperty(setting, fc.array(step, { minLength: 15, maxLength: 60, size: 'max' }), async (given, steps) => {
      const { live, snapshot } = await publish(given)
      const model = new EngineModel(snapshot)
      for (const one of steps) await play(live, snapshot, model, one)
      await compare(live, snapshot, model)
    }), { seed: run.value, numRuns: RUNS, endOnFailure: true })
  }, 180_000)
})
