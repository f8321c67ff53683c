import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { isLong } from '../support/dashboard/long.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { goTo, signIn, visit, type Visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'
import { draw } from '../support/draws.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

// The plain run has no time for this area: dashboard-story.spec.ts goes through it.
const chromium = isLong ? findChromium() : undefined
if (isLong && chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
const WALK_MS = 120_000

interface Campaign {
  id: string
  version: number
  status: string
  name: string
  drawsPerUserDaily: number | null
  prizes: Array<{ name: string; probabilityPpb: number }>
}

inBrowser('whoever runs a campaign', () => {
  let world: DashboardWorld
  let browser: Browser
  let admin: string
  let token: Record<string, string>

  beforeAll(async () => {
    world = await dashboardWorld()
    browser = await launch(chromium!)
    admin = `${world.app.url}/admin`
    token = bearer(await login(world.app, world.demo.operatorEmail, world.demo.operatorPassword))
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const ask = <T>(document: string, variables: Record<string, unknown> = {}) =>
    gqlData<T>(world.app.adminGraphqlUrl, document, variables, token)
  const campaign = async (id = world.demo.campaignId): Promise<Campaign> =>
    (await ask<{ campaign: Campaign }>('query ($id: ID!) { campaign(id: $id) { id version status name drawsPerUserDaily prizes { name probabilityPpb } } }', { id })).campaign
  const update = (patch: object, version: number) =>
    ask('mutation ($id: ID!, $v: Int!, $patch: UpdateCampaignInput!) { updateCampaign(id: $id, expectedVersion: $v, patch: $patch) { __typename } }', { id: world.demo.campaignId, v: version, patch })

  const owner = () => ({ email: world.demo.operatorEmail, password: world.demo.operatorPassword })
  async function open(path: string, who = owner()): Promise<Visit> {
    const visited = await visit(browser, world.app.url)
    await visited.page.goto(`${admin}${path}`)
    await signIn(visited.page, who.email, who.password)
    return visited
  }
  const end = async ({ troubles, close }: Visit) => {
    await close()
    expect(troubles.filter((trouble) => !trouble.includes('401 (Unauthorized)'))).toEqual([])
  }
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })

  it('looks a participant up, blocks him, and takes it back: the API refuses the next draw, then takes it', async () => {
    const { campaignId, apiKey } = world.demo
    const next = (key: string) => draw(world.app, { 'x-api-key': apiKey }, { campaignId, userId: 'user-3', idempotencyKey: key })
    const visited = await open('/participants')
    const { page } = visited
    await page.getByRole('textbox', { name: 'Id of the participant' }).fill('user-3')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'user-3', level: 1 }).waitFor()
    await page.locator('input').and(page.getByLabel('In the campaign')).click()
    await page.getByRole('option', { name: /Lucky draw/ }).click()
    await page.getByText(/1–10 of 10/).waitFor()
    await button(page, 'Block…').click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('Many accounts, one device')
    await button(page, 'Block').click()
    await page.getByText('“user-3” is blocked').waitFor()
    await page.getByRole('heading', { name: /user-3\s*Blocked/ }).waitFor()
    expect(await next('blocked')).toMatchObject({ __typename: 'DrawRejected', code: 'BLOCKED' })
    await button(page, 'Undo').click()
    await page.getByText('“user-3” is off the list').waitFor()
    await page.getByText('No list names this participant.').waitFor()
    expect((await next('free')).__typename).toBe('DrawAccepted')
    await end(visited)
  }, WALK_MS)

  it('revises the odds, told which prize is too much; sees another’s change before saving; and rolls his own back as a new version', async () => {
    const { id } = await campaign()
    const before = await campaign()
    const prize = before.prizes[0]!
    const visited = await open(`/campaigns/${id}/rules`)
    const { page } = visited
    await button(page, 'Revise the odds').click()
    const chance = page.getByRole('textbox', { name: `Chance of ${prize.name} in per cent` })
    await chance.fill('99.5')
    await page.getByText(new RegExp(`“${prize.name}” is too much: the odds add up to`)).waitFor()
    expect(await button(page, 'Review the change').isDisabled()).toBe(true)
    await chance.fill('0.25')
    await button(page, 'Review the change').click()
    expect(await button(page, 'Save').isDisabled()).toBe(true)
    await page.getByRole('textbox', { name: 'Reason' }).fill('The lawyers wish it')
    await update({ description: 'Somebody else was here' }, before.version)
    await button(page, 'Save').click()
    await page.getByText('They have changed other fields than you.', { exact: false }).waitFor()
    await button(page, `Save mine on version ${before.version + 1}`).click()
    await page.getByText(`Saved as version ${before.version + 2}`).waitFor()
    expect((await campaign()).prizes[0]).toEqual({ name: prize.name, probabilityPpb: 2_500_000 })

    await button(page, 'Edit the limits').click()
    await page.getByRole('textbox', { name: 'Draws of one participant a day' }).fill('7')
    await button(page, 'Review the change').click()
    await update({ drawsPerUserDaily: 5 }, before.version + 2)
    await button(page, 'Save').click()
    const both = page.getByRole('row', { name: /Draws of one participant a day/ })
    await both.getByText('5', { exact: true }).waitFor()
    await button(page, `Save mine on version ${before.version + 3}`).click()
    await page.getByText(`Saved as version ${before.version + 4}`).waitFor()

    await page.getByRole('tab', { name: 'Changes' }).click()
    await page.getByText('Reason: The lawyers wish it').waitFor()
    await button(page, `Roll back version ${before.version + 4}`).click()
    await page.getByRole('dialog').getByRole('row', { name: /Draws of one participant a day/ }).waitFor()
    await button(page, 'Save').click()
    await page.getByText(`Saved as version ${before.version + 5}`).waitFor()
    await button(page, `Roll back version ${before.version + 2}`).click()
    await page.getByRole('dialog').getByRole('row', { name: new RegExp(prize.name) }).waitFor()
    await button(page, 'Save').click()
    await page.getByText(`Saved as version ${before.version + 6}`).waitFor()
    expect(await campaign()).toEqual({ ...before, version: before.version + 6, drawsPerUserDaily: 5 })
    await end(visited)
  }, WALK_MS)

  it('keeps a view of the list under a name, and pauses two campaigns at once by the keyboard', async () => {
    const visited = await open('/campaigns?status=ACTIVE&sort=-name')
    const { page } = visited
    await button(page, 'Views').click()
    await page.getByRole('menuitem', { name: 'Save this view…' }).click()
    await page.getByRole('textbox', { name: 'Name of the view' }).fill('On the air')
    await page.keyboard.press('Enter')
    await page.getByText('“On the air” is saved').waitFor()
    await goTo(page, '/admin/campaigns')
    await page.getByRole('link', { name: 'Golden ticket' }).waitFor()
    await page.reload()
    await button(page, 'Views').click()
    await page.getByRole('menuitem', { name: 'On the air' }).click()
    await page.waitForURL(/status=ACTIVE/)
    await page.getByRole('link', { name: 'Golden ticket' }).waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'Lucky draw' }).focus()
    await page.keyboard.press('x')
    await page.getByRole('checkbox', { name: 'Select 双十一 Flash Sale' }).check()
    await page.getByText('2 selected').waitFor()
    await button(page, 'Pause').click()
    await page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Lucky draw' }).waitFor()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('2')
    await page.keyboard.press('Enter')
    await page.getByText('2 of 2 done.').waitFor()
    const { campaigns } = await ask<{ campaigns: { edges: Array<{ node: Campaign }> } }>('{ campaigns(status: PAUSED) { edges { node { id name version } } } }')
    expect(campaigns.edges.map(({ node }) => node.name).sort()).toEqual(['Lucky draw', '双十一 Flash Sale'])
    for (const { node } of campaigns.edges) await ask('mutation ($id: ID!, $v: Int!) { resumeCampaign(id: $id, expectedVersion: $v) { __typename } }', { id: node.id, v: node.version })
    await end(visited)
  }, WALK_MS)

  it('takes a risk list out as CSV and in again, told of the row that is broken', async () => {
    const values = async () => (await ask<{ riskEntries: { edges: Array<{ node: { value: string; reason: string } }> } }>(
      '{ riskEntries(first: 100) { edges { node { value reason } } } }')).riskEntries.edges.map(({ node }) => `${node.value}: ${node.reason}`).sort()
    const before = await values()
    const visited = await open('/risk')
    const { page } = visited
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download as CSV').click()])
    const csv = await readFile(await download.path(), 'utf8')
    await button(page, 'Remove d-9f2c77').click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('d-9f2c77')
    await page.keyboard.press('Enter')
    await page.getByText('“d-9f2c77” is off the list').waitFor()
    await page.getByRole('link', { name: 'Import' }).click()
    await page.getByRole('textbox', { name: 'Or paste it here' }).fill(csv.replace('203.0.113.0/24', '203.0.113.0/240'))
    const broken = csv.split('\r\n').findIndex((line) => line.includes('203.0.113.0')) + 1
    await page.getByRole('row', { name: new RegExp(`^${broken} value must be an address or a CIDR range, not “203.0.113.0/240”$`) }).waitFor()
    expect(await button(page, 'Add 3 entries').isDisabled()).toBe(true)
    await page.getByRole('checkbox', { name: 'Leave out 1 wrong row' }).check()
    await button(page, 'Add 3 entries').click()
    await page.getByText('1 entry added, 2 were there already').waitFor()
    expect(await values()).toEqual(before)
    await end(visited)
  }, WALK_MS)

  it('who may only read sees the rules without their buttons, and not who changed them', async () => {
    const visited = await open(`/campaigns/${world.demo.campaignId}/rules`, world.analyst)
    const { page } = visited
    await page.getByRole('heading', { name: 'Limits' }).waitFor()
    expect(await page.getByRole('button', { name: /Edit|Revise/ }).count()).toBe(0)
    await page.getByRole('tab', { name: 'Changes' }).click()
    await page.getByRole('heading', { name: 'Your role does not allow this' }).waitFor()
    await goTo(page, '/admin/participants/user-1')
    await page.getByRole('heading', { name: 'On the risk lists' }).waitFor()
    expect(await page.getByRole('button', { name: /Block|Allow/ }).count()).toBe(0)
    await goTo(page, '/admin/campaigns')
    await page.getByRole('link', { name: 'Lucky draw' }).waitFor()
    expect(await page.getByRole('checkbox').count()).toBe(0)
    await end(visited)
  }, WALK_MS)
})
