import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { login } from '../../src/cli/rush/campaign.js'
import { ask, GraphqlClient } from '../../src/cli/rush/client.js'
import { auditBooks, type Books } from '../../src/cli/rush/verify.js'
import { decodeDrawId } from '../../src/common/draw-id.js'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { commandLine, isAlive, waitGone } from '../../src/platform/embedded/processes.js'
import { eventually, Start, temporaryFolder, type Pids } from '../embedded/harness.js'
import { openCrashCampaigns } from '../support/crash-campaigns.js'
import { asOwner } from '../support/database.js'
import { DrawLedger, type LedgerEntry, type Told } from '../support/draw-ledger.js'
import { buildProduct, type ProductBuild } from '../support/product-build.js'
import { seed } from '../support/seed.js'
import { SteadyDraws } from '../support/steady-draws.js'

type Victim = 'app' | 'redis' | 'postgres' | 'app that settles' | 'supervisor'
type Servers = Readonly<Record<'DATABASE_URL' | 'REDIS_URL' | 'SECRET_KEY', string>>
type Demo = Readonly<Record<'graphqlUrl' | 'adminGraphqlUrl' | 'apiKey' | 'operatorEmail' | 'operatorPassword', string>>
type Row = Readonly<Record<'id' | 'key' | 'userId' | 'campaignId' | 'state' | 'outcome', string> & Record<'prizeId' | 'award', string | null>>

const VICTIMS: readonly Victim[] = ['app', 'redis', 'postgres', 'app that settles', 'supervisor']
/** How often each victim is killed. One round is for every day, more for a longer look: FAULT_ROUNDS=10 npm run test:faults. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1)
const CALLERS = 20
const USERS = 400
const BACK_MS_MAX = 60_000
const QUIET_MS = { least: 800, more: 1_700 }
const REPEATED_MAX = 1_500
const say = (line: string) => process.stderr.write(`crash: ${line}\n`)

/** An acknowledged draw as its row must be. */
const asRow = (told: Told | undefined) => told?.kind === 'DRAWN' ? `${decodeDrawId(told.id)?.snowflake} ${told.outcome} ${told.prizeId}` : told?.code

describe('kill -9 of everything in turn, under steady draws', () => {
  const random = seed('crash')
  // Drawn before anything runs: the callers' use of the generator depends on how fast the machine is.
  const plan = Array.from({ length: ROUNDS }, () => VICTIMS).flat()
    .map((victim) => ({ victim, afterMs: QUIET_MS.least + random.int(QUIET_MS.more) }))
  const seen = new Set<number>()
  let build: ProductBuild
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let port: number
  let metricsPort: number
  let running: Start
  let servers: Servers
  let admin: GraphqlClient
  let ledger: DrawLedger
  let draws: SteadyDraws
  let campaignIds: string[]
  let books: Books[]
  let entries: Map<string, LedgerEntry>
  let rows: Row[]

  const dataFile = (name: string) => readFile(join(folder.path, 'data', name), 'utf8')

  async function start(): Promise<void> {
    running = new Start(build.supervisor, join(folder.path, 'data'), port, { METRICS_PORT: String(metricsPort), LOG_LEVEL: 'info' })
    note(await running.ready(BACK_MS_MAX))
  }

  function note(pids: Pids): void {
    for (const pid of [running.child.pid, pids.app, pids.postgres, pids.redis]) if (pid != null) seen.add(pid)
  }

  const newPid = (name: keyof Pids, old: number) => eventually(async () => {
    const pids = await running.pids()
    const pid = pids?.[name]
    if (pids === undefined || pid == null || pid === old || !(await isAlive(pid))) return false
    note(pids)
    return true
  }, BACK_MS_MAX, `${name} is back; the supervisor said:\n${running.output}`)

  /** Resolves when draws are answered by what took the victim's place; returns how long that took. */
  async function strike(victim: Victim): Promise<number> {
    const pids = await running.pids()
    if (pids === undefined) throw new Error('demo.json is gone')
    note(pids)
    if (victim === 'app that settles') {
      await asOwner(servers.DATABASE_URL, (client) => eventually(
        async () => (await client.query("SELECT FROM draw WHERE state <> 'SETTLED' LIMIT 1")).rowCount === 1, 10_000, 'something is being settled'))
    }
    const began = performance.now()
    if (victim === 'supervisor') {
      running.child.kill('SIGKILL')
      await running.ended
      await start()
      say(`the next start took ${(performance.now() - began).toFixed(0)} ms, and said: ${running.output.split('\n').slice(0, 6).join(' | ')}`)
    } else {
      const name = victim === 'app that settles' ? 'app' : victim
      const pid = pids[name]
      if (pid == null) throw new Error(`demo.json does not name the pid of ${name}`)
      process.kill(pid, 'SIGKILL')
      await newPid(name, pid)
    }
    const since = performance.now()
    const left = BACK_MS_MAX - (since - began)
    await eventually(async () => draws.winsEverywhere(since), left, `draws are answered again after kill -9 of the ${victim}`)
    return performance.now() - began
  }

  async function readRows(): Promise<Row[]> {
    const query = `SELECT d.id::text, d.idempotency_key AS key, d.participant_id AS "userId", d.campaign_id AS "campaignId", d.state::text, d.outcome::text,
        d.prize_id AS "prizeId", a.prize_id AS award
      FROM draw d LEFT JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id WHERE d.campaign_id = ANY($1::uuid[])`
    return asOwner(servers.DATABASE_URL, async (client) => (await client.query<Row>(query, [campaignIds])).rows)
  }

  async function open(): Promise<void> {
    build = await buildProduct()
    folder = await temporaryFolder()
    port = await choosePort(undefined)
    metricsPort = await choosePort(undefined, [port])
    await start()
    servers = JSON.parse(await dataFile('servers.json')) as Servers
    const demo = JSON.parse(await dataFile('demo.json')) as Demo
    const door = new GraphqlClient(demo.adminGraphqlUrl, {}, 1)
    const token = await login(door, { email: demo.operatorEmail, password: demo.operatorPassword })
    door.close()
    admin = new GraphqlClient(demo.adminGraphqlUrl, { authorization: `Bearer ${token}` }, 1)
    campaignIds = await openCrashCampaigns(admin)
    ledger = await DrawLedger.create(join(folder.path, 'ledger'))
    draws = new SteadyDraws({
      graphqlUrl: demo.graphqlUrl, apiKey: demo.apiKey, campaignIds, users: USERS * ROUNDS, callers: CALLERS, ledger, seed: random,
    })
  }

  async function play(): Promise<void> {
    draws.start()
    await eventually(async () => draws.winsEverywhere(0), BACK_MS_MAX, 'the first draws are answered')
    for (const { victim, afterMs } of plan) {
      await sleep(afterMs)
      say(`kill -9 of the ${victim} after ${afterMs} ms: draws answered again in ${(await strike(victim)).toFixed(0)} ms`)
    }
    await sleep(QUIET_MS.least)
    await draws.stop()
    books = []
    for (const id of campaignIds) books.push(await auditBooks(admin, id, draws.lastAnswerAt))
    // What was unknown at some time first, and as many of the others as there is time for.
    const asked = [...(await ledger.read()).values()].filter(({ told }) => told?.kind === 'DRAWN').sort((a, b) => b.unknown.length - a.unknown.length)
    await draws.repeat(asked.slice(0, REPEATED_MAX))
    entries = await ledger.read()
    rows = await readRows()
  }

  function summary(): void {
    const all = [...entries.values()]
    const reasons = new Map<string, number>()
    for (const reason of all.flatMap(({ unknown }) => unknown)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    const outcomes = new Map<string, number>()
    for (const { told } of all) {
      const outcome = told === undefined ? 'unanswered' : told.kind === 'DRAWN' ? told.outcome : told.code
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    const list = (counts: Map<string, number>) => [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
    say(`${all.length} keys: ${list(outcomes)}; ${all.reduce((sum, { repeats }) => sum + repeats, 0)} repeats; unknown at first: ${list(reasons)}`)
  }

  beforeAll(async () => {
    try {
      await open()
      await play()
      summary()
    } catch (error) {
      say(`the supervisor said:\n${running?.output ?? 'nothing'}`)
      const log = folder === undefined ? '' : await dataFile('logs/app.log').catch(() => '')
      say(`the end of the app's log:\n${log.slice(-4_000)}`)
      throw error
    }
  }, 240_000 * ROUNDS)
  afterAll(async () => {
    await draws?.stop().catch(() => undefined)
    draws?.close()
    admin?.close()
    await running?.stop()
    await ledger?.close()
    await folder?.remove()
    await build?.remove()
  }, 150_000)

  it('answers every key in the end, and never says what a caller should not see', () => {
    expect([...entries.values()].filter(({ told }) => told === undefined).slice(0, 20)).toEqual([])
    expect([...draws.surprises]).toEqual([])
  })

  it('answers a key the same whenever it is asked again', () => {
    expect([...entries.values()].filter(({ differences }) => differences.length > 0).slice(0, 20)).toEqual([])
  })

  it('has every acknowledged draw in Postgres as it was acknowledged, settled, under its key once, and no other', () => {
    const wrong: string[] = []
    const missing = new Map([...entries].filter(([, { told }]) => told?.kind === 'DRAWN'))
    for (const { key, id, outcome, prizeId, ...row } of rows) {
      const entry = entries.get(key)
      const inTable = `${id} ${outcome} ${prizeId}`
      const told = asRow(entry?.told)
      if (!missing.delete(key)) wrong.push(`${key}: ${inTable} is there a second time, or the answer was another (${told})`)
      else if (told !== inTable) wrong.push(`${key}: was told ${told}, in the table is ${inTable}`)
      else if (entry?.userId !== row.userId || entry.campaignId !== row.campaignId) wrong.push(`${key}: of ${entry?.userId}, in the table of ${row.userId}`)
      else if (row.award !== prizeId || row.state !== 'SETTLED') wrong.push(`${key}: ${row.state}, won ${prizeId}, awarded ${row.award}`)
    }
    for (const [key, { told }] of missing) wrong.push(`${key}: was told ${asRow(told)}, and is not in the table`)
    expect({ count: wrong.length, first: wrong.slice(0, 20) }).toEqual({ count: 0, first: [] })
    expect(rows.length).toBeGreaterThan(500)
  })

  it('settles everything within a minute, with balanced books, consumers included', async () => {
    for (const [n, { settlementLagMs, ...audit }] of books.entries()) {
      say(`books of ${campaignIds[n]}: ${audit.draws} draws, settled ${settlementLagMs?.toFixed(0)} ms after the last answer`)
      const settled = rows.filter(({ campaignId }) => campaignId === campaignIds[n]).length
      expect(audit).toMatchObject({ balanced: true, unsettled: 0, violations: [], draws: settled })
      expect(settlementLagMs).not.toBeNull()
    }
    const { DATABASE_URL, REDIS_URL, SECRET_KEY } = servers
    const env = { ...process.env, DATABASE_URL, REDIS_URL, SECRET_KEY, NODE_ENV: 'development' }
    const audit = () => new Promise<string>((resolve) => {
      execFile(process.execPath, [build.command('audit'), '--strict'], { env, timeout: 30_000 }, (error, out, err) => { resolve(error === null ? '' : out + err) })
    })
    let said = 'nothing'
    for (let attempt = 0; attempt < 10 && said !== ''; attempt++) said = await audit()
    expect(said).toBe('')
  })

  it('has its campaigns live, and the pids that demo.json names', async () => {
    for (const id of campaignIds) {
      const { campaign } = await ask<{ campaign: { status: string } }>(admin, 'query ($id: ID!) { campaign(id: $id) { status } }', { id })
      expect(campaign.status).toBe('ACTIVE')
    }
    const pids = (await running.pids())!
    expect(await commandLine(pids.app!)).toContain(`--data-dir=${join(folder.path, 'data')}`)
    expect(Number((await dataFile('postgres/postmaster.pid')).split('\n')[0])).toBe(pids.postgres)
    const redis = new Redis(servers.REDIS_URL, { maxRetriesPerRequest: 1 })
    try {
      expect(await redis.info('server')).toContain(`process_id:${pids.redis}\r\n`)
    } finally {
      redis.disconnect()
    }
  })

  it('leaves no process behind when it is stopped', async () => {
    expect(await running.stop()).toBe(0)
    for (const pid of seen) expect([pid, await waitGone(pid, 10_000)]).toEqual([pid, true])
    if (process.platform !== 'linux') return
    const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const left = (await Promise.all(all.map(commandLine))).filter((command) => command.includes(folder.path))
    expect(left).toEqual([])
  })
})
