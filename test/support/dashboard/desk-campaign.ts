import type { TestApp } from '../app.js'
import { csv, upload } from '../codes.js'
import { gqlData } from '../gql.js'

const HOUR_MS = 60 * 60_000
const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { draws { id outcome } } } }`

type Ask = <T>(document: string, variables: Record<string, unknown>) => Promise<T>

/** A campaign with what operators look after while it runs, and one of its won draws. */
export interface DeskCampaign {
  readonly id: string
  readonly drawId: string
}

const prizes = [
  { name: 'Tea set', kind: 'PHYSICAL', probabilityPpb: 250_000_000, stockTotal: 2_000, fulfilment: { kind: 'MANUAL', claimWithinSeconds: 604_800, onExpiry: 'RETURN_TO_VAULT' } },
  { name: '咖啡券 Coffee voucher', kind: 'COUPON_CODE', probabilityPpb: 250_000_000, stockTotal: 500 },
  { name: '8 € credit', kind: 'CASH', probabilityPpb: 250_000_000, stockTotal: 1_200_000, value: { amountMinor: 800, currency: 'EUR' }, fulfilment: { kind: 'WALLET' } },
  // Nobody listens there, and no webhook may lead there: its deliveries wait for their next try.
  { name: 'Gift box', kind: 'VIRTUAL', probabilityPpb: 250_000_000, stockTotal: 6_000, fulfilment: { kind: 'WEBHOOK', url: 'https://127.0.0.1:9/awards' }, release: { evenly: { times: 6 } } },
]

/** 64 buckets, a release schedule, too few codes, and awards of every way of fulfilment. */
export async function deskCampaign(app: TestApp, admin: Ask, headers: Record<string, string>, apiKey: string): Promise<DeskCampaign> {
  const now = Date.now()
  const input = {
    slug: 'tea-and-coffee', name: '茶与咖啡 Tea & coffee', startsAt: new Date(now - HOUR_MS).toISOString(), endsAt: new Date(now + 5 * HOUR_MS).toISOString(),
    timezone: 'Asia/Shanghai', bucketCount: 64, prizes,
  }
  const { made } = await admin<{ made: { id: string; version: number; prizes: Array<{ id: string }> } }>(
    'mutation ($input: CreateCampaignInput!) { made: createCampaign(input: $input) { ... on Campaign { id version prizes { id } } } }', { input })
  await admin('mutation ($id: ID!, $version: Int!) { publishCampaign(id: $id, expectedVersion: $version) { __typename } }', { id: made.id, version: made.version })
  const voucher = made.prizes[1]!.id
  await upload(app, headers, voucher, 'code\nTWICE\nTWICE\n', { dryRun: '1' })
  await upload(app, headers, voucher, csv(Array.from({ length: 120 }, (_, n) => `COFFEE-${n}`)))
  await admin('mutation ($id: ID!) { setCodeLowStock(prizeId: $id, lowStockAt: 200) { lowStock } }', { id: voucher })
  let drawId = ''
  for (let n = 0; n < 12; n++) {
    const { draw } = await gqlData<{ draw: { draws: Array<{ id: string; outcome: string }> } }>(
      app.graphqlUrl, DRAW, { input: { campaignId: made.id, userId: `customer-${1_000 + n}`, idempotencyKey: `order-${n}`, count: 3 } }, { 'x-api-key': apiKey })
    drawId = draw.draws[0]!.id
  }
  return { id: made.id, drawId }
}
