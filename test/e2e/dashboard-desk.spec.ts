import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { systemContext } from '../../src/common/context.js'
import { OperatorService } from '../../src/modules/tenancy/operator.service.js'
import { startAwards, type Awards } from '../support/awards.js'
import { isLong } from '../support/dashboard/long.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { goTo, signIn, unexpected, visit, type Visit } from '../support/dashboard/visit.js'
import {
  bearer, CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign, serverKey,
  type LiveCampaign, type TestPrizeInput, type TestTenant,
} from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { answering } from '../support/receiver.js'
import { eventually } from '../support/rows.js'

// The plain run has no time for this area: dashboard-story.spec.ts goes through it.
const chromium = isLong ? findChromium() : undefined
if (isLong && chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const WALK_MS = 180_000
const inBrowser = chromium === undefined ? describe.skip : describe

let awards: Awards
let browser: Browser
let tenant: TestTenant
let token: string

beforeAll(async () => {
  if (chromium === undefined) return
  awards = await startAwards()
  browser = await launch(chromium)
  tenant = await createTenant(awards.app)
  token = await login(awards.app, tenant.ownerEmail, tenant.ownerPassword)
})

afterAll(async () => {
  await browser?.close()
  await awards?.close()
})

/** A campaign in which every draw wins the prize. */
async function live(name: string, prize: Partial<TestPrizeInput>): Promise<LiveCampaign> {
  const prizes = [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 50, ...prize }]
  return { tenant, token, campaign: await moveCampaign(awards.app, token, 'publish', await createCampaign(awards.app, token, { name, prizes })) }
}

const ask = <T>(query: string, variables: Record<string, unknown>) =>
  gqlData<T>(awards.app.adminGraphqlUrl, query, variables, bearer(token))
const stockOf = async ({ campaign }: LiveCampaign) =>
  (await ask<{ inventory: Array<{ granted: number; vault: number }> }>('query ($id: ID!) { inventory(campaignId: $id) { granted vault } }', { id: campaign.id })).inventory[0]!

/** The owner, at a screen of the dashboard. */
async function at(path: string, who = { email: tenant.ownerEmail, password: tenant.ownerPassword }): Promise<Visit> {
  const opened = await visit(browser, awards.app.url)
  await opened.page.goto(`${awards.app.url}/admin${path}`)
  await signIn(opened.page, who.email, who.password)
  return opened
}

const dialog = (page: Page) => page.getByRole('dialog').last()

/** The next change reaches the server, and its answer nobody. */
async function loseAnswer(page: Page): Promise<void> {
  await page.route('**/admin/graphql', async (route) => {
    if (!(route.request().postData() ?? '').includes('idempotencyKey')) return route.continue()
    await route.fetch()
    await route.abort()
  })
}

inBrowser('an operator during and after a campaign', () => {
  it('restocks with a reason; a form whose answer was lost is sent again and adds once; much of it waits for another operator', async () => {
    const of = await live('Stock', {})
    await ask('mutation { setTenantPolicy(expectedVersion: 0, patch: { approvals: [{ kind: STOCK, above: 1000 }] }) { version } }', {})
    const { page, troubles, close } = await at(`/campaigns/${of.campaign.id}/inventory`)
    await page.getByRole('button', { name: 'Change stock of Prize' }).click()
    await page.getByRole('textbox', { name: 'Units' }).fill('25')
    await page.getByRole('textbox', { name: 'Reason' }).fill('A pallet has come')
    await loseAnswer(page)
    await dialog(page).getByRole('button', { name: 'Add stock' }).click()
    await page.getByText('Whether this was done is not known').waitFor()
    expect([await stockOf(of), await page.getByRole('textbox', { name: 'Units' }).isDisabled()]).toMatchObject([{ granted: 75 }, true])
    await page.unroute('**/admin/graphql')
    await page.getByRole('button', { name: 'Send again' }).click()
    await dialog(page).getByRole('row', { name: 'Granted 50 75' }).waitFor()
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('75 of 75 left').first().waitFor()
    expect(await stockOf(of)).toMatchObject({ granted: 75 })
    await page.getByRole('table', { name: 'Movements of stock' }).getByRole('row', { name: /Prize Added 25 Outside Vault There .* A pallet has come/ }).waitFor()
    await page.getByRole('button', { name: 'Change stock of Prize' }).click()
    await page.getByRole('textbox', { name: 'Units' }).fill('5000')
    await page.getByRole('textbox', { name: 'Reason' }).fill('A ship has come')
    await dialog(page).getByRole('button', { name: 'Add stock' }).click()
    await page.getByRole('link', { name: 'Open the approval' }).click()
    await page.getByRole('heading', { name: /^Change the stock of “Prize” in “.+”: \+5,000$/ }).waitFor()
    expect(await stockOf(of)).toMatchObject({ granted: 75 })
    await close()
    // The lost answer is told to the console, as a request that failed.
    expect(unexpected(troubles, 422).filter((trouble) => !trouble.includes('net::ERR_FAILED') && !trouble.includes('403 ('))).toEqual([])
  }, WALK_MS)

  it('sees what came into a participant’s wallet, and on Home which campaign has awards that failed', async () => {
    const paying = await live('Paying', { value: { amountMinor: 250, currency: 'CNY' }, fulfilment: { kind: 'WALLET' } })
    await awards.becomes(paying, await awards.win(paying, 'ada'), 'FULFILLED')
    const failing = await live('Failing', {})
    const failed = await awards.win(failing, 'ada')
    await awards.settled(failing)
    await ask('mutation ($id: ID!) { failAward(id: $id, reason: "lost") { status } }', { id: failed })
    const { page, troubles, close } = await at('/participants/ada')
    await page.getByRole('table', { name: 'Movements of the wallet' }).getByRole('row', { name: /Credited CN¥2\.50 Prize Paying/ }).waitFor()
    await goTo(page, '/admin')
    await page.getByRole('listitem').filter({ hasText: 'Failing' }).getByRole('link', { name: '1 award could not be delivered' }).click()
    await page.waitForURL(/\/awards\?status=FAILED$/)
    await close()
    expect(unexpected(troubles, 422)).toEqual([])
  }, WALK_MS)

  it('issues failed awards again, several at once, and revokes one, whose unit goes back to the vault', async () => {
    const receiver = await awards.receiver(answering(500))
    const of = await live('Deliveries', { fulfilment: { kind: 'WEBHOOK', url: receiver.url } })
    const ids = await Promise.all(['ada', 'bob', 'cyd'].map((user) => awards.win(of, user)))
    for (const id of ids) await awards.becomes(of, id, 'FAILED')
    await awards.settled(of, 3)
    const { page, troubles, close } = await at('/awards')
    await page.getByPlaceholder('Choose a campaign').click()
    await page.getByRole('option', { name: /^Deliveries/ }).click()
    await page.getByRole('button', { name: 'ada' }).waitFor()
    expect(new URL(page.url()).searchParams.get('campaign')).toBe(of.campaign.id)
    receiver.becomes(answering(200))
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page.getByRole('button', { name: 'Issue again' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('The receiver is back')
    await dialog(page).getByRole('button', { name: 'Issue 3 again' }).click()
    await page.getByText('3 of 3 done').waitFor()
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()
    for (const id of ids) await awards.becomes(of, id, 'FULFILLED')
    const before = await stockOf(of)
    await page.getByRole('button', { name: 'bob' }).click()
    await page.getByRole('list', { name: 'History and attempts' }).getByText(/Round 2, attempt 1/).waitFor()
    await dialog(page).getByRole('button', { name: 'Revoke' }).click()
    await dialog(page).getByRole('textbox', { name: 'Reason' }).fill('Sent back')
    await dialog(page).getByRole('button', { name: 'Revoke 1' }).click()
    await dialog(page).getByText('1 of 1 done').waitFor()
    await awards.becomes(of, ids[1]!, 'REVOKED')
    expect((await stockOf(of)).vault).toBe(before.vault + 1)
    await close()
    expect(unexpected(troubles, 422)).toEqual([])
  }, WALK_MS)

  it('finds a draw by its participant and key, traces it to its award, and delivers that to the address that was given', async () => {
    const of = await live('By hand', { kind: 'PHYSICAL', fulfilment: { kind: 'MANUAL' } })
    await awards.win(of, 'bob')
    const id = await awards.win(of, 'ada', 'press-1')
    await awards.settled(of, 2)
    const address = { recipient: 'Ada Lovelace', country: 'GB', city: 'London', line1: '12 St James’s Square' }
    await eventually(() => gqlData(awards.app.graphqlUrl, 'mutation ($id: ID!, $a: AddressInput!) { submitAwardAddress(awardId: $id, address: $a) { kind } }', { id, a: address }, serverKey(tenant)))
    const { page, troubles, close } = await at(`/campaigns/${of.campaign.id}/draws?participant=ada`)
    await page.getByRole('textbox', { name: 'Idempotency key' }).fill('press-2')
    await page.getByText('Nothing fits the filters').waitFor()
    await page.getByRole('textbox', { name: 'Idempotency key' }).fill('press-1')
    await page.getByRole('button', { name: 'ada' }).click()
    const steps = page.getByRole('list', { name: 'What happened' })
    await steps.getByText(/Bucket 0, epoch 1 · version 2 · the prizes’ own odds/).waitFor()
    for (const step of ['Settled', 'Consumed by risk', 'Consumed by the user center']) {
      await steps.getByRole('listitem').filter({ hasText: step }).filter({ has: page.locator('time') }).waitFor()
    }
    await page.getByRole('link', { name: 'Open on the desk' }).click()
    expect(await page.getByText('Ada Lovelace').count()).toBe(0)
    await page.getByRole('button', { name: 'Show the address' }).click()
    await page.getByText('Ada Lovelace').first().waitFor()
    await page.getByRole('button', { name: 'Mark fulfilled' }).click()
    await page.getByRole('textbox', { name: 'Reference' }).fill('RM 4711 GB')
    await dialog(page).getByRole('button', { name: 'Mark fulfilled' }).click()
    await page.getByRole('list', { name: 'History and attempts' }).getByText('Fulfilled', { exact: true }).waitFor()
    expect((await awards.read(of, id)).fulfilment).toMatchObject({ reference: 'RM 4711 GB' })
    await close()
    expect(unexpected(troubles, 422)).toEqual([])
  }, WALK_MS)

  it('codes: the check names a bad row, and a good file is imported', async () => {
    const of = await live('Codes', { kind: 'COUPON_CODE' })
    const { page, troubles, close } = await at(`/campaigns/${of.campaign.id}/prizes`)
    await page.getByRole('button', { name: 'Import codes' }).click()
    const choose = async (text: string) => {
      const chooser = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: 'File', exact: true }).click()
      await (await chooser).setFiles({ name: 'codes.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    }
    await choose('code\nSAVE-1\nSAVE-1\n')
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByRole('table', { name: 'Wrong rows' }).getByRole('row', { name: /^3 / }).waitFor()
    expect(await page.getByRole('button', { name: /^Import \d/ }).count()).toBe(0)
    await choose('code\nSAVE-1\nSAVE-2\n')
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByText('The file is good: 2 codes. Nothing was imported yet.').waitFor()
    await page.getByRole('button', { name: 'Import 2 codes' }).click()
    await page.getByText('2 codes are imported').waitFor()
    const { codePools } = await ask<{ codePools: unknown[] }>('query ($id: ID!) { codePools(campaignId: $id) { imported free } }', { id: of.campaign.id })
    expect(codePools).toEqual([{ imported: 2, free: 2 }])
    await close()
    expect(unexpected(troubles, 422)).toEqual([])
  }, WALK_MS)

  it('a reviewer sees all of it, audits the books, and is offered no change of stock, prizes or awards', async () => {
    const of = await live('Reviewed', { kind: 'COUPON_CODE', fulfilment: { kind: 'MANUAL' } })
    const id = await awards.win(of, 'eve')
    const email = `reviewer@${tenant.slug}.example`
    const { password } = await awards.app.app.get(OperatorService, { strict: false }).add(systemContext(tenant.tenantId, 'tests'), { email, name: 'Rev', role: 'REVIEWER' })
    const { page, troubles, close } = await at(`/campaigns/${of.campaign.id}/inventory`, { email, password })
    await page.getByText('In buckets').waitFor()
    expect(await page.getByRole('button', { name: /Change stock/ }).count()).toBe(0)
    await goTo(page, `/admin/campaigns/${of.campaign.id}/prizes`)
    await page.getByText('Given to winners').waitFor()
    expect(await page.getByRole('button', { name: /Import codes|Change the fulfilment/ }).count()).toBe(0)
    await goTo(page, `/admin/campaigns/${of.campaign.id}/awards?award=${id}`)
    await page.getByRole('list', { name: 'History and attempts' }).waitFor()
    expect(await page.getByRole('button', { name: /Revoke|Expire|Mark|Show the address/ }).count()).toBe(0)
    expect(await page.getByRole('checkbox').count()).toBe(0)
    await goTo(page, '/admin/reconciliation')
    await page.getByRole('button', { name: 'Audit the books of Reviewed' }).click()
    await page.getByRole('row', { name: /Reviewed.*Balanced/ }).waitFor()
    await close()
    expect(unexpected(troubles, 422)).toEqual([])
  }, WALK_MS)
})
