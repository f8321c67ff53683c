import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createLiveCampaign, serverKey, uniqueName, type LiveCampaign } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

interface Answer {
  readonly __typename: 'DrawAccepted' | 'DrawRejected'
  readonly code?: string
  readonly retryAfterMs?: number | null
  readonly draws?: ReadonlyArray<{ readonly id: string }>
}

let app: TestApp
let live: LiveCampaign

const admin = <T = Record<string, unknown>>(query: string, variables: Record<string, unknown> = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, variables, bearer(live.token))

async function draw(userId: string, more: { deviceId?: string; ip?: string; idempotencyKey?: string } = {}): Promise<Answer> {
  const query = `mutation ($input: DrawInput!) { draw(input: $input) {
    __typename ... on DrawAccepted { draws { id } } ... on DrawRejected { code retryAfterMs } } }`
  const input = { campaignId: live.campaign.id, userId, idempotencyKey: uniqueName('key'), ...more }
  return (await gqlData<{ draw: Answer }>(app.graphqlUrl, query, { input }, serverKey(live.tenant))).draw
}

async function list(listName: 'BLOCK' | 'ALLOW', subject: string, value: string): Promise<string> {
  const query = 'mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }'
  const input = { list: listName, subject, value, reason: 'a test', campaignId: live.campaign.id }
  return (await admin<{ addRiskEntry: { id: string } }>(query, { input })).addRiskEntry.id
}

const rules = (input: Array<{ subject: string; windowSeconds: number; drawsMax: number }>) =>
  admin('mutation ($id: ID, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { subject } }', {
    id: live.campaign.id, rules: input,
  })

beforeAll(async () => {
  app = await bootApp()
  live = await createLiveCampaign(app, { bucketCount: 4 })
})

afterAll(() => app?.close())

describe('risk in the path of a draw', () => {
  it('blocks and allows from the next draw on', async () => {
    expect((await draw('eve')).__typename).toBe('DrawAccepted')
    const blocked = await list('BLOCK', 'PARTICIPANT', 'eve')
    expect(await draw('eve')).toMatchObject({ __typename: 'DrawRejected', code: 'BLOCKED' })
    expect((await draw('ann')).__typename).toBe('DrawAccepted')
    await list('BLOCK', 'IP', '198.51.100.0/24')
    expect(await draw('ann', { ip: '198.51.100.9' })).toMatchObject({ code: 'BLOCKED' })
    await list('ALLOW', 'DEVICE', 'kiosk')
    expect((await draw('eve', { ip: '198.51.100.9', deviceId: 'kiosk' })).__typename).toBe('DrawAccepted')
    await admin('mutation ($id: ID!) { removeRiskEntry(id: $id) { id } }', { id: blocked })
    expect((await draw('eve')).__typename).toBe('DrawAccepted')
  })

  it('counts participants, devices and addresses; a repeat and a refusal cost nothing', async () => {
    await rules([{ subject: 'PARTICIPANT', windowSeconds: 600, drawsMax: 2 }, { subject: 'DEVICE', windowSeconds: 600, drawsMax: 3 }])
    const idempotencyKey = uniqueName('key')
    for (let repeat = 0; repeat < 5; repeat++) {
      expect((await draw('bob', { deviceId: 'phone', idempotencyKey })).__typename).toBe('DrawAccepted')
    }
    expect((await draw('bob', { deviceId: 'phone' })).__typename).toBe('DrawAccepted')
    const refused = await draw('bob', { deviceId: 'phone' })
    expect(refused.code).toBe('TOO_FREQUENT')
    expect(refused.retryAfterMs).toBeGreaterThan(500_000)
    expect((await draw('carl', { deviceId: 'phone' })).__typename).toBe('DrawAccepted')
    expect(await draw('carl', { deviceId: 'phone' })).toMatchObject({ code: 'TOO_FREQUENT' })
    expect((await draw('carl', { deviceId: 'kiosk' })).__typename).toBe('DrawAccepted')
    await rules([])
  })

  it('every draw reaches both consumers, and operators can see it', async () => {
    const { draws } = await draw('dora', { deviceId: 'phone', ip: '203.0.113.5' })
    const query = `query ($id: String!) { risk: consumedEvents(consumer: RISK, subject: $id) { id type subject }
      user: consumedEvents(consumer: USER_CENTER, subject: $id) { type } }`
    await eventually(async () => {
      const { risk, user } = await admin<{ risk: object[]; user: object[] }>(query, { id: draws![0]!.id })
      expect(risk).toMatchObject([{ type: 'drawbridge.draw.settled', subject: draws![0]!.id }])
      expect(user).toContainEqual({ type: 'drawbridge.draw.settled' })
    })
  })

  it('is for operators alone, and says what is wrong', async () => {
    const query = 'mutation { addRiskEntry(input: { list: BLOCK, subject: IP, value: "10.0.0.1/8", reason: "x" }) { id } }'
    expect((await gql(app.adminGraphqlUrl, query)).status).toBe(401)
    const { status, body } = await gql(app.adminGraphqlUrl, query, {}, bearer(live.token))
    expect(status).toBe(400)
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.value' })
  })
})
