import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Awards, RESULT, type Result, startAwards } from '../support/awards.js'
import { deviceTokens } from '../support/draws.js'
import { bearer, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

let kit: Awards
beforeAll(async () => { kit = await startAwards() })
afterAll(() => kit.close())

describe('a wallet', () => {
  it('is credited once, and debited once when the award is revoked', async () => {
    const of = await kit.live({ kind: 'WALLET' })
    const id = await kit.win(of)
    const balance = async () => (await gqlData<{ walletBalances: unknown }>(
      kit.app.graphqlUrl, '{ walletBalances(userId: "ada") { amountMinor currency } }', {}, serverKey(of.tenant))).walletBalances
    expect((await kit.becomes(of, id, 'FULFILLED')).history.map(({ from, to }) => [from, to])).toEqual([['GRANTED', 'FULFILLED']])
    expect(await balance()).toEqual([{ amountMinor: 250, currency: 'CNY' }])
    await kit.settled(of)
    for (const key of ['k', 'k', 'other']) await kit.admin(of, `mutation { revokeAwards(ids: ["${id}"], reason: "fraud", stock: WRITE_OFF, idempotencyKey: "${key}") { id } }`)
    expect(await balance()).toEqual([{ amountMinor: 0, currency: 'CNY' }])
    expect(await kit.read(of, id)).toMatchObject({ status: 'REVOKED' })
    await kit.balanced(of)
  })

  it('takes an address of nobody', async () => {
    const of = await kit.live({ kind: 'WALLET' })
    const { body } = await gql(kit.app.graphqlUrl, submit, { id: await kit.win(of), address }, serverKey(of.tenant))
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'awardId' })
  })
})

const address = { recipient: 'Ada Lovelace', phone: '+86 10 1234', country: 'CN', region: null, city: '上海', postalCode: '200000', line1: '南京路 1', line2: null }
const submit = 'mutation ($id: ID!, $address: AddressInput!) { submitAwardAddress(awardId: $id, address: $address) { kind claimBy award { id status } address { recipient city line1 } } }'
const claimed = 'query ($id: ID!) { award(id: $id) { kind claimBy award { id status } address { recipient city } } }'

describe('a parcel', () => {
  it('goes to the address that its owner gave, which only its owner and the staff see', async () => {
    const of = await kit.live({ kind: 'MANUAL', claimWithinSeconds: 3_600 }, { kind: 'PHYSICAL' })
    const id = await kit.win(of)
    const devices = await deviceTokens(kit.app, of.tenant, of.token)
    const [ada, bob] = [await devices.headers('ada'), await devices.headers('bob')]
    type Seen = { award: { claimBy: string; address: unknown } | null }
    const claim = async (headers: Record<string, string>) => (await gqlData<Seen>(kit.app.graphqlUrl, claimed, { id }, headers)).award
    await eventually(async () => { expect((await claim(ada))?.claimBy).toBeTruthy() })
    expect(await claim(bob)).toBeNull()
    expect((await gql(kit.app.graphqlUrl, submit, { id, address }, bob)).body.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    const given = await gqlData(kit.app.graphqlUrl, submit, { id, address }, ada)
    expect(given).toMatchObject({ submitAwardAddress: { kind: 'MANUAL', claimBy: null, award: { id, status: 'FULFILLING' }, address: { recipient: 'Ada Lovelace', city: '上海' } } })
    await gqlData(kit.app.graphqlUrl, submit, { id, address: { ...address, line1: '南京路 2' } }, serverKey(of.tenant))
    expect(await claim(bob)).toBeNull()
    expect((await claim(ada))?.address).toEqual({ recipient: 'Ada Lovelace', city: '上海' })
    const { rows } = await kit.owner.query<{ sealed: Buffer }>('SELECT sealed FROM award_address')
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('Lovelace')
    expect(await kit.admin(of, `{ awardAddress(id: "${id}") { recipient line1 } }`)).toEqual({ awardAddress: { recipient: 'Ada Lovelace', line1: '南京路 2' } })
    const ship = `mutation { markAwardFulfilled(id: "${id}", reference: "parcel 1") { status fulfilment { reference } } }`
    for (let n = 0; n < 2; n++) expect(await kit.admin(of, ship)).toEqual({ markAwardFulfilled: { status: 'FULFILLED', fulfilment: { reference: 'parcel 1' } } })
    expect((await gql(kit.app.adminGraphqlUrl, ship.replace('parcel 1', 'parcel 2'), {}, bearer(of.token))).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect((await gql(kit.app.graphqlUrl, submit, { id, address }, ada)).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect((await kit.read(of, id)).history.map(({ to, reason, actorKind }) => [to, reason, actorKind])).toEqual([
      ['FULFILLING', 'address given', 'participant'], ['FULFILLING', 'address given anew', 'server'], ['FULFILLED', 'parcel 1', 'operator'],
    ])
    await kit.balanced(of)
  })

  it('that nobody claims is EXPIRED, and its unit where the prize says', async () => {
    for (const [onExpiry, granted, vault] of [['RETURN_TO_VAULT', 50, 1], ['WRITE_OFF', 49, 0]] as const) {
      const of = await kit.live({ kind: 'MANUAL', claimWithinSeconds: 60, onExpiry })
      const id = await kit.win(of)
      await eventually(async () => { expect((await kit.read(of, id)).fulfilment?.dueAt).toBeTruthy() })
      await kit.settled(of)
      await kit.owner.query(`UPDATE fulfilment_task SET due_at = now() WHERE campaign_id = $1`, [of.campaign.id])
      await kit.becomes(of, id, 'EXPIRED')
      expect(await stock(of)).toMatchObject({ granted, vault, awarded: 0, prize: { stockTotal: granted } })
      await kit.balanced(of)
    }
  })
})

const stock = async (of: LiveCampaign) => (await kit.admin<{ inventory: Array<{ granted: number; vault: number; awarded: number }> }>(
  of, 'query ($c: ID!) { inventory(campaignId: $c) { granted vault awarded prize { stockTotal } } }', { c: of.campaign.id })).inventory[0]

describe('the desk', () => {
  it('takes awards back, their units into the vault or out, each for its own reason, and tells of it', async () => {
    const of = await kit.live(undefined)
    const [a, b, c, d] = [await kit.win(of, 'ada'), await kit.win(of, 'bob'), await kit.win(of, 'cyd'), await kit.win(of, 'dan')] as const
    await kit.settled(of, 4)
    const back = (how: string, ids: string[], fate: string, key: string) => kit.admin<Record<string, Result[]>>(
      of, `mutation ($ids: [ID!]!, $f: StockFate!, $k: ID!) { results: ${how}(ids: $ids, reason: "because", stock: $f, idempotencyKey: $k) { ${RESULT} } }`, { ids, f: fate, k: key })
    const nobodys = `A${a.slice(1, -1)}${a.endsWith('0') ? '1' : '0'}`
    const vault = await back('revokeAwards', [a, b, 'nonsense', nobodys, a], 'RETURN_TO_VAULT', 'one')
    expect(vault.results?.map(({ id, refusal }) => [id, refusal])).toEqual([[a, null], [b, null], ['nonsense', 'NOT_FOUND'], [nobodys, 'NOT_FOUND']])
    expect(await stock(of)).toMatchObject({ granted: 50, vault: 2, awarded: 2 })
    expect((await back('expireAwards', [c, a], 'WRITE_OFF', 'two')).results?.map(({ refusal }) => refusal)).toEqual([null, 'NOT_ALLOWED'])
    expect(await stock(of)).toMatchObject({ granted: 49, vault: 2, awarded: 1, prize: { stockTotal: 49 } })
    expect((await back('revokeAwards', [a, b, 'nonsense', nobodys, a], 'RETURN_TO_VAULT', 'one')).results).toEqual(vault.results)
    expect((await gql(kit.app.adminGraphqlUrl, `mutation { revokeAwards(ids: ["${d}"], reason: "because", stock: WRITE_OFF, idempotencyKey: "one") { id } }`, {}, bearer(of.token))).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect(await kit.admin(of, `mutation { failAward(id: "${d}", reason: "lost") { status } }`)).toEqual({ failAward: { status: 'FAILED' } })
    const { reissueAwards } = await kit.admin<{ reissueAwards: Result[] }>(of, `mutation { reissueAwards(ids: ["${d}"], reason: "r", idempotencyKey: "three") { ${RESULT} } }`)
    expect(reissueAwards).toEqual([{ id: d, refusal: 'NO_FULFILMENT', award: { status: 'FAILED' } }])
    await kit.balanced(of)
    const { rows } = await kit.owner.query('SELECT action, actor_kind FROM audit_log WHERE tenant_id = $1 AND action LIKE $2 ORDER BY id', [of.tenant.tenantId, 'award%'])
    expect(rows.map(({ action, actor_kind: kind }: { action: string; actor_kind: string }) => `${kind} ${action}`)).toEqual([
      'operator awards.revoked', 'operator awards.expired', 'operator award.failed', 'operator awards.issued-again',
    ])
    // What was answered is remembered for a second, as it was then.
    await eventually(async () => {
      const seen = await gqlData<{ draw: { award: { status: string } } }>(kit.app.graphqlUrl, `{ draw(id: "${a.slice(1)}") { award { status } } }`, {}, serverKey(of.tenant))
      expect(seen.draw.award.status).toBe('REVOKED')
    })
  })

  it('pages, newest first, by what is asked', async () => {
    const of = await kit.live(undefined)
    const ids: string[] = []
    for (const [n, user] of ['ada', 'bob', 'ada'].entries()) ids.push(await kit.win(of, user, `k${n}`))
    const query = 'query ($c: ID!, $u: ID, $p: ID, $s: AwardStatus, $n: Int, $a: String) { awards(campaignId: $c, userId: $u, prizeId: $p, status: $s, first: $n, after: $a) { edges { node { id userId } } pageInfo { hasNextPage endCursor } } }'
    type Page = { awards: { edges: Array<{ node: { id: string } }>; pageInfo: { hasNextPage: boolean; endCursor: string } } }
    const page = async (args: object) => (await kit.admin<Page>(of, query, { c: of.campaign.id, ...args })).awards
    const idsOf = ({ edges }: Page['awards']) => edges.map(({ node }) => node.id)
    const first = await page({ n: 2 })
    expect([idsOf(first), first.pageInfo.hasNextPage]).toEqual([[ids[2], ids[1]], true])
    expect(idsOf(await page({ n: 2, a: first.pageInfo.endCursor }))).toEqual([ids[0]])
    expect(idsOf(await page({ u: 'ada' }))).toEqual([ids[2], ids[0]])
    expect(idsOf(await page({ s: 'FAILED' }))).toEqual([])
    expect(idsOf(await page({ p: of.campaign.prizes[0]!.id, s: 'GRANTED' }))).toHaveLength(3)
  })

  it('gives awards that were won before their way as well', async () => {
    const of = await kit.live(undefined)
    const id = await kit.win(of)
    expect(await kit.read(of, id)).toMatchObject({ status: 'GRANTED', fulfilment: null })
    await kit.admin(of, 'mutation ($p: ID!) { setPrizeFulfilment(prizeId: $p, fulfilment: { kind: WALLET }) { id } }', { p: of.campaign.prizes[0]!.id })
    await kit.becomes(of, id, 'FULFILLED')
    await kit.balanced(of)
  })

  it('rotates the secret; the one before signs along', async () => {
    const to = await kit.receiver()
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const before = await kit.admin<{ webhookSecret: string }>(of, '{ webhookSecret }')
    const { rotateWebhookSecret } = await kit.admin<{ rotateWebhookSecret: string }>(of, 'mutation { rotateWebhookSecret }')
    expect([rotateWebhookSecret === before.webhookSecret, (await kit.admin<{ webhookSecret: string }>(of, '{ webhookSecret }')).webhookSecret]).toEqual([false, rotateWebhookSecret])
    await kit.becomes(of, await kit.win(of), 'FULFILLED')
    expect(String(to.received[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2)
  })
})
