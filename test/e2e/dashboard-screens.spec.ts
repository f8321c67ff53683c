import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { gzippedBytes, INITIAL_BYTES_MAX, scriptsOf } from '../../scripts/lib/build-ui.mjs'
import { packageRoot } from '../../src/platform/package-root.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { axe, goTo, signIn, unexpected, visit, type Visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'

const chromium = findChromium()
if (chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
/** `npm run screenshots` says where to. */
const screenshots = process.env.SCREENSHOTS
/** What another theme can break; all else is the same page. */
const OF_A_THEME = ['color-contrast', 'link-in-text-block']
const WALK_MS = 420_000
const LINK = `#dbl_${'x'.repeat(43)}`
/** Before the login: where one-time links lead, and what stands there without one. */
const OUTSIDE = [['invitation', `/invitation${LINK}`], ['password-reset', `/password-reset${LINK}`], ['link-missing', '/invitation']] as const

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

  /** By name and theme: what it breaks. */
  const walk = async (language: string, look: (visited: Visit, name: string) => Promise<void>) => {
    const visited = await visit(browser, world.app.url, { language })
    const { page, troubles, scripts, close } = visited
    await page.goto(admin)
    await page.locator('input[type=email]').waitFor()
    // What the budget counts is what a browser loads, no less.
    expect(scripts().sort()).toEqual(scriptsOf(language.startsWith('zh') ? 'zh-CN' : 'en').login.sort())
    expect(gzippedBytes(scripts())).toBeLessThan(INITIAL_BYTES_MAX)
    await look(visited, 'login')
    for (const [name, path] of OUTSIDE) {
      await page.goto(`${admin}${path}`)
      await page.locator('main h1, main h2').first().waitFor()
      await look(visited, name)
    }
    await page.goto(admin)
    await signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)
    await page.locator('nav ul').first().waitFor()
    for (const [name, path] of screens()) {
      await goTo(page, `/admin${path}`)
      await page.locator('main h1, main h2').first().waitFor()
      await page.locator('[class*=Skeleton]').first().waitFor({ state: 'detached' })
      if (name === 'queues') await page.frameLocator('iframe').getByText('user-center').first().waitFor()
      await look(visited, name)
    }
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await look(visited, 'palette')
    await close()
    expect(unexpected(troubles)).toEqual([])
  }

  it('can be used by everybody, in light and in dark, keeps its policy and its origin', async () => {
    const found: Record<string, string[]> = {}
    await walk('en-GB', async ({ page }, name) => {
      found[name] = await axe(page)
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
      found[name].push(...(await axe(page, OF_A_THEME)))
      await page.emulateMedia({ colorScheme: 'light' })
      await page.locator('html[data-mantine-color-scheme=light]').waitFor()
    })
    expect(found).toEqual(Object.fromEntries(['login', ...OUTSIDE.map(([name]) => name), ...screens().map(([name]) => name), 'palette'].map((name) => [name, []])))
  }, WALK_MS)

  const shot = screenshots === undefined ? it.skip : it
  shot.each(['en-GB', 'zh-CN'])('has its picture taken in both themes: %s', async (language) => {
    await walk(language, async ({ page }, name) => {
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor()
        if (name === 'queues') await page.frameLocator('iframe').getByText('user-center').first().waitFor()
        // Colours change over a moment: a picture of it is of neither theme.
        await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => undefined)')
        await page.screenshot({ path: join(packageRoot, screenshots ?? '', `${name}-${scheme}-${language.slice(0, 2)}.png`) })
      }
    })
  }, WALK_MS)
})
