import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { login } from '../../src/cli/rush/campaign.js'
import { ask, GraphqlClient } from '../../src/cli/rush/client.js'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { commandLine, isAlive, waitGone } from '../../src/platform/embedded/processes.js'
import { eventually, Start, temporaryFolder, type Pids } from '../embedded/harness.js'
import { openCrashCampaigns } from '../support/crash-campaigns.js'
import { asOwner } from '../support/database.js'
import { DrawLedger } from '../support/draw-ledger.js'
import { buildProduct, type ProductBuild } from '../support/product-build.js'
import { seed } from '../support/seed.js'
import { SteadyDraws } from '../support/steady-draws.js'
import { isLong } from './world/form.js'
import { expectKept, judge, type Verdict } from './world/judge.js'

type Victim = 'app' | 'redis' | 'postgres' | 'app that settles' | 'supervisor'
type Servers = Readonly<Record<'DATABASE_URL' | 'REDIS_URL' | 'SECRET_KEY', string>>
type Demo = Readonly<Record<'graphqlUrl' | 'adminGraphqlUrl' | 'apiKey' | 'operatorEmail' | 'operatorPassword', string>>

const VICTIMS: readonly Victim[] = ['app', 'redis', 'postgres', 'app that settles', 'supervisor']
/** How often each victim is killed: FAULT_ROUNDS=10 npm run test:faults. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? (isLong ? 3 : 1))
const CALLERS = 20
const USERS = 400
const BACK_MS_MAX = 60_000
const QUIET_MS = { least: 800, more: 1_700 }
const say = (line: string) => process.stderr.write(`crash: ${line}\n`)

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
  let verdict: Verdict

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
    verdict = await judge({ build, servers, admin, campaignIds, ledger, draws })
    say(verdict.summary)
  }

  beforeAll(async () => {
    try {
      await open()
      await play()
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

  it('keeps every promise: what was acknowledged is in Postgres, once, settled, with balanced books, and told the same again', () => {
    expectKept(verdict, 200)
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
