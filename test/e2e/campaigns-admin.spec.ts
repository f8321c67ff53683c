import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { gql, gqlData } from '../support/gql.js'

let app: TestApp
const headers: Record<'acme' | 'umbra', Record<string, string>> = { acme: {}, umbra: {} }

beforeAll(async () => {
  app = await bootApp()
  for (const slug of ['acme', 'umbra'] as const) {
    const created = await app.app.get(TenantService, { strict: false })
      .create({ slug, name: slug, ownerEmail: `owner@${slug}.example`, ownerName: 'Owner', actor: 'tests' })
    const { login } = await gqlData<{ login: { token: string } }>(
      app.adminGraphqlUrl,
      'mutation($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      { email: created.owner.email, password: created.ownerPassword },
    )
    headers[slug] = { authorization: `Bearer ${login.token}` }
  }
})
afterAll(() => app?.close())

const CAMPAIGN = 'id slug status version startsAt seedHash revealedSeed prizes { id name stockTotal probabilityPpb value { amountMinor currency } }'
const PAYLOAD = `__typename ... on Campaign { ${CAMPAIGN} } ... on VersionConflict { message current { version } } ... on InvalidCampaign { problems { path message } }`
interface Campaign { id: string; version: number; prizes: Array<{ id: string }> }
const ask = <T>(query: string, variables: Record<string, unknown> = {}, who: 'acme' | 'umbra' = 'acme') => gqlData<T>(app.adminGraphqlUrl, query, variables, headers[who])
const change = async (call: string, variables: Record<string, unknown> = {}, declared = '') =>
  (await ask<{ result: Campaign }>(`mutation${declared} { result: ${call} { ${PAYLOAD} } }`, variables)).result

it('an operator takes a campaign from its draft to its end', async () => {
  const input = {
    slug: 'spring', name: 'Spring', startsAt: new Date(Date.now() - 1_000).toISOString(), endsAt: new Date(Date.now() + 60_000).toISOString(),
    prizes: [{ name: 'Coupon', probabilityPpb: 1_000, stockTotal: 10, value: { amountMinor: 500, currency: 'CNY' } }],
  }
  const draft = await change('createCampaign(input: $input)', { input }, '($input: CreateCampaignInput!)')
  expect(draft).toMatchObject({ __typename: 'Campaign', status: 'DRAFT', version: 1, seedHash: null, prizes: [{ name: 'Coupon', value: { amountMinor: 500 } }] })
  expect(await change('createCampaign(input: $input)', { input }, '($input: CreateCampaignInput!)')).toMatchObject({ problems: [{ path: 'slug' }] })
  const patch = { description: 'Flowers', drawsPerUserDaily: 3 }
  const update = (expectedVersion: number) =>
    change(`updateCampaign(id: "${draft.id}", expectedVersion: ${expectedVersion}, patch: $patch)`, { patch }, '($patch: UpdateCampaignInput!)')
  expect(await update(1)).toMatchObject({ __typename: 'Campaign', version: 2 })
  expect(await update(1)).toMatchObject({ __typename: 'VersionConflict', current: { version: 2 } })
  const live = await change(`publishCampaign(id: "${draft.id}", expectedVersion: 2)`)
  expect(live).toMatchObject({ __typename: 'Campaign', status: 'ACTIVE', seedHash: expect.stringMatching(/^[0-9a-f]{64}$/) })

  const inventory = `{ inventory(campaignId: "${draft.id}") { prize { name } granted vault inBuckets inTransit reserved awarded buckets { index partition remaining } } }`
  expect(await ask(inventory)).toMatchObject({ inventory: [{ prize: { name: 'Coupon' }, granted: 10, inBuckets: 10, buckets: [{ index: 0, remaining: 10 }] }] })
  const adjust = `mutation { adjustStock(prizeId: "${live.prizes[0]!.id}", delta: -4, reason: "Spoiled", idempotencyKey: "one") { granted inBuckets prize { stockTotal } } }`
  expect(await ask(adjust)).toEqual({ adjustStock: { granted: 6, inBuckets: 6, prize: { stockTotal: 6 } } })
  expect(await ask(adjust)).toEqual({ adjustStock: { granted: 6, inBuckets: 6, prize: { stockTotal: 6 } } })
  expect(await ask(`{ campaigns(search: "spri", status: ACTIVE) { edges { cursor node { slug } } pageInfo { hasNextPage endCursor } } }`))
    .toMatchObject({ campaigns: { edges: [{ node: { slug: 'spring' } }], pageInfo: { hasNextPage: false } } })
  for (const [call, status] of [['pauseCampaign', 'PAUSED'], ['resumeCampaign', 'ACTIVE'], ['endCampaign', 'ENDED']] as const) {
    const { version } = (await ask<{ campaign: Campaign }>(`{ campaign(id: "${draft.id}") { version } }`)).campaign
    expect(await change(`${call}(id: "${draft.id}", expectedVersion: ${version})`)).toMatchObject({ status, version: version + 1 })
  }
  expect(await change(`cloneCampaign(id: "${draft.id}", slug: "autumn")`)).toMatchObject({ status: 'DRAFT', slug: 'autumn' })

  // Another tenant's is as one that never was.
  expect(await ask(`{ campaign(id: "${draft.id}") { id } }`, {}, 'umbra')).toEqual({ campaign: null })
  for (const query of [inventory, adjust, `mutation { endCampaign(id: "${draft.id}", expectedVersion: 1) { __typename } }`]) {
    const { body } = await gql(app.adminGraphqlUrl, query, {}, headers.umbra)
    expect(body.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
  }
})
