import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { CERTAIN_PPB, createLiveCampaign, createTenant, serverKey, type TestTenant } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

let app: TestApp
let tenant: TestTenant
let dataDir: string

beforeAll(async () => {
  app = await bootApp()
  tenant = await createTenant(app)
  dataDir = await mkdtemp(join(tmpdir(), 'drawbridge-rush-'))
})
afterAll(async () => {
  await app?.close()
  await rm(dataDir, { recursive: true, force: true })
})

interface Ran { readonly code: number; readonly out: string; readonly err: string }

/** The command from its source, in a process of its own. */
function rush(...args: string[]): Promise<Ran> {
  const env = { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: '' }
  const node = ['--import', path('../support/typescript-hooks.mjs'), path('../../src/cli/rush.ts'), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, node, { env, timeout: 50_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
    })
  })
}

describe('npm run rush', () => {
  it('plays against the server of DATA_DIR, catches the repeats, and ends with balanced books', async () => {
    await writeFile(join(dataDir, 'demo.json'), JSON.stringify({
      graphqlUrl: app.graphqlUrl, adminGraphqlUrl: app.adminGraphqlUrl, apiKey: tenant.apiKey,
      operatorEmail: tenant.ownerEmail, operatorPassword: tenant.ownerPassword,
    }))
    const { code, out, err } = await rush('--users', '60', '--draws', '240', '--concurrency', '16', '--repeat-share', '0.3')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/Outcomes +\d+ WON, \d+ replayed/)
    expect(out).toMatch(/Refused .*SOLD_OUT/)
    expect(out).toMatch(/Repeats caught +100 %/)
    expect(out).toMatch(/Books +balanced, \d+ draws, 0 unsettled/)
    const { campaigns } = await gqlData<{ campaigns: Array<{ mechanic: string; status: string }> }>(app.graphqlUrl, '{ campaigns { mechanic status } }', {}, serverKey(tenant))
    expect(campaigns).toEqual([{ mechanic: 'FLASH_SALE', status: 'ENDED' }])
  })

  it.each([
    ['LOTTERY', /Outcomes .*LOST/, /Redis visits +\d+, saved: \d+/],
    ['RED_PACKET', /Refused .*SOLD_OUT/, /Amounts +[1-9]\d* told/],
    ['INSTANT_WIN', /Outcomes .*WON/, /Redis visits +\d+/],
  ])('plays a %s, and says of it what it is about', async (mechanic, outcomes, more) => {
    const metrics = ['--metrics-url', app.metricsUrl]
    const { code, out, err } = await rush('--mechanic', mechanic, '--users', '60', '--draws', '400', '--concurrency', '16', ...metrics)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(outcomes)
    expect(out).toMatch(more)
    expect(out).toMatch(/Books +balanced, \d+ draws, 0 unsettled/)
    expect(out).toContain('All is well.')
  })

  it('plays in a given campaign of another server, as far as it may know', async () => {
    const { tenant: other, campaign } = await createLiveCampaign(app, { prizes: [{ name: 'Mug', probabilityPpb: CERTAIN_PPB / 2, stockTotal: 1_000 }] })
    const { code, out } = await rush('--url', app.graphqlUrl, '--api-key', other.apiKey, '--campaign', campaign.id, '--users', '20', '--draws', '100', '--seed', '7')
    expect(code).toBe(0)
    expect(out).toContain('seed 7')
    expect(out).toMatch(/Draws listed +100 of 100 acknowledged, all as acknowledged/)
    expect(out).toMatch(/Books +not audited/)
  })

  it.each<[string, string[], number, RegExp]>([
    ['a wrong option', ['--draws', 'many'], 2, /^--draws: must be a whole number/],
    ['a wrong key', ['--url', 'URL', '--api-key', 'nonsense', '--campaign', 'c'], 1, /UNAUTHENTICATED/],
  ])('ends with the reason for %s', async (_, args, code, reason) => {
    const ran = await rush(...args.map((arg) => (arg === 'URL' ? app.graphqlUrl : arg)))
    expect([ran.code, ran.err.split('\n')[0]]).toEqual([code, expect.stringMatching(reason)])
    expect(ran.err).not.toMatch(/\bat .*\.[jt]s:\d+/)
  })

  it('says so when no server is known', async () => {
    await rm(join(dataDir, 'demo.json'))
    const ran = await rush()
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/npm start/)])
  })
})
