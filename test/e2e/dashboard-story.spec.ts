import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { signIn, unexpected, visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'
import { draw, settledBooks } from '../support/draws.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

const chromium = findChromium()
if (chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
const WALK_MS = 240_000
const HOUR_MS = 3_600_000

let world: DashboardWorld
let browser: Browser
let token: string

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  token = await login(world.app, world.demo.operatorEmail, world.demo.operatorPassword)
  const { tenantPolicy } = await gqlData<{ tenantPolicy: { version: number } }>(world.app.adminGraphqlUrl, '{ tenantPolicy { version } }', {}, bearer(token))
  await gqlData(
    world.app.adminGraphqlUrl, 'mutation ($version: Int!) { setTenantPolicy(expectedVersion: $version, patch: { approvals: [{ kind: PUBLISH }, { kind: RISK_LISTS, above: 3 }] }) { version } }',
    { version: tenantPolicy.version }, bearer(token),
  )
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

/** Participants who draw one after another until it is stopped: then what became of each. */
function rush(campaignId: string): () => Promise<string[]> {
  let stopped = false
  const drawing = (async () => {
    const results: string[] = []
    while (!stopped) {
      const result = await draw(world.app, { 'x-api-key': world.demo.apiKey }, { campaignId, userId: `rush-${results.length}`, idempotencyKey: 'k' })
      results.push(result.__typename === 'DrawAccepted' ? 'ACCEPTED' : result.code)
    }
    return results
  })()
  return () => {
    stopped = true
    return drawing
  }
}

async function confirm(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: /To confirm/ }).fill(name)
  await page.keyboard.press('Enter')
}

const NAME = 'Opening day'

inBrowser('a campaign, from the idea to its books', () => {
  it('is made, approved by a second operator, drawn from in a rush, watched, paused, reconciled, and told in the audit log', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${world.app.url}/admin/campaigns/new`)
    await signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)
    await page.getByRole('radio', { name: /^Lucky wheel/ }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill(NAME)
    const began = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'short' }).format(Date.now() - HOUR_MS).replace(' ', 'T')
    await page.getByLabel('Starts').fill(began)
    await page.getByRole('button', { name: 'Create the draft' }).click()
    await page.getByRole('group', { name: 'Mechanic', exact: true }).waitFor()
    await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'Review' }).click()
    await page.getByText('Nothing is missing. It can be published.').waitFor()
    const id = /\/campaigns\/([^/]+)\/edit/.exec(page.url())?.[1] ?? ''
    await page.getByRole('button', { name: 'Publish' }).click()
    await confirm(page, NAME)
    await page.getByText('Another operator must approve this').waitFor()
    await page.getByRole('link', { name: 'Open the approval' }).click()
    await page.getByText('You asked for this, so another operator decides.').waitFor()
    const approval = new URL(page.url()).pathname

    const other = await visit(browser, world.app.url)
    await other.page.goto(`${world.app.url}${approval}`)
    await signIn(other.page, world.manager.email, world.manager.password)
    await other.page.getByRole('button', { name: 'Approve and make the change' }).click()
    await other.page.getByText('Made', { exact: true }).waitFor()
    await other.close()

    await page.goto(`${world.app.url}/admin/campaigns/${id}/live?window=1`)
    await page.getByRole('heading', { name: /Opening day\s*Live/ }).waitFor()
    const stop = rush(id)
    await page.getByText(/^at most [1-9]/).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await confirm(page, NAME)
    await page.getByRole('heading', { name: /Opening day\s*Paused/ }).waitFor()
    // Nobody's draw is accepted from the moment on in which the operator is told.
    const late = await draw(world.app, { 'x-api-key': world.demo.apiKey }, { campaignId: id, userId: 'late', idempotencyKey: 'k' })
    const results = await stop()
    expect(late).toMatchObject({ __typename: 'DrawRejected', code: 'CAMPAIGN_PAUSED' })
    expect(results.slice(results.indexOf('CAMPAIGN_PAUSED')).every((result) => result === 'CAMPAIGN_PAUSED')).toBe(true)
    const accepted = results.filter((result) => result === 'ACCEPTED').length
    expect(accepted).toBeGreaterThan(0)

    const { draws } = await settledBooks(world.app, { token, campaign: { id } as never })
    expect(draws).toBe(accepted)
    await page.getByRole('tab', { name: 'Books' }).click()
    await page.getByText('The books balance').waitFor()
    await page.getByText(accepted.toLocaleString('en'), { exact: true }).first().waitFor()
    await page.getByRole('tab', { name: 'Changes' }).click()
    for (const change of ['Paused', 'Published', 'Created']) await page.getByRole('listitem').getByText(change, { exact: true }).first().waitFor()
    // The audit log names both.
    await page.getByText(/Asked for by/).first().waitFor()
    await close()
    expect(unexpected(troubles, 403)).toEqual([])
  }, WALK_MS)
})
