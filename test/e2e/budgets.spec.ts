import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BudgetService } from '../../src/modules/settlement/budgets/budget.service.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, draw, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, type LiveCampaign, login, serverKey, type TestCampaignInput, uniqueName } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

interface Alert { scope: string; percent: number; limitMinor: number }
interface Status { spentMinor: number | null; spentTodayMinor: number | null; alerts: Alert[] }
interface Problem { path: string; message: string }

const EUR = (amountMinor: number) => ({ amountMinor, currency: 'EUR' })

let app: TestApp
beforeAll(async () => { app = await bootApp() })
afterAll(() => app.close())

const status = async ({ token, campaign }: LiveCampaign): Promise<Status> => {
  const query = 'query ($id: ID!) { budget(campaignId: $id) { day spentMinor spentTodayMinor alerts { scope percent limitMinor } } }'
  return (await gqlData<{ budget: Status }>(app.adminGraphqlUrl, query, { id: campaign.id }, bearer(token))).budget
}

/** Draws by so many participants, many at once; how many won, by prize. */
async function rush(live: LiveCampaign, users: number, key = 'press'): Promise<Map<string, number>> {
  const draws = Array.from({ length: users }, (_, n) => () =>
    draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: key }))
  const won = new Map<string, number>()
  for (const answer of await inParallel(draws, 40)) {
    for (const one of answer.__typename === 'DrawAccepted' ? answer.draws : []) {
      if (one.prize !== null) won.set(one.prize.name, (won.get(one.prize.name) ?? 0) + 1)
    }
  }
  return won
}

async function problems(input: Partial<TestCampaignInput>): Promise<string[]> {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const whole = {
    slug: uniqueName('budget'), name: 'Budget', startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString(), ...input,
  }
  const query = 'mutation ($input: CreateCampaignInput!) { answer: createCampaign(input: $input) { __typename ... on InvalidCampaign { problems { path } } } }'
  const { answer } = await gqlData<{ answer: { problems?: Problem[] } }>(app.adminGraphqlUrl, query, { input: whole }, bearer(token))
  return (answer.problems ?? []).map(({ path }) => path)
}

async function update({ token, campaign }: LiveCampaign, version: number, patch: object): Promise<string[]> {
  const query = `mutation ($id: ID!, $v: Int!, $p: UpdateCampaignInput!) { answer: updateCampaign(id: $id, expectedVersion: $v, patch: $p) {
    __typename ... on InvalidCampaign { problems { path } } ... on VersionConflict { message } } }`
  const { answer } = await gqlData<{ answer: { __typename: string; problems?: Problem[]; message?: string } }>(
    app.adminGraphqlUrl, query, { id: campaign.id, v: version, p: patch }, bearer(token))
  return answer.__typename === 'Campaign' ? [] : (answer.problems ?? [{ path: answer.message!, message: '' }]).map(({ path }) => path)
}

describe('a budget', () => {
  it('is never passed by one unit, in many buckets and under many draws at once, and alarms on its way', async () => {
    const live = await createLiveCampaign(app, {
      bucketCount: 8, budget: { currency: 'EUR', totalMinor: 1_003 },
      prizes: [{ name: 'Seven', probabilityPpb: CERTAIN_PPB, stockTotal: 100_000, value: EUR(7) }, { name: 'Badge', probabilityPpb: 0, stockTotal: 100_000, isFallback: true }],
    })
    const first = await rush(live, 80)
    expect(first.get('Seven')).toBe(80)
    await app.app.get(BudgetService, { strict: false }).watch()
    expect(await status(live)).toMatchObject({ spentMinor: 560, spentTodayMinor: null, alerts: [{ scope: 'TOTAL', percent: 50, limitMinor: 1_003 }] })
    const second = await rush(live, 120, 'again')
    // 143 × 7 = 1001: the last two minor units buy nothing.
    expect([second.get('Seven'), second.get('Badge')]).toEqual([63, 57])
    await app.app.get(BudgetService, { strict: false }).watch()
    const told = await status(live)
    expect(told.spentMinor).toBe(1_001)
    expect(told.alerts.map(({ percent }) => percent).sort()).toEqual([50, 80, 95])
    await app.app.get(BudgetService, { strict: false }).watch()
    expect((await status(live)).alerts).toHaveLength(3)
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 200 })

    // Raised while it runs, it pays for more on the next draw; it is not lowered.
    expect(await update(live, 2, { budget: { currency: 'EUR', totalMinor: 1_002 } })).toEqual(['budget.totalMinor'])
    expect(await update(live, 2, { budget: { currency: 'USD', totalMinor: 2_000 } })).toEqual(['prizes[0].value.currency', 'budget.currency'])
    expect(await update(live, 2, { budget: { currency: 'EUR', totalMinor: 1_022 } })).toEqual([])
    expect((await rush(live, 20, 'raised')).get('Seven')).toBe(3)
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 220 })
  })

  it('holds through a loss of everything that Redis knew', async () => {
    const live = await createLiveCampaign(app, {
      bucketCount: 4, budget: { currency: 'EUR', totalMinor: 100, dailyMinor: 90 },
      prizes: [{ name: 'Ten', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000, value: EUR(10), winsPerDay: 8 }],
    })
    expect((await rush(live, 5)).get('Ten')).toBe(5)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
    await app.app.get(RedisService, { strict: false }).client.flushdb()
    // Eight in a day, whoever counts.
    expect((await rush(live, 20, 'after')).get('Ten')).toBe(3)
    expect(await status(live)).toMatchObject({ spentMinor: 80, spentTodayMinor: 80 })
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  })

  it('of a FLASH_SALE that is spent is SOLD_OUT', async () => {
    const live = await createLiveCampaign(app, {
      mechanic: 'FLASH_SALE', bucketCount: 2, budget: { currency: 'EUR', dailyMinor: 25 },
      prizes: [{ name: 'Ten', probabilityPpb: CERTAIN_PPB, stockTotal: 10, value: EUR(10) }],
    })
    expect((await rush(live, 6)).get('Ten')).toBe(2)
    expect(await draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'late', idempotencyKey: 'key' })).toMatchObject({ code: 'SOLD_OUT' })
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  })

  it('says what is wrong with it, and where', async () => {
    const ten = { name: 'Ten', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 10, value: EUR(10) }
    expect(await problems({ budget: { currency: 'eur' }, prizes: [ten] })).toEqual(['budget.currency', 'budget', 'prizes[0].value.currency'])
    expect(await problems({ budget: { currency: 'USD', totalMinor: -1 }, prizes: [ten] })).toEqual(['budget.totalMinor', 'prizes[0].value.currency'])
    expect(await problems({ mechanic: 'RED_PACKET', budget: { currency: 'EUR', totalMinor: 99, dailyMinor: 1 }, prizes: [{ ...ten, winsPerDay: 1 }] }))
      .toEqual(['prizes[0].winsPerDay', 'budget.dailyMinor', 'budget.totalMinor'])
    expect(await problems({ guaranteeAfterLosses: 3, prizes: [ten] })).toEqual(['guaranteeAfterLosses'])
    expect(await problems({ prizes: [{ ...ten, isGuarantee: true }] })).toEqual(['prizes[0].isGuarantee'])
    expect(await problems({ mechanic: 'FLASH_SALE', guaranteeAfterLosses: 3, prizes: [{ ...ten, isGuarantee: true, isFallback: true }] }))
      .toEqual(['guaranteeAfterLosses', 'prizes[0].isGuarantee'])
    expect(await problems({ prizes: [
      { ...ten, fallbackOrder: 1, probabilityPpb: 0 },
      { ...ten, isFallback: true, fallbackOrder: 2 },
      { ...ten, isFallback: true, fallbackOrder: 2, probabilityPpb: 0 },
    ] }))
      .toEqual(['prizes[0].fallbackOrder', 'prizes[2].fallbackOrder'])
  })
})

it('after so many losses in a row the guarantee is given, and the count survives a loss of Redis', async () => {
  const live = await createLiveCampaign(app, {
    guaranteeAfterLosses: 3,
    prizes: [{ name: 'Never', probabilityPpb: 0, stockTotal: 10 }, { name: 'Consolation', probabilityPpb: 0, stockTotal: 10, isGuarantee: true }],
  })
  const won = async (key: string) => (await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: key })).draws[0]!.prize?.name ?? null
  expect([await won('1'), await won('2')]).toEqual([null, null])
  expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  await app.app.get(RedisService, { strict: false }).client.flushdb()
  expect([await won('3'), await won('4'), await won('5')]).toEqual([null, 'Consolation', null])
  expect(await won('4')).toBe('Consolation')
})

it('a draft keeps what it was told, and a clone has it too', async () => {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const draft = await createCampaign(app, token, {
    guaranteeAfterLosses: 3, budget: { currency: 'EUR', dailyMinor: 5 },
    prizes: [{ name: 'A', probabilityPpb: 1, stockTotal: 1, isGuarantee: true, winsPerUserDaily: 2, winsPerDay: 3 }, { name: 'B', probabilityPpb: 1, stockTotal: 1, isFallback: true, fallbackOrder: 4 }],
  })
  const fields = 'guaranteeAfterLosses budget { currency totalMinor dailyMinor } prizes { isGuarantee winsPerUserDaily winsPerDay fallbackOrder }'
  const seen = {
    guaranteeAfterLosses: 3, budget: { currency: 'EUR', totalMinor: null, dailyMinor: 5 },
    prizes: [
      { isGuarantee: true, winsPerUserDaily: 2, winsPerDay: 3, fallbackOrder: null },
      { isGuarantee: false, winsPerUserDaily: null, winsPerDay: null, fallbackOrder: 4 },
    ],
  }
  expect(await gqlData(app.adminGraphqlUrl, `query ($id: ID!) { campaign(id: $id) { ${fields} } }`, { id: draft.id }, bearer(token))).toEqual({ campaign: seen })
  const clone = `mutation ($id: ID!, $slug: String!) { cloneCampaign(id: $id, slug: $slug) { ... on Campaign { ${fields} } } }`
  expect(await gqlData(app.adminGraphqlUrl, clone, { id: draft.id, slug: uniqueName('clone') }, bearer(token))).toEqual({ cloneCampaign: seen })
})
