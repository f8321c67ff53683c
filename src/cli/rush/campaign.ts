import { ask, type GraphqlClient } from './client.js'
import { RushError } from './target.js'

const ODDS = 1_000_000_000
const HOUR_MS = 3_600_000
/** Less than is drawn, so that the last ones find nothing. */
const STOCK_SHARE = 0.7
const PRIZES = [
  { name: 'Television', kind: 'PHYSICAL', share: 0.01 },
  { name: 'Headphones', kind: 'PHYSICAL', share: 0.09 },
  { name: 'Voucher', kind: 'COUPON_CODE', share: 0.3 },
  { name: 'Points', kind: 'POINTS', share: 0.6 },
] as const

const LOGIN = 'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }'
const FIELDS = '__typename ... on Campaign { id version } ... on VersionConflict { message } ... on InvalidCampaign { message }'
const CREATE = `mutation ($input: CreateCampaignInput!) { answer: createCampaign(input: $input) { ${FIELDS} } }`
const PUBLISH = `mutation ($id: ID!, $version: Int!) { answer: publishCampaign(id: $id, expectedVersion: $version) { ${FIELDS} } }`
const END = `mutation ($id: ID!, $version: Int!) { answer: endCampaign(id: $id, expectedVersion: $version) { ${FIELDS} } }`

interface Made { readonly id: string; readonly version: number }
interface Answer { readonly answer: { readonly __typename: string; readonly message?: string } & Partial<Made> }

/** The session of an operator. Throws with the server's reason. */
export async function login(admin: GraphqlClient, operator: { email: string; password: string }): Promise<string> {
  return (await ask<{ login: { token: string } }>(admin, LOGIN, operator)).login.token
}

function made({ answer: { id, version, message, __typename } }: Answer): Made {
  if (id === undefined || version === undefined) throw new RushError(`The campaign of the rush cannot be made: ${message ?? __typename}`)
  return { id, version }
}

/** Publishes a FLASH_SALE over 8 buckets with several prizes, less stock than `draws`, and a quota that some participants reach. */
export async function openFlashSale(admin: GraphqlClient, slug: string, { draws, users }: { draws: number; users: number }): Promise<Made> {
  const now = Date.now()
  const odds = PRIZES.slice(1).map(({ share }) => Math.round(share * ODDS))
  const input = {
    slug,
    name: `Rush of ${new Date(now).toISOString()}`,
    mechanic: 'FLASH_SALE',
    startsAt: new Date(now - 60_000).toISOString(),
    endsAt: new Date(now + 24 * HOUR_MS).toISOString(),
    bucketCount: 8,
    drawsPerUserTotal: Math.ceil((draws / users) * 1.25),
    prizes: PRIZES.map(({ name, kind, share }, n) => ({
      name,
      kind,
      probabilityPpb: n === 0 ? ODDS - odds.reduce((sum, one) => sum + one, 0) : odds[n - 1],
      stockTotal: Math.max(1, Math.round(draws * STOCK_SHARE * share)),
    })),
  }
  const draft = made(await ask<Answer>(admin, CREATE, { input }))
  return made(await ask<Answer>(admin, PUBLISH, draft))
}

/** What was made for the rush is taken out of the demonstration again. Returns whether it could be. */
export async function endFlashSale(admin: GraphqlClient, campaign: Made): Promise<boolean> {
  return (await ask<Answer>(admin, END, campaign)).answer.__typename === 'Campaign'
}
