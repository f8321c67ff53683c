import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export interface Visit {
  readonly page: Page
  /** What the page has told its console as an error, threw, asked of another origin, or wanted against its policy. */
  readonly troubles: string[]
  /** Paths within the dashboard's build of the scripts that came so far. */
  scripts(): string[]
  close(): Promise<void>
}

const WAIT_MS = 30_000
/** In the page, hence in words: it knows another world than this file. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + [event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber].join(' '))
})`

/** A browser of its own, as somebody just opened it. `scheme` and `language` are the system's. */
export async function visit(browser: Browser, origin: string, { scheme = 'light', language = 'en-GB' }: { scheme?: 'light' | 'dark'; language?: string } = {}): Promise<Visit> {
  const context: BrowserContext = await browser.newContext({
    colorScheme: scheme, locale: language, timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${message.type()}: ${message.text()}`) })
  page.on('pageerror', (error) => troubles.push(`threw: ${error.message}`))
  page.on('request', (request) => { if (!/^(?:data|blob):/.test(request.url()) && new URL(request.url()).origin !== origin) troubles.push(`asked ${request.url()}`) })
  const scripts = new Set<string>()
  // What is fetched ahead is no script yet to the browser, but came all the same.
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) scripts.add(pathname.replace(/^\/admin\//, ''))
  })
  await page.addInitScript(TELL_VIOLATIONS)
  return { page, troubles, scripts: () => [...scripts], close: () => context.close() }
}

/** As a link of the page would, without loading it anew. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`)
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']

/** Of its troubles those that are none of these statuses, which a browser itself tells its console: 401, as a stranger is asked who he is, and others. */
export const unexpected = (troubles: readonly string[], ...statuses: number[]): string[] =>
  troubles.filter((trouble) => ![401, ...statuses].some((status) => trouble.includes(`status of ${status} `)))

/** The rules that the page breaks, of these or of all, serious and critical ones, each with the first elements that do. */
export async function axe(page: Page, rules?: string[]): Promise<string[]> {
  // What another house has built stands in a frame.
  // All is told by one page: nothing of what passes, and no second page to add frames up.
  const builder = new AxeBuilder({ page }).exclude('iframe').options({ resultTypes: ['violations'] }).setLegacyMode()
  const { violations } = await (rules === undefined ? builder.withTags(TAGS) : builder.withRules(rules)).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`)
}

export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.locator('input[type=email]').fill(email)
  await page.locator('input[type=password]').fill(password)
  await page.keyboard.press('Enter')
}
