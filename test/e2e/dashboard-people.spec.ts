import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { systemContext } from '../../src/common/context.js'
import { PolicyService } from '../../src/modules/tenancy/policy.service.js'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { isLong } from '../support/dashboard/long.js'
import { findChromium, launch } from '../support/dashboard/browser.js'
import { goTo, signIn, unexpected, visit, type Visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type Colleague, type DashboardWorld } from '../support/dashboard/world.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { codeAt } from '../support/people.js'

// The plain run has no time for this area: dashboard-story.spec.ts goes through it.
const chromium = isLong ? findChromium() : undefined
/** What is tried here and refused. */
const REFUSALS = [400, 403, 404, 409, 422, 429]
const inBrowser = chromium === undefined ? describe.skip : describe
const STORY_MS = 120_000
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
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()

inBrowser('people in the dashboard', () => {
  it('an owner invites; the invited one takes the link, once, and may what the role may', async () => {
    const { page, troubles } = await open('/operators', owner())
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const asked = page.getByRole('dialog')
    await asked.getByLabel('E-mail').fill('new@demo.example')
    await asked.getByRole('radio', { name: 'Manager' }).check()
    await asked.getByRole('button', { name: 'Make the link' }).click()
    await asked.getByText('Drawbridge sends no e-mail.').waitFor()
    const { pathname, hash } = new URL((await asked.locator('pre').textContent()) ?? '')
    expect([pathname, hash]).toEqual(['/admin/invitation', expect.stringMatching(/^#dbl_[\w-]{43}$/)])
    await asked.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('cell', { name: 'new@demo.example', exact: true }).waitFor()

    const invited = await open(`/invitation${hash}`)
    await heading(invited.page, 'Accept your invitation')
    const kept = await invited.page.evaluate('location.href + JSON.stringify(sessionStorage) + JSON.stringify(localStorage) + JSON.stringify(history.state)')
    expect(kept).not.toContain(hash.slice(1))
    await invited.page.getByLabel('Your name').fill('Nova Manager')
    await invited.page.getByLabel('New password', { exact: true }).fill('short')
    await invited.page.getByRole('button', { name: 'Create my account' }).click()
    await invited.page.getByText('At least 12 characters', { exact: true }).waitFor()
    await invited.page.getByLabel('New password', { exact: true }).fill(CHOSEN)
    await invited.page.keyboard.press('Enter')
    await heading(invited.page, 'Your account is ready')
    expect(await invited.page.locator('input[type=email]').inputValue()).toBe('new@demo.example')
    await invited.page.locator('input[type=password]').fill(CHOSEN)
    await invited.page.keyboard.press('Enter')
    await heading(invited.page, 'Home')
    expect(await invited.page.getByRole('link', { name: 'Operators' }).count()).toBe(0)
    await goTo(invited.page, '/admin/operators')
    await heading(invited.page, 'Your role does not allow this')

    const late = await open(`/invitation${hash}`)
    await late.page.getByLabel('Your name').fill('Another')
    await late.page.getByLabel('New password', { exact: true }).fill(CHOSEN)
    await late.page.keyboard.press('Enter')
    await heading(late.page, 'This link cannot be used any more')
    expect(unexpected([troubles, invited.troubles, late.troubles].flat(), ...REFUSALS)).toEqual([])
  }, STORY_MS)

  it('an operator enrols a second factor, signs out, and signs in with a code; a recovery code does too', async () => {
    const { page, troubles } = await open('/account', second)
    await page.getByRole('button', { name: 'Set up an app' }).click()
    await page.getByLabel('Password', { exact: true }).fill(second.password)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    const secret = ((await page.getByRole('button', { name: /^Copy Secret/ }).textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code of your authenticator app').fill('000000')
    await page.getByRole('button', { name: 'Turn it on' }).click()
    await page.getByText(/look whether the clock/).waitFor()
    // Of the step before: those of now are left for signing in.
    await page.getByLabel('Code of your authenticator app').fill(codeAt(secret, -30))
    await page.getByRole('button', { name: 'Turn it on' }).click()
    const list = page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem')
    await list.last().waitFor()
    const codes = await list.allTextContents()
    expect(new Set(codes).size).toBe(10)
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, second.email, second.password)
    await page.getByLabel('Code of your authenticator app').fill(codeAt(secret))
    await page.keyboard.press('Enter')
    await heading(page, 'Home')
    await goTo(page, '/admin/account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, second.email, second.password)
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(codes[0] ?? '')
    await page.keyboard.press('Enter')
    await heading(page, 'Home')
    expect(unexpected(troubles, ...REFUSALS)).toEqual([])
  }, STORY_MS)

  it('two owners edit the policy: the second sees what the first made of it, and overwrites nothing of it unseen', async () => {
    const third = await world.colleague('third@demo.example', 'Tertia Owner', 'OWNER')
    const [one, two] = [await open('/settings/policy', owner()), await open('/settings/policy', third)]
    await two.page.getByLabel('A change waits for').fill('48')
    await two.page.getByRole('switch', { name: 'Stock' }).check({ force: true })
    await one.page.getByLabel('A change waits for').fill('24')
    await one.page.getByRole('switch', { name: 'Publishing' }).check({ force: true })
    await one.page.getByRole('button', { name: 'Save' }).click()
    await one.page.getByText('The policy is saved').waitFor()
    await two.page.getByRole('button', { name: 'Save' }).click()
    const conflict = two.page.getByRole('table', { name: 'Somebody else has saved meanwhile' })
    await conflict.getByRole('row').nth(1).waitFor()
    const rows = await conflict.getByRole('row').allTextContents()
    expect(rows.slice(1)).toEqual(['A change waits for72 hours24 hours48 hours', 'Approval: PublishingNot neededEvery changeNot needed', 'Approval: StockNot neededNot neededEvery change'])
    // What one of the two alone has changed is chosen already.
    await two.page.getByRole('radio', { name: 'Take yours: A change waits for' }).click()
    await two.page.getByRole('button', { name: 'Go on with this' }).click()
    await two.page.getByRole('button', { name: 'Save' }).click()
    await two.page.getByText('The policy is saved').waitFor()
    const token = await login(world.app, owner().email, owner().password)
    const { tenantPolicy } = await gqlData<{ tenantPolicy: { approvals: Array<{ kind: string }>; approvalHours: number } }>(
      world.app.adminGraphqlUrl, '{ tenantPolicy { approvalHours approvals { kind above } } }', {}, bearer(token),
    )
    expect([tenantPolicy.approvalHours, tenantPolicy.approvals.map(({ kind }) => kind).sort()]).toEqual([48, ['PUBLISH', 'RISK_LISTS', 'STOCK']])
    expect(unexpected([one.troubles, two.troubles].flat(), ...REFUSALS)).toEqual([])
  }, STORY_MS)

  it('who must have a second factor is led to set one up, and then on', async () => {
    const fresh = await world.colleague('fresh@demo.example', 'Fresca Analyst', 'ANALYST')
    const { page } = await open('/campaigns', fresh)
    await heading(page, 'Campaigns')
    await requireFactors(true)
    await page.getByRole('link', { name: 'Risk lists' }).click()
    await page.getByText('Set up a second factor first').waitFor()
    await page.getByRole('link', { name: 'Campaigns' }).click()
    await heading(page, 'Your account')
    await requireFactors(false)
  }, STORY_MS)

  it('the queues are in the dashboard of the tenant that the installation names; others are told how to get there', async () => {
    const { page, troubles } = await open('/queues', owner())
    await page.frameLocator('iframe').getByText('user-center').first().waitFor()
    const other = await open('/queues', { email: world.demo.other.operatorEmail, password: world.demo.other.operatorPassword })
    await other.page.getByText('QUEUE_DESK_TENANT=other').waitFor()
    expect(await other.page.locator('iframe').count()).toBe(0)
    expect(unexpected([troubles, other.troubles].flat(), ...REFUSALS)).toEqual([])
  }, STORY_MS)
})
