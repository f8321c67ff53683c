import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { itInLong } from '../support/dashboard/long.js'
import { findChromium, launch } from '../support/dashboard/browser.js'
import { goTo, signIn, unexpected, visit } from '../support/dashboard/visit.js'
import { dashboardWorld, HOSTILE, type DashboardWorld } from '../support/dashboard/world.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

const chromium = findChromium()
const inBrowser = chromium === undefined ? describe.skip : describe
const WALK_MS = 60_000
const CAMPAIGN = '{ id version name description status slug drawsPerUserDaily eligibility prizes { name probabilityPpb stockTotal } }'

interface Campaign {
  id: string
  version: number
  name: string
  description: string | null
  status: string
  slug: string
  drawsPerUserDaily: number | null
  eligibility: string | null
  prizes: Array<{ name: string; probabilityPpb: number; stockTotal: number }>
}

let world: DashboardWorld
let browser: Browser
let headers: Record<string, string>

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  headers = bearer(await login(world.app, world.demo.operatorEmail, world.demo.operatorPassword))
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const api = <T>(document: string, variables: Record<string, unknown> = {}): Promise<T> =>
  gqlData<T>(world.app.adminGraphqlUrl, document, variables, headers)
const campaignOf = async (id: string) => (await api<{ campaign: Campaign }>(`query ($id: ID!) { campaign(id: $id) ${CAMPAIGN} }`, { id })).campaign
const idIn = (page: Page) => /\/campaigns\/([^/]+)\/edit/.exec(page.url())?.[1] ?? ''
const owner = (page: Page) => signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)
const goOn = (page: Page) => page.getByRole('button', { name: 'Save and go on' }).click()
const stepShown = (page: Page, name: string) => page.getByRole('group', { name, exact: true }).waitFor()

inBrowser('an operator with an idea', () => {
  it('makes a campaign step by step, is told which prize is too likely, keeps what was typed over a reload, and publishes', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${world.app.url}/admin/campaigns`)
    await owner(page)
    await page.getByRole('link', { name: 'New campaign' }).click()
    await page.getByRole('radio', { name: /^Lucky draw/ }).click()
    const name = page.getByRole('textbox', { name: 'Name' })
    await name.fill('春节红包雨')
    expect(await page.getByRole('textbox', { name: 'Slug' }).inputValue()).toBe('chun-jie-hong-bao-yu')
    await name.fill('Spring wheel')
    await page.getByText('Europe/Berlin').first().waitFor()
    await page.getByRole('button', { name: 'Create the draft' }).click()
    await stepShown(page, 'Mechanic')
    await goOn(page)

    await stepShown(page, 'Prizes and odds')
    const prize = async (number: number, title: string, chance: string, stock: string) => {
      await page.getByRole('button', { name: 'Add a prize' }).click()
      const card = page.getByRole('region', { name: `Prize ${number}` })
      await card.getByRole('textbox', { name: 'Chance' }).fill(chance)
      await card.getByRole('textbox', { name: 'Stock' }).fill(stock)
      await card.getByRole('textbox', { name: 'Prize', exact: true }).fill(title)
    }
    await prize(1, 'Bicycle', '60', '5')
    await prize(2, HOSTILE, '50', '1000')
    await page.getByText(`From “${HOSTILE}” on it is more than 100%: 10% too much.`).waitFor()
    await goOn(page)
    await page.getByText('The chances add up to 110%: at most 100%.').waitFor()
    expect(page.url()).toMatch(/\/edit\/prizes$/)
    await page.reload()
    await page.getByRole('button', { name: 'Bring it back' }).click()
    const second = page.getByRole('region', { name: HOSTILE })
    expect(await second.getByRole('textbox', { name: 'Stock' }).inputValue()).toBe('1,000')
    await second.getByRole('textbox', { name: 'Chance' }).fill('39.5')
    await page.getByText('0.5%').first().waitFor()
    await goOn(page)

    await stepShown(page, 'Stock')
    await page.getByRole('radio', { name: 'All at once' }).first().waitFor()
    await goOn(page)
    await stepShown(page, 'Limits and rules')
    await page.getByRole('textbox', { name: 'Draws per participant and day' }).fill('3')
    await page.getByRole('textbox', { name: 'Who may draw' }).fill('tier = "gold"')
    await page.getByText(/^Line 1, character/).waitFor()
    await page.getByRole('textbox', { name: 'Who may draw' }).fill('tier == "gold"')
    await page.getByText('It can be understood').waitFor()
    await goOn(page)
    await stepShown(page, 'Risk')
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await goOn(page)

    await stepShown(page, 'Review')
    await page.getByText('Nothing is missing. It can be published.').waitFor()
    await page.getByText(`“${HOSTILE}” (Virtual): 39.5%, 1,000 in stock`).waitFor()
    const id = idIn(page)
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('Spring wheel')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Spring wheel\s*Scheduled/ }).waitFor()
    expect(await page.title()).toBe('Campaign · Demo · Drawbridge')
    await close()
    expect(await campaignOf(id)).toMatchObject({
      status: 'SCHEDULED', slug: 'spring-wheel', drawsPerUserDaily: 3, eligibility: 'tier == "gold"',
      prizes: [{ name: 'Bicycle', probabilityPpb: 600_000_000, stockTotal: 5 }, { name: HOSTILE, probabilityPpb: 395_000_000, stockTotal: 1_000 }],
    })
    const { velocityRules } = await api<{ velocityRules: unknown }>('query ($id: ID!) { velocityRules(campaignId: $id) { subject windowSeconds drawsMax } }', { id })
    expect(velocityRules).toEqual([{ subject: 'PARTICIPANT', windowSeconds: 60, drawsMax: 10 }])
    expect(unexpected(troubles, 403)).toEqual([])
  }, WALK_MS)

  it('two editors: the second is shown both versions field by field, and nothing is saved before he has chosen', async () => {
    const id = world.ids['spring-packets'] ?? ''
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${world.app.url}/admin/campaigns/${id}/edit`)
    await owner(page)
    await stepShown(page, 'Basics')
    await page.getByRole('textbox', { name: 'Name' }).fill('Mine')
    const { version } = await campaignOf(id)
    await api('mutation ($id: ID!, $version: Int!) { updateCampaign(id: $id, expectedVersion: $version, patch: { name: "Theirs", description: "By them" }) { __typename } }', { id, version })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const window = page.getByRole('dialog', { name: 'Somebody else has saved this campaign' })
    await window.getByText('1 field is still to be chosen').waitFor()
    expect(await window.getByRole('button', { name: 'Go on with this' }).isDisabled()).toBe(true)
    expect((await campaignOf(id)).name).toBe('Theirs')
    await window.getByRole('radio', { name: 'Take yours: Name' }).click()
    await window.getByRole('button', { name: 'Go on with this' }).click()
    await window.waitFor({ state: 'detached' })
    expect(await page.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('By them')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor()
    expect(await campaignOf(id)).toMatchObject({ name: 'Mine', description: 'By them' })
    await close()
    expect(unexpected(troubles, 403)).toEqual([])
  }, WALK_MS)

  itInLong('duplicates a campaign, and is led to the approval where publishing needs a second operator', async () => {
    const { tenantPolicy } = await api<{ tenantPolicy: { version: number } }>('{ tenantPolicy { version } }')
    await api('mutation ($version: Int!) { setTenantPolicy(expectedVersion: $version, patch: { approvals: [{ kind: PUBLISH }, { kind: RISK_LISTS, above: 3 }] }) { version } }', { version: tenantPolicy.version })
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${world.app.url}/admin/campaigns/${world.ids.hostile}`)
    await owner(page)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Duplicate' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Slug' }).fill('golden-ticket')
    await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click()
    await page.getByText('This is taken already.').waitFor()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Slug' }).fill('wheel-again')
    await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click()
    await stepShown(page, 'Basics')
    await page.getByRole('textbox', { name: 'Name' }).fill('Wheel again')
    await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'Review' }).click()
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor()
    const id = idIn(page)
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('Wheel again')
    await page.keyboard.press('Enter')
    await page.getByText('Another operator must approve this').waitFor()
    expect(await campaignOf(id)).toMatchObject({ status: 'DRAFT', name: 'Wheel again' })
    await page.getByRole('link', { name: 'Open the approval' }).click()
    await page.getByText('You asked for this, so another operator decides.').waitFor()
    await close()
    expect(unexpected(troubles, 403)).toEqual([])
  }, WALK_MS)

  it('who may only read is offered no form', async () => {
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${world.app.url}/admin/campaigns/${world.ids.hostile}`)
    await signIn(page, world.analyst.email, world.analyst.password)
    await page.getByRole('tab', { name: 'Overview' }).waitFor()
    expect(await page.getByRole('link', { name: 'Edit' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'More actions' }).count()).toBe(0)
    await goTo(page, '/admin/campaigns')
    await page.getByRole('heading', { name: 'Campaigns', level: 1 }).waitFor()
    expect(await page.getByRole('link', { name: 'New campaign' }).count()).toBe(0)
    for (const path of ['/campaigns/new', `/campaigns/${world.ids.hostile}/edit/prizes`]) {
      await goTo(page, `/admin${path}`)
      await page.getByRole('heading', { name: 'Your role does not allow this' }).waitFor()
    }
    await close()
  }, WALK_MS)
})
