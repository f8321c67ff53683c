import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { packageRoot } from '../../src/platform/package-root.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { axe, goTo, signIn, unexpected, visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'

const chromium = findChromium()
if (chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
/** `npm run screenshots` says where to. */
const screenshots = process.env.SCREENSHOTS
const LOOKS = [['light', 'en-GB'], ['dark', 'zh-CN'], ['dark', 'en-GB'], ['light', 'zh-CN']] as const
/** What another theme can break; all else is the same page. */
const OF_A_THEME = ['color-contrast', 'link-in-text-block']
const WALK_MS = 420_000
const INITIAL_BYTES_MAX = 250_000

let world: DashboardWorld
let browser: Browser
let admin: string

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  admin = `${world.app.url}/admin`
  if (screenshots !== undefined) await mkdir(join(packageRoot, screenshots), { recursive: true })
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

inBrowser('every screen', () => {
  let waiting: string
  beforeAll(async () => { waiting = await world.propose('screen') })

  const screens = () => [
    ['home', ''], ['campaigns', '/campaigns'], ['campaign', `/campaigns/${world.demo.campaignId}`], ['campaign-prizes', `/campaigns/${world.demo.campaignId}/prizes`],
    ['campaign-inventory', `/campaigns/${world.demo.campaignId}/inventory`], ['campaign-books', `/campaigns/${world.demo.campaignId}/books`],
    ['api-keys', '/api-keys'], ['risk', '/risk'], ['not-found', '/nowhere'], ['risk-add', '/risk/add'],
    ['campaign-live', `/campaigns/${world.demo.campaignId}/live?window=15`], ['campaign-try', `/campaigns/${world.demo.campaignId}/try`],
    ['approvals', '/approvals'], ['approval', `/approvals/${waiting}`], ['audit', '/audit'],
    ['campaign-new', '/campaigns/new'], ['edit-mechanic', `/campaigns/${world.ids['spring-packets']}/edit/mechanic`],
    ...['basics', 'prizes', 'stock', 'limits', 'risk', 'review'].map((step) => [`edit-${step}`, `/campaigns/${world.ids.hostile}/edit/${step}`] as const),
    ['desk-prizes', `/campaigns/${world.desk.id}/prizes`], ['desk-inventory', `/campaigns/${world.desk.id}/inventory`],
    ['campaign-draws', `/campaigns/${world.desk.id}/draws`], ['draw-trace', `/campaigns/${world.desk.id}/draws?draw=${world.desk.drawId}`],
    ['campaign-awards', `/campaigns/${world.desk.id}/awards`], ['award', `/campaigns/${world.desk.id}/awards?award=A${world.desk.drawId}`],
    ['awards', '/awards'], ['reconciliation', '/reconciliation'],
    ['participants', '/participants'], ['participant', `/participants/user-3?campaign=${world.demo.campaignId}`],
    ['rules', `/campaigns/${world.ruled}/rules`], ['changes', `/campaigns/${world.ruled}/changes`], ['risk-import', '/risk/import'], ['velocity', '/risk/velocity'],
    ['operators', '/operators'], ['account', '/account'], ['settings-policy', '/settings/policy'], ['settings-limits', '/settings/limits'],
    ['settings-participant-keys', '/settings/participant-keys'], ['settings-webhooks', '/settings/webhooks'], ['settings-features', '/settings/features'], ['queues', '/queues'],
  ] as const

  it.each(screenshots === undefined ? LOOKS.slice(0, 2) : LOOKS)('can be used by everybody, keeps its policy and its origin: %s, %s', async (scheme, language) => {
    const { page, troubles, scriptBytes, close } = await visit(browser, world.app.url, { scheme, language })
    const found: Record<string, string[]> = {}
    const look = async (name: string) => {
      found[name] = await axe(page, scheme === 'light' || screenshots !== undefined ? undefined : OF_A_THEME)
      if (screenshots !== undefined) await page.screenshot({ path: join(packageRoot, screenshots, `${name}-${scheme}-${language.slice(0, 2)}.png`) })
    }
    await page.goto(admin)
    await page.locator('input[type=email]').waitFor()
    expect(scriptBytes()).toBeLessThan(INITIAL_BYTES_MAX)
    await look('login')
    await signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)
    await page.locator('nav ul').first().waitFor()
    for (const [name, path] of screens()) {
      await goTo(page, `/admin${path}`)
      await page.locator('main h1, main h2').first().waitFor()
      await page.locator('[class*=Skeleton]').first().waitFor({ state: 'detached' })
      await look(name)
    }
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await look('palette')
    await close()
    expect(found).toEqual(Object.fromEntries(['login', ...screens().map(([name]) => name), 'palette'].map((name) => [name, []])))
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)
})
