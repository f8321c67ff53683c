import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { systemContext } from '../../src/common/context.js'
import { PolicyService } from '../../src/modules/tenancy/policy.service.js'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { findChromium, launch } from '../support/dashboard/browser.js'
import { axe, goTo, signIn, visit, type Visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type Colleague, type DashboardWorld } from '../support/dashboard/world.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { codeAt } from '../support/people.js'

const chromium = findChromium()
const inBrowser = chromium === undefined ? describe.skip : describe
const STORY_MS = 400_000
const CHOSEN = 'a long walk by the moat'

let world: DashboardWorld
let browser: Browser
let admin: string
let second: Colleague
const visits: Visit[] = []

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  admin = `${world.app.url}/admin`
  second = await world.colleague('second@demo.example', 'Sekunda Owner', 'OWNER')
})

afterEach(async () => {
  for (const { close } of visits.splice(0)) await close()
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const open = async (path: string, who?: Colleague): Promise<Visit> => {
  const visited = await visit(browser, world.app.url)
  visits.push(visited)
  await visited.page.goto(`${admin}${path}`)
  if (who !== undefined) await signIn(visited.page, who.email, who.password)
  return visited
}
const owner = (): Colleague => ({ email: world.demo.operatorEmail, password: world.demo.operatorPassword })
/** As whoever runs the installation could: an owner would have to have a factor himself. */
async function requireFactors(totpRequired: boolean): Promise<void> {
  const { app } = world.app
  const { tenantId = '' } = (await app.get(TenantService, { strict: false }).bySlug('demo')) ?? {}
  const ctx = systemContext(tenantId, 'tests')
  const policy = app.get(PolicyService, { strict: false })
  await policy.set(ctx, (await policy.get(ctx)).version, { totpRequired })
}
/** What a refusal of the server looks like to a browser's console is no trouble of the page's. */
const unexpected = (troubles: readonly string[]) => troubles.filter((trouble) => !/status of 4\d\d/.test(trouble))
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()


const out = '/tmp/w/people-shots'
const log = (...parts: unknown[]) => { process.stderr.write(`${parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')}\n`) }
inBrowser('look', () => {
  it('owed', async () => {
    const fresh = await world.colleague('fresh@demo.example', 'Fresca Analyst', 'ANALYST')
    const { page, troubles } = await open('/campaigns', fresh)
    try {
      await heading(page, 'Campaigns')
      await requireFactors(true)
      page.on('response', (response) => { if (response.url().includes('graphql')) void response.text().then((text) => { log('answer', response.status(), text.slice(0, 300)) }, () => undefined) })
      await page.getByRole('link', { name: 'Risk lists' }).click()
      await page.getByText('Set up a second factor first').waitFor({ timeout: 20000 })
    } catch (error) { log('OWED FAILED', String(error), page.url(), troubles) }
    await page.screenshot({ path: `${out}/owed.png` })
    await requireFactors(false)
  }, STORY_MS)
  it('screens', async () => {
    for (const [scheme, language] of [['light', 'en-GB'], ['dark', 'zh-CN']] as const) {
      const { page, troubles, close } = await visit(browser, world.app.url, { scheme, language })
      const look = async (name: string) => { await page.screenshot({ path: `${out}/${name}-${scheme}.png` }); log('AXE', name, scheme, await axe(page).catch(String)) }
      await page.goto(`${admin}/operators`)
      await signIn(page, owner().email, owner().password)
      await page.locator('nav ul').first().waitFor()
      for (const [name, path] of [['operators', '/operators'], ['policy', '/settings/policy'], ['limits', '/settings/limits'], ['keys', '/settings/participant-keys'], ['webhooks', '/settings/webhooks'], ['features', '/settings/features'], ['account', '/account'], ['queues', '/queues']] as const) {
        await goTo(page, `/admin${path}`)
        await page.locator('main h1, main h2').first().waitFor()
        await page.locator('[class*=Skeleton]').first().waitFor({ state: 'detached' })
        if (name === 'queues') await page.frameLocator('iframe').getByText('user-center').first().waitFor({ timeout: 25000 }).catch((error: unknown) => { log('FRAME', String(error)) })
        await look(name)
      }
      await goTo(page, '/admin/account')
      await page.getByRole('button', { name: /Set up an app|设置身份验证器/ }).click()
      await page.locator('main input[type=password]').first().fill(owner().password)
      await page.keyboard.press('Enter')
      await page.locator('svg[role=img]').last().waitFor()
      await look('enrol')
      log('TROUBLES', scheme, troubles)
      await close()
      const outside = await visit(browser, world.app.url, { scheme, language })
      await outside.page.goto(`${admin}/invitation#dbl_${'A'.repeat(43)}`)
      await outside.page.locator('h1').waitFor()
      await outside.page.screenshot({ path: `${out}/invitation-${scheme}.png` })
      log('AXE invitation', await axe(outside.page), outside.page.url(), outside.troubles)
      await outside.page.goto(`${admin}/password-reset`)
      await outside.page.locator('h1').waitFor()
      await outside.page.screenshot({ path: `${out}/nolink-${scheme}.png` })
      await outside.close()
    }
  }, STORY_MS)
})
