import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { itInLong } from '../support/dashboard/long.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { signIn, visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'
import { draw } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, login, moveCampaign } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

// The plain run has time for the first of these alone.
const chromium = findChromium()
if (chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
const WALK_MS = 120_000
const DISCONNECTED = 'Disconnected, trying again'

let world: DashboardWorld
let browser: Browser
let admin: string
let token: string

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  admin = `${world.app.url}/admin`
  token = await login(world.app, world.demo.operatorEmail, world.demo.operatorPassword)
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const owner = (page: Page) => signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)

/** Half of what is drawn wins. */
async function campaign(): Promise<string> {
  const draft = await createCampaign(world.app, token, { prizes: [{ name: 'Mug', probabilityPpb: CERTAIN_PPB / 2, stockTotal: 10_000 }], drawsPerUserTotal: 1 })
  return (await moveCampaign(world.app, token, 'publish', draft)).id
}

/** Participants who draw one after another, each once, until it is stopped: then how many have drawn. */
function rush(campaignId: string): () => Promise<number> {
  let stopped = false
  const drawing = (async () => {
    for (let n = 0; ; n++) {
      if (stopped) return n
      await draw(world.app, { 'x-api-key': world.demo.apiKey }, { campaignId, userId: `rush-${n}`, idempotencyKey: 'k' })
    }
  })()
  return () => {
    stopped = true
    return drawing
  }
}

inBrowser('a live campaign', () => {
  it('is seen as it is drawn from, through an interruption, with every draw counted once', async () => {
    const id = await campaign()
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${id}/live?window=1`)
    await owner(page)
    await page.getByText('Live', { exact: true }).nth(2).waitFor()
    const stop = rush(id)
    await page.getByText(/^at most [1-9]/).waitFor()
    await page.locator('canvas').first().waitFor()
    await page.context().setOffline(true)
    await page.getByText(DISCONNECTED).waitFor()
    await page.context().setOffline(false)
    await page.getByText(DISCONNECTED).waitFor({ state: 'detached' })
    const drawn = await stop()
    await page.getByText(`of ${drawn.toLocaleString('en')} draws`, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'The last minute as a table' }).click()
    const times = await page.getByRole('table', { name: 'The last minute as a table' }).locator('tbody td:first-child').allTextContents()
    expect(times).toHaveLength(60)
    expect(new Set(times).size).toBe(60)
    await close()
  }, WALK_MS)

  itInLong('says that its figures are switched off, in both languages, and has them again', async () => {
    const id = await campaign()
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${id}/live`)
    await owner(page)
    await page.getByText('Win rate').first().waitFor()
    const switchTo = (to: 'OFF' | 'AUTO') => gqlData(world.app.adminGraphqlUrl,
      'mutation ($to: FeatureSwitch!) { switchFeature(feature: LIVE_COUNTS, to: $to, reason: "a rush") { off } }', { to }, bearer(token))
    await switchTo('OFF')
    await page.getByRole('heading', { name: 'Live figures are switched off' }).waitFor()
    expect(await page.getByText('Win rate').count()).toBe(0)
    await page.getByRole('button', { name: 'Language' }).click()
    await page.getByRole('menuitemradio', { name: '简体中文' }).click()
    await page.getByRole('heading', { name: '实时数据已关闭' }).waitFor()
    await page.getByRole('link', { name: '查看原因' }).click()
    await page.getByRole('row', { name: /实时数据.*已手动关闭/ }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: '实时数据已关闭' }).waitFor()
    await switchTo('AUTO')
    await page.getByText('中奖率').first().waitFor()
    await close()
  }, WALK_MS)

  itInLong('says above it that another operator has paused it, within two seconds and without being touched', async () => {
    const { page, close } = await visit(browser, world.app.url)
    const draft = await createCampaign(world.app, token)
    const live = await moveCampaign(world.app, token, 'publish', draft)
    await page.goto(`${admin}/campaigns/${live.id}/live`)
    await signIn(page, world.analyst.email, world.analyst.password)
    await page.getByText('Draws per second').first().waitFor()
    const title = page.getByRole('heading', { level: 1 })
    await title.getByText('Live', { exact: true }).waitFor()
    await moveCampaign(world.app, token, 'pause', live)
    await title.getByText('Paused', { exact: true }).waitFor({ timeout: 2_000 })
    await close()
  }, WALK_MS)

  itInLong('asks to sign in when the session ends, and goes on after that', async () => {
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${world.demo.campaignId}/live`)
    await owner(page)
    await page.getByText('Draws per second').first().waitFor()
    const cookies = await page.context().cookies()
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    await fetch(world.app.adminGraphqlUrl, {
      method: 'POST', headers: { 'content-type': 'application/json', cookie, origin: world.app.url }, body: JSON.stringify({ query: 'mutation { logout }' }),
    })
    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByLabel('Password', { exact: true }).fill(world.demo.operatorPassword)
    await page.keyboard.press('Enter')
    await again.waitFor({ state: 'detached' })
    await page.getByText('Live', { exact: true }).nth(2).waitFor()
    await close()
  }, WALK_MS)
})

inBrowser('the first-run tour', () => {
  itInLong('ends in a draw made from the browser, by the keyboard alone, and does not come again', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(admin)
    await owner(page)
    await page.getByRole('button', { name: 'Show me round' }).press('Enter')
    await page.getByRole('heading', { name: 'Everything about a campaign is in one place' }).waitFor()
    await page.getByRole('button', { name: 'Next' }).press('Enter')
    await page.getByRole('button', { name: 'Make a test key' }).press('Enter')
    await page.getByText('A test key: draws are decided in a test world').waitFor()
    await page.getByRole('textbox', { name: 'Participant' }).press('Enter')
    await page.getByText(/^HTTP 200 in \d+ ms$/).waitFor()
    await page.getByText('That was your first draw.').waitFor()
    await page.getByRole('button', { name: 'Send the same again' }).press('Enter')
    await page.getByText('same key, same answer').waitFor()
    const stored = await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')
    expect(stored).not.toContain('dbt_')
    await page.getByRole('button', { name: 'Done' }).press('Enter')
    await page.getByRole('button', { name: 'Take the tour' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Take the tour' }).waitFor()
    expect(await page.getByText('Welcome to Drawbridge').count()).toBe(0)
    await close()
    expect(troubles.filter((trouble) => !trouble.includes('401 (Unauthorized)'))).toEqual([])
  }, WALK_MS)
})

inBrowser('the panel to try a campaign', () => {
  itInLong('makes test draws in a world that can be emptied, by the campaign’s name', async () => {
    const id = await campaign()
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${id}/try`)
    await owner(page)
    await page.getByRole('button', { name: 'Make a test key' }).click()
    await page.getByText('A test key: draws are decided in a test world').waitFor()
    const draws = page.getByRole('button', { name: 'Draw', exact: true })
    await draws.click()
    await page.getByText(/^(?:Won: Mug|Lost)$/).waitFor()
    await draws.click()
    await page.getByText('Refused: No draws left').waitFor()
    await page.getByRole('button', { name: 'Empty the test world' }).click()
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Empty the test world' })
    expect(await sure.isDisabled()).toBe(true)
    await page.getByRole('textbox', { name: /To confirm/ }).fill(await page.getByRole('dialog').locator('label b').innerText())
    await sure.click()
    await page.getByText('The test world is empty').waitFor()
    await draws.click()
    await page.getByText(/^(?:Won: Mug|Lost)$/).waitFor()
    await close()
  }, WALK_MS)

  itInLong('says what became of a real draw, of a repeated one and of a wrong key, and makes no key for who may not', async () => {
    const id = await campaign()
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${id}/try`)
    await signIn(page, world.analyst.email, world.analyst.password)
    const key = page.getByLabel('API key', { exact: true })
    await key.fill('dbk_nonsense')
    expect(await page.getByRole('button', { name: 'Make a test key' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Make a real draw' }).click()
    await page.getByText('The key is not valid').waitFor()
    await key.fill(world.demo.apiKey)
    await page.getByText('This is no test key: the draw is real.').waitFor()
    await page.getByRole('button', { name: 'Make a real draw' }).click()
    await page.getByText(/^(?:Won: Mug|Lost)$/).waitFor()
    await page.getByRole('button', { name: 'Make a real draw' }).click()
    await page.getByText('Refused: No draws left').waitFor()
    expect(await page.getByRole('region', { name: 'curl' }).textContent()).toContain(`${world.app.url}/graphql`)
    expect(await page.getByRole('region', { name: 'curl' }).textContent()).toContain(id)
    await close()
  }, WALK_MS)
})
