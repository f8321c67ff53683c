import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { seedDemo } from '../../src/demo/demo.service.js'
import type { DemoInfo, DemoTenant } from '../../src/demo/demo.types.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

let dataDir: string
let file: string
let app: TestApp
let first: DemoInfo

const boot = () => bootApp({ env: { DATA_DIR: dataDir } })

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'drawbridge-demo-'))
  file = join(dataDir, 'demo-credentials.json')
  app = await boot()
  first = await seedDemo(app.app)
})

afterAll(async () => {
  await app?.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** Everything that a newcomer does with the credentials. */
async function tryOut(on: TestApp, { apiKey, operatorEmail, operatorPassword, tenantSlug, campaignId }: DemoTenant) {
  const token = await login(on, operatorEmail, operatorPassword)
  const document = '{ me { role tenant { slug drawsPerSecondMax } } apiKeys { id revokedAt } }'
  const { me, apiKeys } = await gqlData<{ me: object; apiKeys: unknown[] }>(on.adminGraphqlUrl, document, {}, bearer(token))
  expect(me).toEqual({ role: 'OWNER', tenant: { slug: tenantSlug, drawsPerSecondMax: 100_000 } })
  const draw = `mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { outcome } } ... on DrawRejected { code } } }`
  const input = { campaignId, userId: `newcomer ${Math.random()}`, idempotencyKey: 'first', count: 10 }
  const answer = await gqlData<{ draw: { __typename: string; draws: object[] } }>(on.graphqlUrl, draw, { input }, { 'x-api-key': apiKey })
  expect(answer.draw).toMatchObject({ __typename: 'DrawAccepted' })
  expect(answer.draw.draws).toHaveLength(10)
  return { keys: apiKeys.length }
}

describe('the demo', () => {
  it('is two tenants in which any newcomer can draw', async () => {
    expect(first).toMatchObject({
      graphqlUrl: `http://localhost:${app.config.port}/graphql`,
      adminGraphqlUrl: `http://localhost:${app.config.port}/admin/graphql`,
      tenantSlug: 'demo',
      operatorEmail: 'owner@demo.example',
      databaseUrl: app.databaseUrl,
      redisUrl: app.redisUrl,
      other: { tenantSlug: 'other', operatorEmail: 'owner@other.example' },
    })
    await tryOut(app, first)
    await tryOut(app, first.other)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('is found again, unchanged, also by two processes at once', async () => {
    expect(await Promise.all([seedDemo(app.app), seedDemo(app.app)])).toEqual([first, first])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['lost', () => rm(file)],
    ['damaged', () => writeFile(file, '{"demo": {"apiKey": 5')],
    ['of another installation', async () => {
      const content = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
      await writeFile(file, JSON.stringify({ demo: content.other, other: content.demo }))
    }],
  ])('gets new secrets for the same tenants when the file is %s', async (_what, spoil) => {
    const before = await seedDemo(app.app)
    await spoil()
    const now = await seedDemo(app.app)
    expect([now.campaignId, now.other.campaignId]).toEqual([before.campaignId, before.other.campaignId])
    expect(now.apiKey).not.toBe(before.apiKey)
    expect(now.operatorPassword).not.toBe(before.operatorPassword)
    await tryOut(app, now)
    await tryOut(app, now.other)
    expect(await seedDemo(app.app)).toEqual(now)
  })

  it('is made anew in a new database, whatever the file says', async () => {
    const before = await seedDemo(app.app)
    await app.close()
    app = await boot()
    const now = await seedDemo(app.app)
    expect(now.apiKey).not.toBe(before.apiKey)
    await tryOut(app, now)
  })
})
