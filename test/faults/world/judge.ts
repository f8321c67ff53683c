import { execFile } from 'node:child_process'
import { expect } from '@jest/globals'
import type { GraphqlClient } from '../../../src/cli/rush/client.js'
import { auditBooks, type Books } from '../../../src/cli/rush/verify.js'
import { decodeDrawId } from '../../../src/common/draw-id.js'
import { asOwner } from '../../support/database.js'
import type { DrawLedger, LedgerEntry, Told } from '../../support/draw-ledger.js'
import type { ProductBuild } from '../../support/product-build.js'
import type { SteadyDraws } from '../../support/steady-draws.js'

type Row = Readonly<Record<'id' | 'key' | 'userId' | 'campaignId' | 'state' | 'outcome', string> & Record<'prizeId' | 'award', string | null>>

const REPEATED_MAX = 1_500
const SHOWN_MAX = 20
const AUDIT_TRIES_MAX = 10
/** How old a loss may be that was not yet settled (an app that is killed settles nothing until it is back, on a busy machine in a quarter of a minute), and how long its answer may have been on its way. */
const UNSETTLED_MS_MAX = 30_000
const CLOCK_MS = 1_000

/** What was played, and where its traces are. */
export interface Played {
  readonly build: ProductBuild
  readonly servers: Readonly<Record<'DATABASE_URL' | 'REDIS_URL' | 'SECRET_KEY', string>>
  readonly admin: GraphqlClient
  readonly campaignIds: readonly string[]
  readonly ledger: DrawLedger
  readonly draws: SteadyDraws
  /** When Redis lost what it had not yet given to Postgres, by Date.now(). */
  readonly redisLostAtMs?: readonly number[]
}

export interface Verdict {
  /** Keys that never had an answer. */
  readonly unanswered: readonly LedgerEntry[]
  /** Answers that no caller should ever have seen. */
  readonly surprises: readonly string[]
  /** Keys that were answered differently when they were asked again. */
  readonly changed: readonly LedgerEntry[]
  /** Where the table is not what was acknowledged. */
  readonly wrongRows: readonly string[]
  readonly rows: number
  readonly acknowledged: number
  /** Acknowledged losses that Redis lost before they were settled (docs/guarantees.md, limit A) and that were drawn again, or not asked for again. */
  readonly redrawn: number
  readonly books: readonly Books[]
  /** What `npm run audit --strict` complains of. */
  readonly audit: string
  /** One line for people. */
  readonly summary: string
}

/** An acknowledged draw as its row must be. */
const asRow = (told: Told | undefined) => told?.kind === 'DRAWN' ? `${decodeDrawId(told.id)?.snowflake} ${told.outcome} ${told.prizeId}` : told?.code

/**
 * Ends the draws and holds the callers' ledger against the table, the books and I1 to I9. The faults must be healed: all is
 * waited for, a minute at most.
 */
export async function judge({ build, servers, admin, campaignIds, ledger, draws, redisLostAtMs = [] }: Played): Promise<Verdict> {
  await draws.stop()
  // What was unknown at some time first, and as many of the others as there is time for.
  const asked = [...(await ledger.read()).values()].filter(({ told }) => told?.kind === 'DRAWN').sort((a, b) => b.unknown.length - a.unknown.length)
  await draws.repeat(asked.slice(0, REPEATED_MAX))
  const books: Books[] = []
  for (const id of campaignIds) books.push(await auditBooks(admin, id, draws.lastAnswerAt))
  const entries = await ledger.read()
  const rows = await readRows(servers.DATABASE_URL, campaignIds)
  const all = [...entries.values()]
  const mayBeLost = ({ told, toldAtMs }: LedgerEntry) => told?.kind === 'DRAWN' && told.outcome === 'LOST'
    && redisLostAtMs.some((atMs) => toldAtMs <= atMs + CLOCK_MS && toldAtMs > atMs - UNSETTLED_MS_MAX)
  const inTable = new Map(rows.map((row) => [row.key, asText(row)]))
  const redrawn = new Set(all.filter((entry) => mayBeLost(entry) && asRow(entry.told) !== inTable.get(entry.key)))
  return {
    unanswered: all.filter(({ told }) => told === undefined),
    surprises: [...draws.surprises],
    changed: all.filter((entry) => entry.differences.length > 0 && !redrawn.has(entry)),
    wrongRows: compare(entries, rows, redrawn),
    rows: rows.length,
    redrawn: redrawn.size,
    acknowledged: all.filter(({ told }) => told?.kind === 'DRAWN').length,
    books,
    audit: await strictAudit(build, servers),
    summary: `${summaryOf(all)}; ${redrawn.size} losses were lost with Redis`,
  }
}

const asText = ({ id, outcome, prizeId }: Row) => `${id} ${outcome} ${prizeId}`

/** Every promise was kept, over at least so many draws. */
export function expectKept(verdict: Verdict, drawsMin: number): void {
  const { unanswered, surprises, changed, wrongRows, rows, books, audit } = verdict
  expect(unanswered.slice(0, SHOWN_MAX)).toEqual([])
  expect(surprises).toEqual([])
  expect(changed.slice(0, SHOWN_MAX)).toEqual([])
  expect({ count: wrongRows.length, first: wrongRows.slice(0, SHOWN_MAX) }).toEqual({ count: 0, first: [] })
  for (const book of books) expect(book).toMatchObject({ balanced: true, unsettled: 0, violations: [] })
  for (const { settlementLagMs } of books) expect(settlementLagMs).not.toBeNull()
  expect(books.reduce((sum, book) => sum + book.draws, 0)).toBe(rows)
  expect(audit).toBe('')
  expect(rows).toBeGreaterThan(drawsMin)
}

async function readRows(databaseUrl: string, campaignIds: readonly string[]): Promise<Row[]> {
  const query = `SELECT d.id::text, d.idempotency_key AS key, d.participant_id AS "userId", d.campaign_id AS "campaignId", d.state::text, d.outcome::text,
      d.prize_id AS "prizeId", a.prize_id AS award
    FROM draw d LEFT JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id WHERE d.campaign_id = ANY($1::uuid[])`
  return asOwner(databaseUrl, async (client) => (await client.query<Row>(query, [campaignIds])).rows)
}

function compare(entries: ReadonlyMap<string, LedgerEntry>, rows: readonly Row[], redrawn: ReadonlySet<LedgerEntry>): string[] {
  const wrong: string[] = []
  const missing = new Map([...entries].filter(([, entry]) => entry.told?.kind === 'DRAWN'))
  for (const row of rows) {
    const { key, prizeId } = row
    const entry = entries.get(key)
    const inTable = asText(row)
    // What was drawn anew must be there as it was told then.
    const told = asRow(entry !== undefined && redrawn.has(entry) ? entry.last : entry?.told)
    if (!missing.delete(key)) wrong.push(`${key}: ${inTable} is there a second time, or the answer was another (${told})`)
    else if (told !== inTable) wrong.push(`${key}: was told ${told}, in the table is ${inTable}`)
    else if (entry?.userId !== row.userId || entry.campaignId !== row.campaignId) wrong.push(`${key}: of ${entry?.userId}, in the table of ${row.userId}`)
    else if (row.award !== prizeId || row.state !== 'SETTLED') wrong.push(`${key}: ${row.state}, won ${prizeId}, awarded ${row.award}`)
  }
  for (const [key, entry] of missing) {
    if (!redrawn.has(entry) || entry.differences.length > 0) wrong.push(`${key}: was told ${asRow(entry.last)}, and is not in the table`)
  }
  return wrong
}

/** Change events reach their consumers a little later than the rows are settled. */
async function strictAudit(build: ProductBuild, servers: Played['servers']): Promise<string> {
  const env = { ...process.env, ...servers, NODE_ENV: 'development' }
  const audit = () => new Promise<string>((resolve) => {
    execFile(process.execPath, [build.command('audit'), '--strict'], { env, timeout: 30_000 }, (error, out, err) => { resolve(error === null ? '' : out + err) })
  })
  let said = 'nothing'
  for (let attempt = 0; attempt < AUDIT_TRIES_MAX && said !== ''; attempt++) said = await audit()
  return said
}

function summaryOf(entries: readonly LedgerEntry[]): string {
  const count = (names: readonly string[]) => {
    const counts = new Map<string, number>()
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return [...counts].map(([name, n]) => `${n} ${name}`).join(', ')
  }
  const outcomes = entries.map(({ told }) => (told === undefined ? 'unanswered' : told.kind === 'DRAWN' ? told.outcome : told.code))
  const repeats = entries.reduce((sum, entry) => sum + entry.repeats, 0)
  return `${entries.length} keys: ${count(outcomes)}; ${repeats} repeats; unknown at first: ${count(entries.flatMap(({ unknown }) => unknown))}`
}
