import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemContext } from '../../src/common/context.js'
import { NO_FACTS } from '../../src/common/participant-facts.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { DecisionService } from '../../src/modules/draws/decision.service.js'
import { DrawService } from '../../src/modules/draws/draw.service.js'
import type { DrawRequest, DrawResult } from '../../src/modules/draws/draws.types.js'
import { AnsweredKeys } from '../../src/modules/draws/memory/answered-keys.js'
import { ClosureService } from '../../src/modules/draws/memory/closure.service.js'
import { VelocityHold } from '../../src/modules/draws/velocity-hold.js'
import { RiskService } from '../../src/modules/risk/risk.service.js'
import { VelocityService } from '../../src/modules/risk/velocity.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { BALANCED, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, moveCampaign, uniqueName } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { seed } from '../support/seed.js'

const RUNS = 10
const WAIT_MS_MAX = 3_000

const users = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay'] as const
const user = fc.constantFrom(...users)
const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('draw' as const), process: fc.nat(1), user, key: fc.constantFrom('a', 'b', 'c', 'd'), count: fc.constantFrom(1, 1, 1, 2, 3),
      device: fc.constantFrom(null, null, null, 'phone'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('remember' as const), process: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restock' as const), delta: fc.constantFrom(1, 1, 2, -1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('windows' as const), subject: fc.constantFrom('PARTICIPANT', 'DEVICE'), drawsMax: fc.constantFrom(1, 2, 3) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const nullable = (...values: number[]) => fc.constantFrom(null, null, ...values)
const setting = fc.record({
  mechanic: fc.constantFrom('FLASH_SALE' as const, 'FLASH_SALE' as const, 'RED_PACKET' as const, 'LOTTERY' as const),
  bucketCount: fc.constantFrom(1, 4), durability: fc.constantFrom('DURABLE_WINS' as const, 'FAST' as const),
  drawsPerUserTotal: nullable(2, 4), drawsPerUserDaily: nullable(3), winsPerUser: nullable(1, 3), winsPerPrize: nullable(1, 2),
  unlock: fc.constantFrom(null, null, null, 2), stock: fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }),
  ends: fc.boolean(),
})
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never

describe('what processes answer by themselves, against what Redis says', () => {
  let apps: [TestApp, TestApp]
  /** Answers that no process asked Redis for. */
  let byMemory = 0
  beforeAll(async () => {
    const first = await bootApp()
    apps = [first, await bootApp({ on: first })]
  })
  afterAll(async () => {
    await apps[1].close()
    await apps[0].close()
  })

  const service = <T>(app: TestApp, type: abstract new (...args: never[]) => T): T =>
    app.app.get(type as new (...args: never[]) => T, { strict: false })
  const snapshotOf = async (app: TestApp, { tenant, campaign }: LiveCampaign) =>
    (await service(app, SnapshotService).get(tenant.tenantId, campaign.id))!
  const admin = (live: LiveCampaign, query: string, variables: Record<string, unknown>) =>
    gqlData(apps[0].adminGraphqlUrl, query, variables, bearer(live.token))
  const current = async (live: LiveCampaign) => {
    const query = 'query ($id: ID!) { campaign(id: $id) { status version } }'
    return ((await admin(live, query, { id: live.campaign.id })) as { campaign: { status: string; version: number } }).campaign
  }

  /** Whether the process would answer without a question. */
  async function remembers(app: TestApp, live: LiveCampaign, request: DrawRequest): Promise<boolean> {
    const campaign = await snapshotOf(app, live)
    const verdict = await service(app, RiskService).verdict(campaign, request)
    if (service(app, AnsweredKeys).find(campaign, request) !== null) return true
    return (await service(app, ClosureService).answer(campaign, request, verdict)) !== null
  }

  /** What Redis says of the same request. */
  async function visit(app: TestApp, live: LiveCampaign, request: DrawRequest): Promise<unknown> {
    const campaign = await snapshotOf(app, live)
    const verdict = await service(app, RiskService).verdict(campaign, request)
    const hold = new VelocityHold(service(app, VelocityService), request)
    await hold.take(campaign, verdict)
    const said = await service(app, DecisionService).decide(campaign, request, verdict, hold)
    await hold.release()
    if (said.kind === 'rejected') return { code: said.code, retryAfterMs: said.retryAfterMs }
    const draws = said.decided.draws.map(({ position }) => campaign.prizes.find((prize) => prize.position === position)?.id ?? null)
    return { replayed: said.replayed, drawsLeft: said.drawsLeft, draws }
  }
  const told = (answer: DrawResult) => (answer.kind === 'rejected' ? { code: answer.code, retryAfterMs: answer.retryAfterMs } : {
    replayed: answer.replayed, drawsLeft: answer.drawsLeft, draws: answer.draws.map(({ prizeId }) => prizeId),
  })

  async function draw(live: LiveCampaign, { process, user: userId, key, count, device }: Step & { do: 'draw' }): Promise<void> {
    const app = apps[process]!
    const request = { campaignId: live.campaign.id, userId, idempotencyKey: key, count, deviceId: device, ip: null, facts: NO_FACTS }
    const known = await remembers(app, live, request)
    const answer = told(await service(app, DrawService).draw(systemContext(live.tenant.tenantId, 'test'), request))
    if (!known) return
    byMemory++
    expect(answer).toEqual(await visit(app, live, request))
  }

  /** Strangers' draws, until the process refuses by itself, or it is clear that it does not come to that. */
  async function remember(app: TestApp, live: LiveCampaign): Promise<void> {
    const giveUpAt = Date.now() + WAIT_MS_MAX
    for (let n = 0; n < 40 && Date.now() < giveUpAt && service(app, ClosureService).current(await snapshotOf(app, live)) === null; n++) {
      const request = { campaignId: live.campaign.id, userId: uniqueName('stranger'), idempotencyKey: 'a', count: 1, deviceId: null, ip: null, facts: NO_FACTS }
      const answer = await service(app, DrawService).draw(systemContext(live.tenant.tenantId, 'test'), request)
      if (answer.kind === 'accepted' || (answer.code !== 'SOLD_OUT' && answer.code !== 'CAMPAIGN_ENDED')) return
    }
  }

  async function play(live: LiveCampaign, one: Step): Promise<void> {
    switch (one.do) {
      case 'draw': return draw(live, one)
      case 'remember': return remember(apps[one.process]!, live)
      case 'restock': {
        const query = 'mutation ($prizeId: ID!, $delta: Int!, $key: ID!) { adjustStock(prizeId: $prizeId, delta: $delta, reason: "test", idempotencyKey: $key) { granted } }'
        // Nothing is left to be taken away, now and then.
        await admin(live, query, { prizeId: live.campaign.prizes[0]!.id, delta: one.delta, key: uniqueName('adjust') }).catch(() => undefined)
        return
      }
      case 'pause':
      case 'resume': {
        const { status, version } = await current(live)
        if (status === (one.do === 'pause' ? 'ACTIVE' : 'PAUSED')) await moveCampaign(apps[0], live.token, one.do, { ...live.campaign, version })
        return
      }
      case 'block': {
        const input = { list: 'BLOCK', subject: 'PARTICIPANT', value: one.user, reason: 'test' }
        await admin(live, 'mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }', { input }).catch(() => undefined)
        return
      }
      case 'windows': {
        const rules = [{ subject: one.subject, windowSeconds: 600, drawsMax: one.drawsMax }]
        await admin(live, 'mutation ($id: ID, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { subject } }', { id: live.campaign.id, rules })
      }
    }
  }

  async function open({ stock, unlock, winsPerPrize, ends: _, ...given }: Setting): Promise<LiveCampaign> {
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    const wins = winsPerPrize === null ? {} : { winsPerUser: winsPerPrize }
    return createLiveCampaign(apps[0], {
      ...set,
      prizes: stock.map((stockTotal, n) => ({
        name: `P${n}`, kind: 'CASH' as const, value: { amountMinor: 100, currency: 'CNY' }, stockTotal, probabilityPpb: CERTAIN_PPB / stock.length,
        ...wins, ...(unlock === null ? {} : { unlockAfterDraws: unlock }),
      })),
    })
  }

  it('are the same, whatever happened before', async () => {
    const run = seed('redis-memory')
    const steps = fc.array(step, { minLength: 30, maxLength: 80, size: 'max' })
    await fc.assert(fc.asyncProperty(setting, steps, async (given, all) => {
      const live = await open(given)
      for (const one of all) await play(live, one)
      if (given.ends) {
        await moveCampaign(apps[0], live.token, 'end', { ...live.campaign, version: (await current(live)).version })
        for (const app of apps) await remember(app, live)
        for (const one of all) if (one.do === 'draw') await draw(live, one)
      }
      expect(await settledBooks(apps[0], live)).toMatchObject(BALANCED)
    }), { seed: run.value, numRuns: RUNS, endOnFailure: true })
    // A memory that never answers would agree with everything.
    expect(byMemory).toBeGreaterThan(20)
  }, 300_000)
})
