import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Awards, startAwards } from '../support/awards.js'
import { csv, upload } from '../support/codes.js'
import { bearer, createTenant, type LiveCampaign, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

interface Page<T> { edges: Array<{ node: T }>; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
interface Movement {
  id: string; prizeName: string; movement: string; units: number
  from: string; fromBucket: number | null; to: string; toBucket: number | null
  reason: string | null; operatorName: string | null; appliedAt: string | null
}
interface Entry {
  id: string; movement: string; amount: { amountMinor: number; currency: string }; awardId: string; campaignId: string; prizeName: string
}

const PAGE = 'pageInfo { hasNextPage endCursor }'
const STOCK = `query ($c: ID!, $p: ID, $n: Int, $a: String) { page: stockLedger(campaignId: $c, prizeId: $p, first: $n, after: $a) { edges { node {
  id prizeName movement units from fromBucket to toBucket reason operatorName appliedAt } } ${PAGE} } }`
const WALLET = `query ($u: ID!, $n: Int, $a: String) { page: walletLedger(userId: $u, first: $n, after: $a) { edges { node {
  id movement amount { amountMinor currency } awardId campaignId prizeName } } ${PAGE} } }`

let kit: Awards
beforeAll(async () => { kit = await startAwards() })
afterAll(() => kit.close())

const stranger = async (): Promise<{ token: string }> => {
  const tenant = await createTenant(kit.app)
  return { token: await login(kit.app, tenant.ownerEmail, tenant.ownerPassword) }
}

/** All pages, each of `n`. */
async function all<T>(of: Pick<LiveCampaign, 'token'>, query: string, variables: Record<string, unknown>, n = 100): Promise<T[]> {
  const found: T[] = []
  let after: string | null = null
  do {
    const { page }: { page: Page<T> } = await kit.admin(of, query, { ...variables, n, a: after })
    found.push(...page.edges.map(({ node }) => node))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
  return found
}

describe('the ledger of stock', () => {
  it('tells every movement but the wins, newest first, a page at a time, with who gave which reason', async () => {
    const of = await kit.live(undefined)
    const id = await kit.win(of)
    await kit.settled(of)
    const prizeId = of.campaign.prizes[0]!.id
    const change = (delta: number, reason: string) => kit.admin(
      of, 'mutation ($p: ID!, $d: Int!, $r: String!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: $r, idempotencyKey: $k) { granted } }', { p: prizeId, d: delta, r: reason, k: reason })
    await change(7, 'a pallet has come')
    await change(-3, 'three were broken')
    await kit.admin(of, `mutation { revokeAwards(ids: ["${id}"], reason: "fraud", stock: RETURN_TO_VAULT, idempotencyKey: "k") { id } }`)
    const rows = await eventually(async () => {
      const found = await all<Movement>(of, STOCK, { c: of.campaign.id })
      expect(found.filter(({ appliedAt }) => appliedAt === null)).toEqual([])
      return found
    })
    const { me } = await kit.admin<{ me: { name: string } }>(of, '{ me { name } }')
    const said = rows.map(({ movement, units, from, fromBucket, to, toBucket, reason, operatorName }) =>
      [movement, units, fromBucket === null ? from : `${from} ${fromBucket}`, toBucket === null ? to : `${to} ${toBucket}`, reason, operatorName])
    expect(said[0]).toEqual(['RETURN', 1, 'AWARDED', 'VAULT', 'fraud', me.name])
    expect(said).toContainEqual(['REDUCE', 3, 'BUCKET 0', 'OUTSIDE', 'three were broken', me.name])
    expect(said).toContainEqual(['RESTOCK', 7, 'OUTSIDE', 'VAULT', 'a pallet has come', me.name])
    expect(said.filter(([movement]) => movement === 'GRANT').map((row) => row.slice(0, 4))).toEqual([['GRANT', 50, 'OUTSIDE', 'VAULT']])
    expect(said.map(([movement]) => movement)).not.toContain('AWARD')
    expect(rows.map((row) => BigInt(row.id))).toEqual(rows.map((row) => BigInt(row.id)).sort((a, b) => (a < b ? 1 : -1)))
    expect(await all(of, STOCK, { c: of.campaign.id }, 2)).toEqual(rows)
    expect(await all(of, STOCK, { c: of.campaign.id, p: prizeId })).toEqual(rows)
    expect(await all(of, STOCK, { c: of.campaign.id, p: of.campaign.id })).toEqual([])
  })

  it('says no more of what one bucket gave another than that', async () => {
    const of = await kit.live(undefined)
    const { rows: [prize] } = await kit.owner.query<{ tenant_id: string; id: string }>('SELECT tenant_id, id FROM prize WHERE campaign_id = $1', [of.campaign.id])
    await kit.owner.query(
      `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, reason)
       VALUES ($1, $2, $3, 'TRANSFER', 4, 'bucket:12', 'bucket:3', 'transfer:x', 'entry:1:3:9')`, [prize!.tenant_id, of.campaign.id, prize!.id])
    const [newest] = await all<Movement>(of, STOCK, { c: of.campaign.id })
    expect(newest).toMatchObject({ movement: 'TRANSFER', units: 4, from: 'BUCKET', fromBucket: 12, to: 'BUCKET', toBucket: 3, reason: null, operatorName: null, appliedAt: null })
  })
})

describe('the ledger of a wallet', () => {
  it('tells credits and what took them back, newest first, of the tenant’s own participant', async () => {
    const of = await kit.live({ kind: 'WALLET' })
    const ids: string[] = []
    for (const key of ['a', 'b', 'c']) {
      const id = await kit.win(of, 'ada', key)
      await kit.becomes(of, id, 'FULFILLED')
      ids.push(id)
    }
    await kit.settled(of, 3)
    await kit.admin(of, `mutation { revokeAwards(ids: ["${ids[1]}"], reason: "fraud", stock: WRITE_OFF, idempotencyKey: "k") { id } }`)
    const rows = await all<Entry>(of, WALLET, { u: 'ada' })
    expect(rows.map(({ movement, amount, awardId }) => [movement, amount.amountMinor, awardId])).toEqual([
      ['REVERSAL', -250, ids[1]], ['CREDIT', 250, ids[2]], ['CREDIT', 250, ids[1]], ['CREDIT', 250, ids[0]],
    ])
    expect(rows[0]).toMatchObject({ amount: { currency: 'CNY' }, campaignId: of.campaign.id, prizeName: 'Prize' })
    expect(await all(of, WALLET, { u: 'ada' }, 1)).toEqual(rows)
    expect([await all(of, WALLET, { u: 'bob' }), await all(await stranger(), WALLET, { u: 'ada' })]).toEqual([[], []])
  })
})

describe('what waits for somebody', () => {
  it('names the campaigns with failed awards, and how many, to their tenant', async () => {
    const of = await kit.live(undefined)
    const quiet = await kit.live(undefined)
    const ids = [await kit.win(of, 'ada'), await kit.win(of, 'bob'), await kit.win(of, 'cyd')]
    await kit.win(quiet)
    await kit.settled(of, 3)
    for (const id of ids.slice(0, 2)) await kit.admin(of, `mutation { failAward(id: "${id}", reason: "lost") { status } }`)
    const failed = async (who: Pick<LiveCampaign, 'token'>) =>
      (await kit.admin<{ failedAwards: object[] }>(who, '{ failedAwards { campaignId campaignName awards } }')).failedAwards
    expect(await failed(of)).toEqual([{ campaignId: of.campaign.id, campaignName: expect.any(String), awards: 2 }])
    expect([await failed(quiet), await failed(await stranger())]).toEqual([[], []])
    await kit.owner.query(`UPDATE campaign SET ends_at = now() - interval '31 days', starts_at = now() - interval '40 days' WHERE id = $1`, [of.campaign.id])
    expect(await failed(of)).toEqual([])
  })

  it('names the pools of codes that are low, to their tenant', async () => {
    const of = await kit.live(undefined, { kind: 'COUPON_CODE' })
    const prizeId = of.campaign.prizes[0]!.id
    await upload(kit.app, bearer(of.token), prizeId, csv(['A', 'B', 'C']))
    const alarms = async (who: Pick<LiveCampaign, 'token'>) => (await kit.admin<{ codeAlarms: object[] }>(
      who, '{ codeAlarms { campaignId prizeId prizeName lowStockAt free since } }')).codeAlarms
    expect(await alarms(of)).toEqual([])
    const set = (n: number | null) => gqlData(
      kit.app.adminGraphqlUrl, 'mutation ($p: ID!, $n: Int) { setCodeLowStock(prizeId: $p, lowStockAt: $n) { lowStock } }', { p: prizeId, n }, bearer(of.token))
    await set(5)
    expect(await alarms(of)).toEqual([{ campaignId: of.campaign.id, prizeId, prizeName: 'Prize', lowStockAt: 5, free: 3, since: expect.any(String) }])
    expect(await alarms(await stranger())).toEqual([])
    await set(null)
    expect(await alarms(of)).toEqual([])
  })
})
