import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { DecideStore } from '../../src/modules/draws/decide.store.js'
import { SETTLEMENT_WAKE, type SettlementWake } from '../../src/modules/draws/draws.types.js'
import { RiskService } from '../../src/modules/risk/risk.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { BALANCED, draw, inParallel, settledBooks } from '../support/draws.js'
import { bearer, createLiveCampaign, type LiveCampaign, moveCampaign, serverKey, uniqueName } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { watchTransactions } from '../support/statements.js'

let app: TestApp
let live: LiveCampaign

beforeAll(async () => { app = await bootApp() })
afterAll(() => app.close())

const service = <T>(type: abstract new (...args: never[]) => T): T => app.app.get(type as new (...args: never[]) => T, { strict: false })
const by = (userId: string, more: { idempotencyKey?: string; deviceId?: string } = {}) =>
  draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey: uniqueName('key'), ...more })
const admin = (query: string, variables: Record<string, unknown>) => gqlData(app.adminGraphqlUrl, query, variables, bearer(live.token))
const rules = (...given: Array<{ subject: string; windowSeconds: number; drawsMax: number }>) =>
  admin('mutation ($id: ID, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { subject } }', { id: live.campaign.id, rules: given })
const block = (value: string) =>
  admin('mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }', { input: { list: 'BLOCK', subject: 'PARTICIPANT', value, reason: 'test' } })

/** As where the announcement of a change is lost: only the gate tells the process. */
async function unannounced<T>(change: () => Promise<T>): Promise<T> {
  const lost = jest.spyOn(service(SnapshotService), 'invalidate').mockResolvedValue()
  const kept = jest.spyOn(service(RiskService), 'forget').mockReturnValue()
  try {
    return await change()
  } finally {
    lost.mockRestore()
    kept.mockRestore()
  }
}

describe('a change that only the gate tells of', () => {
  it('is read once for all the draws that meet it, or a few times', async () => {
    live = await createLiveCampaign(app, { bucketCount: 4 })
    await by('first')
    let { campaign } = live
    const many = () => inParallel(Array.from({ length: 200 }, (_, n) => () => by(`user-${n}`)))
    const changes: Array<() => Promise<unknown>> = [
      async () => { campaign = await moveCampaign(app, live.token, 'pause', campaign) },
      async () => { campaign = await moveCampaign(app, live.token, 'resume', campaign) },
      () => rules({ subject: 'PARTICIPANT', windowSeconds: 600, drawsMax: 100 }),
    ]
    for (const change of changes) {
      await unannounced(change)
      const watched = watchTransactions(app)
      const answers = await many()
      watched.stop()
      const read = (text: string) => watched.transactions.filter(([first]) => first?.includes(text)).length
      const expected = campaign.status === 'PAUSED' ? { __typename: 'DrawRejected', code: 'CAMPAIGN_PAUSED' } : { __typename: 'DrawAccepted' }
      for (const answer of answers) expect(answer).toMatchObject(expected)
      const snapshots = read('FROM campaign c JOIN tenant t')
      const lists = read('SELECT risk_version')
      expect(snapshots).toBeGreaterThan(0)
      expect(snapshots).toBeLessThanOrEqual(8)
      expect(lists).toBeLessThanOrEqual(4)
    }
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  })

  it('is what the answer goes by', async () => {
    live = await createLiveCampaign(app)
    await by('first')
    const paused = await moveCampaign(app, live.token, 'pause', live.campaign)
    await by('first')
    const resumed = await unannounced(() => moveCampaign(app, live.token, 'resume', paused))
    const wake = jest.spyOn(app.app.get<SettlementWake>(SETTLEMENT_WAKE, { strict: false }), 'wake')
    expect(await by('second')).toMatchObject({ __typename: 'DrawAccepted' })
    expect(wake.mock.calls.map(([campaign]) => [campaign.version, campaign.status])).toEqual([[resumed.version, 'ACTIVE']])
    wake.mockRestore()
  })
})

describe('a risk list that only the gate tells of', () => {
  beforeAll(async () => { live = await createLiveCampaign(app, { bucketCount: 2 }) })

  it('a new rule holds for the very next draw, and counts it', async () => {
    await by('a', { deviceId: 'one' })
    await unannounced(() => rules({ subject: 'DEVICE', windowSeconds: 600, drawsMax: 1 }))
    expect(await by('a', { deviceId: 'one' })).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await by('b', { deviceId: 'one' })).toMatchObject({ code: 'TOO_FREQUENT' })
  })

  it('a rule that is still there counts the draw once', async () => {
    await rules({ subject: 'DEVICE', windowSeconds: 600, drawsMax: 2 })
    await by('a', { deviceId: 'two' })
    await unannounced(() => block('somebody'))
    expect(await by('a', { deviceId: 'two' })).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await by('a', { deviceId: 'two' })).toMatchObject({ code: 'TOO_FREQUENT' })
  })

  it('a rule that is gone refuses nobody', async () => {
    await rules({ subject: 'DEVICE', windowSeconds: 600, drawsMax: 1 })
    await by('a', { deviceId: 'three' })
    expect(await by('a', { deviceId: 'three' })).toMatchObject({ code: 'TOO_FREQUENT' })
    await unannounced(() => rules())
    expect(await by('a', { deviceId: 'three' })).toMatchObject({ __typename: 'DrawAccepted' })
  })

  it('who is blocked now is refused, and gives back what it had reserved', async () => {
    await rules({ subject: 'DEVICE', windowSeconds: 600, drawsMax: 1 })
    await by('other', { deviceId: 'other' })
    await unannounced(() => block('eve'))
    expect(await by('eve', { deviceId: 'four' })).toMatchObject({ code: 'BLOCKED' })
    expect(await by('ann', { deviceId: 'four' })).toMatchObject({ __typename: 'DrawAccepted' })
  })
})

it('a draw whose answer was lost stays in its device’s window; one that a script refused does not', async () => {
  live = await createLiveCampaign(app)
  await rules({ subject: 'DEVICE', windowSeconds: 600, drawsMax: 1 })
  const store = service(DecideStore)
  const plain = store.decide.bind(store)
  const lost = jest.spyOn(store, 'decide').mockImplementationOnce(async (decision) => {
    await plain(decision)
    throw new Error('Command timed out')
  })
  // OVERLOADED, and the same key again: `draw` does so.
  expect(await by('a', { deviceId: 'one' })).toMatchObject({ __typename: 'DrawAccepted', replayed: true })
  expect(await by('a', { deviceId: 'one' })).toMatchObject({ code: 'TOO_FREQUENT' })
  lost.mockImplementationOnce(() => Promise.resolve({ kind: 'rejected', code: 'SOLD_OUT', retryAfterMs: null }))
  expect(await by('a', { deviceId: 'two' })).toMatchObject({ code: 'SOLD_OUT' })
  expect(await by('a', { deviceId: 'two' })).toMatchObject({ __typename: 'DrawAccepted' })
  lost.mockRestore()
})
