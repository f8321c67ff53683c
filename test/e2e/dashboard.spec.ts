import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Role } from '../../src/common/context.js'
import { findChromium, HOW_TO_INSTALL, launch } from '../support/dashboard/browser.js'
import { itInLong } from '../support/dashboard/long.js'
import { goTo, signIn, unexpected, visit } from '../support/dashboard/visit.js'
import { dashboardWorld, HOSTILE, type DashboardWorld } from '../support/dashboard/world.js'

const chromium = findChromium()
if (chromium === undefined) process.stderr.write(`${HOW_TO_INSTALL}\n`)
const inBrowser = chromium === undefined ? describe.skip : describe
const WALK_MS = 180_000

let world: DashboardWorld
let browser: Browser
let admin: string

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  admin = `${world.app.url}/admin`
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const owner = (page: Page) => signIn(page, world.demo.operatorEmail, world.demo.operatorPassword)

const STOPS_MAX = 120

/** Goes on from where the focus is until it is there. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let stops = 0; stops < STOPS_MAX; stops++) {
    if (await target.and(page.locator(':focus')).count() > 0) return
    await page.keyboard.press(key)
  }
  throw new Error(`${target.toString()} cannot be reached by ${key}`)
}

/** In one of the header's menus, with keys. */
async function choose(page: Page, menu: string, entry: string): Promise<void> {
  await tabTo(page, page.getByRole('button', { name: menu }))
  await page.keyboard.press('Enter')
  const item = page.getByRole('menuitemradio', { name: entry })
  await item.waitFor()
  await tabTo(page, item, 'ArrowDown')
  await page.keyboard.press('Enter')
  await item.waitFor({ state: 'detached' })
}

/** Of the navigation: by its name, where it is. */
const SCREENS = {
  Home: '', Campaigns: 'campaigns', Awards: 'awards', Participants: 'participants', Reconciliation: 'reconciliation', 'Risk lists': 'risk', Approvals: 'approvals',
  'Audit log': 'audit', 'API keys': 'api-keys', Operators: 'operators', Settings: 'settings', Queues: 'queues',
} as const
/** What each may not see, and what it may do with a live campaign. */
const ROLES: ReadonlyArray<readonly [Role, ReadonlyArray<keyof typeof SCREENS>, { readonly pauses: boolean; readonly edits: boolean }]> = [
  ['OWNER', [], { pauses: true, edits: true }],
  ['MANAGER', ['Operators', 'Queues'], { pauses: true, edits: true }],
  ['REVIEWER', ['API keys', 'Operators', 'Queues'], { pauses: true, edits: false }],
  ['ANALYST', ['Audit log', 'API keys', 'Operators', 'Queues'], { pauses: false, edits: false }],
]

inBrowser('an operator in the dashboard', () => {
  it('signs in, is returned to where he wanted to go, pauses the demo campaign by its name and resumes it', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns?search=lucky-draw`)
    await signIn(page, world.demo.operatorEmail, 'not the password')
    await page.getByRole('alert').getByText('The e-mail or the password is wrong.').waitFor()
    await owner(page)
    await page.waitForURL(/\/admin\/campaigns\?search=lucky-draw$/)
    await page.getByRole('link', { name: 'Lucky draw' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true })
    expect(await sure.isDisabled()).toBe(true)
    await page.getByRole('textbox', { name: /To confirm/ }).fill('Lucky draw')
    await sure.click()
    await page.getByRole('heading', { name: /Lucky draw\s*Paused/ }).waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('Lucky draw')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Lucky draw\s*Live/ }).waitFor()
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  itInLong('makes a key with a limit, and lifts it; what is too much is refused beside the field', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/api-keys`)
    await owner(page)
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Shop backend')
    const limit = page.getByRole('textbox', { name: 'Draws a second, at most' })
    await limit.fill('99999999999')
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
    await page.getByText(/^From 1 to [\d,]+, or nothing$/).waitFor()
    await limit.fill('50')
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'I have kept it' }).click()
    const row = page.getByRole('row', { name: /Shop backend/ })
    await row.getByRole('cell', { name: '50', exact: true }).waitFor()
    await row.getByRole('button', { name: 'Actions for Shop backend' }).click()
    await page.getByRole('menuitem', { name: 'Set limit…' }).click()
    await limit.fill('')
    await page.getByRole('dialog').getByRole('button', { name: 'Set limit' }).click()
    await page.getByText('The limit of “Shop backend” is set').waitFor()
    await row.getByRole('cell', { name: 'As the tenant' }).waitFor()
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  it('changes the language and the theme, and goes everywhere by the keyboard alone', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(admin)
    await owner(page)
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.locator('[role=dialog] input:focus').waitFor()
    await page.keyboard.type('golden')
    await page.locator('[data-action][data-selected]', { hasText: 'Golden ticket' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Golden ticket/ }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.getByRole('heading', { name: 'Risk lists', level: 1 }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await choose(page, 'Theme', 'Dark')
    await choose(page, 'Language', '简体中文')
    await page.getByRole('heading', { name: '风控名单', level: 1 }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: '风控名单', level: 1 }).waitFor()
    const html = page.locator('html')
    expect([await html.getAttribute('lang'), await html.getAttribute('data-mantine-color-scheme')]).toEqual(['zh-CN', 'dark'])
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  it('tells a time in other zones, and takes a typed one, by the keyboard alone', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${world.ids.hostile}`)
    await page.locator('input[type=email]').waitFor()
    await tabTo(page, page.locator('input[type=email]'))
    await page.keyboard.type(world.demo.operatorEmail)
    await page.keyboard.press('Tab')
    await page.keyboard.type(world.demo.operatorPassword)
    await page.keyboard.press('Enter')
    await page.locator('main time').first().waitFor()
    await tabTo(page, page.locator('main time').first())
    await page.getByRole('tooltip').getByText('UTC').waitFor()
    expect(await page.locator('main time').first().getAttribute('aria-describedby')).toBe(await page.getByRole('tooltip').getAttribute('id'))
    await tabTo(page, page.getByRole('link', { name: 'Edit', exact: true }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    const ends = page.locator('input[type=datetime-local]').nth(1)
    await ends.waitFor()
    await tabTo(page, ends)
    // The day and the month alike: which of them comes first is the system's.
    await page.keyboard.type('05052027')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.type('1030')
    // Behind the seconds and their parts: the half of the day, where the system has halves.
    for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight')
    await page.keyboard.type('a')
    expect(await ends.inputValue()).toMatch(/^2027-05-05T10:30/)
    await tabTo(page, page.getByRole('button', { name: 'Save', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor()
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  it('is shown hostile names as they are, and signs in again over the screen when the session ends', async () => {
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns?status=DRAFT`)
    await owner(page)
    await page.getByRole('link', { name: HOSTILE }).waitFor()
    expect(await page.title()).toBe('Campaigns · Demo · Drawbridge')
    await goTo(page, '/admin/risk/add')
    await page.getByRole('textbox', { name: 'One to a line' }).fill('half typed')
    await page.context().clearCookies()
    await page.getByRole('textbox', { name: 'Reason' }).fill('a reason')
    await page.getByRole('button', { name: 'Add to the list' }).click()
    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByLabel('Password', { exact: true }).fill(world.demo.operatorPassword)
    await page.keyboard.press('Enter')
    await again.waitFor({ state: 'detached' })
    expect(await page.getByRole('textbox', { name: 'One to a line' }).inputValue()).toBe('half typed')
    await page.getByRole('link', { name: 'Campaigns' }).first().click()
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('heading', { name: 'Campaigns', level: 1 }).waitFor()
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  it.each(ROLES)('a role is offered what it may do, and told of the rest that it may not: %s', async (role, refused, { pauses, edits }) => {
    const who = role === 'OWNER' ? { email: world.demo.operatorEmail, password: world.demo.operatorPassword }
      : await world.colleague(`${role.toLowerCase()}-of-the-tests@demo.example`, role, role)
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${world.demo.campaignId}`)
    await signIn(page, who.email, who.password)
    await page.getByRole('heading', { name: /Lucky draw/ }).waitFor()
    const found = await page.getByRole('navigation').first().getByRole('link').allTextContents()
    expect(Object.keys(SCREENS).filter((name) => !found.some((text) => text.startsWith(name)))).toEqual(refused)
    const pause = await page.getByRole('button', { name: 'Pause' }).count()
    await goTo(page, '/admin/campaigns')
    await page.getByRole('link', { name: 'Lucky draw' }).waitFor()
    expect({ pauses: pause > 0, edits: await page.getByRole('link', { name: 'New campaign' }).count() > 0 }).toEqual({ pauses, edits })
    for (const name of refused) {
      await goTo(page, `/admin/${SCREENS[name]}`)
      await page.getByRole('heading', { name: 'Your role does not allow this' }).waitFor()
    }
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  itInLong('two operators: the one asks for a change, the other makes it, and the audit log names both', async () => {
    const id = await world.propose('farm')
    const author = await visit(browser, world.app.url)
    await author.page.goto(`${admin}/approvals/${id}`)
    await owner(author.page)
    await author.page.getByText('You asked for this, so another operator decides.').waitFor()
    expect(await author.page.getByRole('button', { name: /Approve/ }).count()).toBe(0)
    await author.close()
    const { page, troubles, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/approvals?state=PENDING`)
    await signIn(page, world.manager.email, world.manager.password)
    await page.getByRole('link', { name: 'Add to risk lists: 5' }).first().click()
    await page.getByRole('cell', { name: 'farm-0', exact: true }).first().waitFor()
    expect(await page.getByRole('button', { name: 'Reject', exact: true }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Approve and make the change' }).click()
    await page.getByText('Made', { exact: true }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Risk entries added' }).first().click()
    await page.getByRole('dialog').getByRole('link', { name: 'See the request' }).first().waitFor()
    await close()
    expect(unexpected(troubles)).toEqual([])
  }, WALK_MS)

  itInLong('says when it is disconnected, and recovers', async () => {
    const { page, close } = await visit(browser, world.app.url)
    await page.goto(`${admin}/campaigns/${world.demo.campaignId}/inventory`)
    await owner(page)
    await page.getByText('Live', { exact: true }).nth(2).waitFor()
    await page.context().setOffline(true)
    await page.getByText('Disconnected, trying again').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Disconnected, trying again').waitFor({ state: 'detached' })
    await close()
  }, WALK_MS)
})
