import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { dryRun } from '../../admin-ui/src/domains/risk/import/dry-run.js'
import { parseCsv } from '../../admin-ui/src/lib/csv.js'
import { findChromium, launch } from '../support/dashboard/browser.js'
import { isLong } from '../support/dashboard/long.js'
import { goTo, signIn, unexpected, visit, type Visit } from '../support/dashboard/visit.js'
import { dashboardWorld, type DashboardWorld } from '../support/dashboard/world.js'
import { bearer, login } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

// The plain run has no time for this area: dashboard-story.spec.ts goes through it.
const chromium = isLong ? findChromium() : undefined
const inBrowser = chromium === undefined ? describe.skip : describe
const STORY_MS = 120_000
/** What a list is read in, and more than one of it. */
const READ_AT_ONCE = 100
const MORE = 130
/** Above three, a change of the lists waits for another operator. */
const ADDED_AT_ONCE = 3

let world: DashboardWorld
let browser: Browser
let admin: string
let entries: number
let visits: Visit[] = []

beforeAll(async () => {
  if (chromium === undefined) return
  world = await dashboardWorld()
  browser = await launch(chromium)
  admin = `${world.app.url}/admin`
  entries = await addEntries()
})

afterEach(async () => {
  for (const { close } of visits) await close()
  visits = []
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

/** How many there are then. */
async function addEntries(): Promise<number> {
  const owner = bearer(await login(world.app, world.demo.operatorEmail, world.demo.operatorPassword))
  const ask = <T>(document: string, variables: Record<string, unknown>) => gqlData<T>(world.app.adminGraphqlUrl, document, variables, owner)
  const inputs = Array.from({ length: MORE }, (_, n) => ({ list: 'BLOCK', subject: 'DEVICE', value: `＝many-${String(n).padStart(3, '0')}`, reason: 'Many' }))
  for (let n = 0; n < MORE; n += ADDED_AT_ONCE) {
    await ask('mutation ($inputs: [RiskEntryInput!]!) { addRiskEntries(inputs: $inputs) { added } }', { inputs: inputs.slice(n, n + ADDED_AT_ONCE) })
  }
  const pages = await ask<{ riskEntries: { edges: unknown[]; pageInfo: { endCursor: string } } }>('{ riskEntries(first: 100) { edges { cursor } pageInfo { endCursor } } }', {})
  const { riskEntries: rest } = await ask<{ riskEntries: { edges: unknown[] } }>(
    'query ($after: String) { riskEntries(first: 100, after: $after) { edges { cursor } } }', { after: pages.riskEntries.pageInfo.endCursor })
  return READ_AT_ONCE + rest.edges.length
}

async function open(path: string): Promise<Visit> {
  const visited = await visit(browser, world.app.url)
  visits.push(visited)
  await visited.page.goto(`${admin}${path}`)
  await signIn(visited.page, world.demo.operatorEmail, world.demo.operatorPassword)
  return visited
}

async function csvOf(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()])
  return readFile(await download.path(), 'utf8')
}

inBrowser('tables of the dashboard', () => {
  it('a link to a page far down opens with its rows, an order is one of all rows, and a page past the end is the last one', async () => {
    const { page, troubles } = await open('/risk?page=5')
    await page.getByText(`101–125 of ${entries}`).waitFor()
    await page.getByText('＝many-').first().waitFor()
    await goTo(page, '/admin/campaigns')
    await page.getByRole('heading', { name: 'Campaigns', level: 1 }).waitFor()
    const ordered = await open('/risk?sort=createdAt')
    const first = ordered.page.locator('tbody tr').first()
    await ordered.page.getByText(`1–25 of ${entries}`).waitFor()
    expect(await first.textContent()).not.toContain('＝many-')
    await ordered.page.getByRole('columnheader', { name: 'Added' }).getByRole('button').click()
    await first.getByText(`＝many-${MORE - 1}`).waitFor()
    await goTo(ordered.page, '/admin/risk?page=40')
    await ordered.page.getByText(`126–${entries} of ${entries}`).waitFor()
    expect(unexpected([...troubles, ...ordered.troubles])).toEqual([])
  }, STORY_MS)

  it('a file has all rows and every column that is read back, shown or not, and is read back', async () => {
    const { page, troubles } = await open('/risk')
    await page.getByText(`1–25 of ${READ_AT_ONCE}`).waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Reason' }).click()
    await page.keyboard.press('Escape')
    const text = await csvOf(page)
    const { rows } = parseCsv(text)
    expect(rows[0]?.cells).toEqual(['value', 'subject', 'list', 'campaignId', 'reason', 'createdAt'])
    expect(rows).toHaveLength(1 + entries)
    const found = dryRun(text, null)
    expect([found.problems, found.entries.length]).toEqual([[], entries])
    expect(unexpected(troubles)).toEqual([])
  }, STORY_MS)

  it.each(['draws', 'awards'])('what is typed follows the address, back and forth: %s', async (tab) => {
    const { page, troubles } = await open(`/campaigns/${world.desk.id}/${tab}`)
    const box = page.getByRole('textbox', { name: 'Participant’s id', exact: true })
    await box.fill('user-1')
    await page.waitForURL(/participant=user-1/)
    await page.goBack()
    await page.waitForURL((url) => !url.search.includes('participant'))
    await page.waitForFunction(`document.querySelector('[data-search]').value === ''`)
    await page.goForward()
    await page.waitForFunction(`document.querySelector('[data-search]').value === 'user-1'`)
    expect(unexpected(troubles)).toEqual([])
  }, STORY_MS)

  it('offers no state that nothing leads to', async () => {
    const { page } = await open('/campaigns')
    await page.getByRole('combobox', { name: 'Status' }).click()
    await page.getByRole('option', { name: 'Live', exact: true }).waitFor()
    const offered = await page.getByRole('option').allTextContents()
    expect(offered).not.toEqual(expect.arrayContaining([expect.stringMatching(/review|archived/i)]))
  }, STORY_MS)
})

inBrowser('what can be taken back, and what is asked before it is lost', () => {
  it('a half-filled window of rules asks before it closes, and before its screen is left', async () => {
    const { page, troubles } = await open(`/campaigns/${world.ruled}/rules`)
    await page.getByRole('button', { name: 'Edit the limits' }).click()
    const field = page.getByRole('dialog', { name: 'Edit the limits' }).getByLabel('Draws of one participant', { exact: true })
    await field.fill('77')
    const question = page.getByRole('dialog', { name: 'Leave without saving?' })
    await page.keyboard.press('Escape')
    await question.waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    expect(await field.inputValue()).toBe('77')
    // As keys could, behind the window.
    await page.locator('nav a[href="/admin/risk"]').dispatchEvent('click')
    await question.getByRole('button', { name: 'Keep editing' }).click()
    await question.waitFor({ state: 'detached' })
    expect(await field.inputValue()).toBe('77')
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await question.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('dialog').first().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Edit the limits' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog').first().waitFor({ state: 'detached' })
    expect(unexpected(troubles)).toEqual([])
  }, STORY_MS)

  it('a pause, a switch and a disabled operator are taken back from their toasts, once the server has said so', async () => {
    const { page, troubles } = await open(`/campaigns/${world.ruled}`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('周年庆 Gala draw')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Gala draw\s*Paused/ }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('heading', { name: /Gala draw\s*Live/ }).waitFor()

    await goTo(page, '/admin/settings/features')
    await page.getByRole('button', { name: 'Switch off: Recent winners' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('A rush')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Back to automatic: Recent winners' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Taken back: A rush').waitFor()
    await page.getByRole('button', { name: 'Switch off: Recent winners' }).waitFor()

    await goTo(page, '/admin/operators')
    await page.getByRole('button', { name: 'Actions for Ana Lyst' }).click()
    await page.getByRole('menuitem', { name: 'Disable…' }).click()
    await page.getByRole('textbox', { name: /To confirm/ }).fill('Ana Lyst')
    await page.keyboard.press('Enter')
    const row = page.getByRole('row', { name: /Ana Lyst/ })
    await row.getByText('Disabled').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await row.getByText('Disabled').waitFor({ state: 'detached' })
    expect(unexpected(troubles)).toEqual([])
  }, STORY_MS)

  it('the way from a toast to the approval does not load the page anew', async () => {
    const { page } = await open('/risk/add')
    await page.getByRole('textbox', { name: 'One to a line' }).fill(['one', 'two', 'three', 'four'].join('\n'))
    await page.getByRole('textbox', { name: 'Reason' }).fill('Seen together')
    await page.evaluate('window.stays = true')
    await page.getByRole('button', { name: 'Add to the list' }).click()
    await page.getByRole('link', { name: 'Open the approval' }).click()
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Leave' }).click()
    await page.getByText('You asked for this, so another operator decides.').waitFor()
    expect(await page.evaluate('window.stays')).toBe(true)
  }, STORY_MS)
})
