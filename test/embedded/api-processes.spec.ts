import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { GraphqlClient } from '../../src/cli/rush/client.js'
import { asOwner } from '../support/database.js'
import { bearer } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { newSigningKey, participantToken } from '../support/tenancy.js'
import { buildProduct, type ProductBuild } from '../support/product-build.js'
import { eventually, Start, temporaryFolder } from './harness.js'

/** Of three cores, all but one: what `auto` is to mean. */
const PROCESSES = 2
const THREE_CORES = `--import=${pathToFileURL(join(process.cwd(), 'test/embedded/fixtures/three-cores.mjs')).href}`
const CALLERS = 24
/** Of each limit, draws a second; what devices may is the installation's default. */
const RATES = { INSTALLATION: 240, TENANT: 60, VIP: 60, API_KEY: 40, ADDRESS: 5, PARTICIPANT: 5 } as const
type Limit = keyof typeof RATES
const EXACT = 0.05
/** What may come at once is used up by then, and identities are no longer believed as they were (5 s). */
const BURST_SECONDS = 7
const SECONDS = 20
/** Of each limit; how many times its rate they ask for together. */
const CALLERS_OF_ONE = 8
const OFFERED = 3
const LATE_MS = 100
const LATE_SHARE_MAX = 0.05
const QUERY = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { outcome } } ... on DrawRejected { code } } }'

interface Tenant { apiKey: string; campaignId: string; tenantSlug: string; operatorEmail: string; operatorPassword: string }
interface Demo extends Tenant { graphqlUrl: string; adminGraphqlUrl: string; databaseUrl: string; other: Tenant; pids: { app: number } }

const LIMITS = { DRAWS_PER_SECOND_MAX: String(RATES.INSTALLATION), TRUST_PROXY: '1' }

let build: ProductBuild
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let product: Start
let metricsPort: number
let demo: Demo
let keys = 0

beforeAll(async () => {
  build = await buildProduct()
  folder = await temporaryFolder()
  const port = await choosePort(undefined)
  metricsPort = await choosePort(undefined, [port])
  product = new Start(build.supervisor, folder.path, port, { API_PROCESSES: 'auto', NODE_OPTIONS: THREE_CORES, METRICS_PORT: String(metricsPort), DEMO: '1', ...LIMITS })
  await product.ready()
  await eventually(async () => product.output.includes('Ctrl-C stops everything.'), 60_000, 'the welcome')
  demo = JSON.parse(await readFile(join(folder.path, 'demo.json'), 'utf8')) as Demo
}, 180_000)

afterAll(async () => {
  await product?.stop()
  await build?.remove()
  await folder?.remove()
}, 60_000)

/** The children of the process that the supervisor knows. */
async function apiPids(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(pids.map(async (pid) => [Number(pid), await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')] as const))
  return stats.filter(([, stat]) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === demo.pids.app).map(([pid]) => pid)
}

const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
const value = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
const bodyOf = () => JSON.stringify({ query: QUERY, variables: { input: { campaignId: demo.campaignId, userId: `user-${keys % 5_000}`, idempotencyKey: `processes-${keys++}` } } })

/** Connections are spread over the processes: each caller has one of its own. */
async function drawFor(ms: number): Promise<{ admitted: number; limited: number; others: string[] }> {
  const told = { admitted: 0, limited: 0, others: [] as string[] }
  const until = performance.now() + ms
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    const client = new GraphqlClient(demo.graphqlUrl, { 'x-api-key': demo.apiKey }, 1)
    while (performance.now() < until) {
      const { status, errors } = await client.send(bodyOf())
      if (status === 200) told.admitted++
      else if (errors[0]?.extensions?.code === 'RATE_LIMITED') told.limited++
      else told.others.push(`${status} ${errors[0]?.extensions?.code}`)
    }
    client.close()
  }))
  return told
}

it('starts as many as `auto` says, draws in all of them on one port, and adds up what they measure', async () => {
  expect(await apiPids()).toHaveLength(PROCESSES)
  const { admitted, others } = await drawFor(1_500)
  expect(others).toEqual([])
  expect(admitted).toBeGreaterThan(20)
  const text = await metrics()
  // Of the children, by the process that answers none of it itself.
  expect(value(text, /^drawbridge_http_requests_total\{[^}]*route="\/graphql"[^}]*\} (\d+)/gm)).toBeGreaterThanOrEqual(admitted)
  const begun = value(text, /^drawbridge_draws_begun_total\{[^}]*\} (\d+)/gm)
  expect(begun).toBe(admitted)
  await eventually(async () => value(await metrics(), /^drawbridge_settled_draws_total (\d+)/gm) >= admitted, 20_000, 'the draws are settled')
}, 60_000)

/** Who comes so often that the limit is what holds them. */
interface Caller { readonly headers: Record<string, string>; readonly input: () => object }
interface Crowd { readonly perSecond: number; readonly callers: readonly Caller[] }

interface Admitted {
  readonly perSecond: Map<Limit, number>
  /** Whether the callers came when they meant to: where the machine is too busy for it, nobody can tell whether they were let in too rarely. */
  readonly onTime: boolean
}

/** What each is told in so many seconds, all at the same time: how many draws a second of it were let in. */
async function admittedOf(crowds: ReadonlyMap<Limit, Crowd>, seconds: number): Promise<Admitted> {
  const admitted = new Map([...crowds.keys()].map((limit) => [limit, 0]))
  const came = { all: 0, late: 0 }
  const began = performance.now()
  await Promise.all([...crowds].flatMap(([limit, { perSecond, callers }]) => callers.map(async ({ headers, input }, n) => {
    const everyMs = callers.length * 1_000 / (perSecond * OFFERED)
    const client = new GraphqlClient(demo.graphqlUrl, headers, 1)
    for (let at = began + everyMs * n / callers.length; at < began + seconds * 1_000; at += everyMs) {
      await sleep(Math.max(0, at - performance.now()))
      came.all++
      if (performance.now() - at > LATE_MS) came.late++
      const variables = { input: { idempotencyKey: `rate-${keys++}`, ...input() } }
      const { status, errors } = await client.send(JSON.stringify({ query: QUERY, variables }))
      if (status === 200) admitted.set(limit, admitted.get(limit)! + 1)
      else expect(errors[0]?.extensions?.code).toBe('RATE_LIMITED')
    }
    client.close()
  })))
  const took = (performance.now() - began) / 1_000
  const perSecond = new Map([...admitted].map(([limit, count]) => [limit, count / took]))
  return { perSecond, onTime: came.late <= came.all * LATE_SHARE_MAX }
}

/** Callers of one limit each, which is far below every other that holds for them. */
async function crowds(): Promise<Map<Limit, Crowd>> {
  const { operatorEmail: email, operatorPassword: password, campaignId, tenantSlug, apiKey, other } = demo
  const mutation = 'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }'
  const { login } = await gqlData<{ login: { token: string } }>(demo.adminGraphqlUrl, mutation, { email, password })
  const admin = <T>(query: string, variables: object) => gqlData<T>(demo.adminGraphqlUrl, query, { ...variables }, bearer(login.token))
  const created = await admin<{ createApiKey: { secret: string } }>(
    'mutation ($max: Int) { createApiKey(name: "Limited", drawsPerSecondMax: $max) { secret } }', { max: RATES.API_KEY })
  const signing = newSigningKey('ES256')
  await admin('mutation ($jwk: String!) { registerParticipantKey(kid: "rates", algorithm: "ES256", publicJwk: $jwk) { id } }', { jwk: signing.publicJwk })
  const device = async (sub: string, address: string) =>
    ({ ...bearer(await participantToken(signing, 'rates', tenantSlug, { sub })), 'x-forwarded-for': address })
  await asOwner(demo.databaseUrl, (client) => client.query('UPDATE tenant SET draws_per_second_max = $1 WHERE slug = $2', [RATES.TENANT, other.tenantSlug]))
  const each = <T>(make: (n: number) => T) => Array.from({ length: CALLERS_OF_ONE }, (_, n) => make(n))
  const ofServer = (key: string, more: object) =>
    each(() => ({ headers: { 'x-api-key': key }, input: () => ({ userId: `rate-${keys % 1_000}`, ...more }) }))
  const ofDevices = (all: ReadonlyArray<Record<string, string>>) => all.map((headers) => ({ headers, input: () => ({ campaignId }) }))
  const callers: Record<Limit, Crowd['callers']> = {
    TENANT: ofServer(other.apiKey, { campaignId: other.campaignId }),
    VIP: ofServer(other.apiKey, { campaignId: other.campaignId, participant: { tier: 'VIP' } }),
    API_KEY: ofServer(created.createApiKey.secret, { campaignId }),
    ADDRESS: ofDevices(await Promise.all(each((n) => device(`neighbour-${n}`, '198.51.100.1')))),
    PARTICIPANT: ofDevices(await Promise.all(each((n) => device('ada', `203.0.113.${n}`)))),
    INSTALLATION: [...ofServer(apiKey, { campaignId }), ...ofServer(apiKey, { campaignId })],
  }
  return new Map((Object.keys(callers) as Limit[]).map((limit) => [limit, { perSecond: RATES[limit], callers: callers[limit] }]))
}

describe('over all of them, what is let in', () => {
  let perSecond: Map<Limit, number>
  let onTime: boolean
  beforeAll(async () => {
    const all = await crowds()
    const installation = new Map([['INSTALLATION', all.get('INSTALLATION')!] as const])
    all.delete('INSTALLATION')
    await admittedOf(all, BURST_SECONDS)
    const narrow = await admittedOf(all, SECONDS)
    await admittedOf(installation, BURST_SECONDS / 2)
    const wide = await admittedOf(installation, SECONDS / 2)
    perSecond = new Map([...narrow.perSecond, ...wide.perSecond])
    onTime = narrow.onTime && wide.onTime
    process.stderr.write(`rates: ${JSON.stringify(Object.fromEntries(perSecond))}${onTime ? '' : ', by callers who came late: too busy to tell who was let in too rarely'}\n`)
  }, 180_000)

  it.each(Object.entries(RATES) as ReadonlyArray<[Limit, number]>)('is one rate within a twentieth: %s, %i a second', (limit, rate) => {
    if (onTime) expect(perSecond.get(limit)).toBeGreaterThan(rate * (1 - EXACT))
    expect(perSecond.get(limit)).toBeLessThan(rate * (1 + EXACT))
  })

  it('was refused by the limit that is meant, each', async () => {
    const text = await metrics()
    const refused = (Object.keys(RATES) as Limit[]).filter((limit) =>
      value(text, new RegExp(`^drawbridge_rate_limited_total\\{limit="${limit.toLowerCase()}"\\} (\\d+)`, 'gm')) > 0)
    expect(refused).toEqual(Object.keys(RATES))
  })
})

it('starts another where one is killed, and answers meanwhile', async () => {
  const before = await apiPids()
  process.kill(before[0]!, 'SIGKILL')
  await eventually(async () => {
    const now = await apiPids()
    return now.length === PROCESSES && !now.includes(before[0]!)
  }, 30_000, 'another process')
  await eventually(async () => product.output.includes('An API process has ended'), 5_000, 'the supervisor says so')
  expect((await drawFor(500)).admitted).toBeGreaterThan(0)
}, 60_000)

it('ends with all of them', async () => {
  const all = [...(await apiPids()), demo.pids.app]
  expect(await product.stop()).toBe(0)
  for (const pid of all) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 60_000)
