import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { GraphqlClient } from '../../src/cli/rush/client.js'
import { asOwner } from '../support/database.js'
import { buildProduct, type ProductBuild } from '../support/product-build.js'
import { eventually, Start, temporaryFolder } from './harness.js'

const PROCESSES = 2
const RATE = 200
const SECONDS = 10
const CALLERS = 24
const QUERY = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { outcome } } ... on DrawRejected { code } } }'

interface Demo { graphqlUrl: string; apiKey: string; campaignId: string; databaseUrl: string; pids: { app: number } }

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
  product = new Start(build.supervisor, folder.path, port, { API_PROCESSES: String(PROCESSES), METRICS_PORT: String(metricsPort), DEMO: '1' })
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

it('draws in several processes on one port, and adds up what they measure', async () => {
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

it('holds a tenant to one rate over all of them', async () => {
  await asOwner(demo.databaseUrl, (client) => client.query("UPDATE tenant SET draws_per_second_max = $1 WHERE slug = 'demo'", [RATE]))
  // Identities are believed for five seconds; then the second's worth that may come at once is used up, however long a busy machine takes.
  await drawFor(5_500)
  await eventually(async () => (await drawFor(500)).limited > 0, 30_000, 'the limit is met')
  const began = performance.now()
  const { admitted, limited, others } = await drawFor(SECONDS * 1_000)
  const perSecond = admitted / ((performance.now() - began) / 1_000)
  expect(others).toEqual([])
  expect(limited).toBeGreaterThan(0)
  expect(perSecond).toBeGreaterThan(RATE * 0.95)
  expect(perSecond).toBeLessThan(RATE * 1.05)
}, 60_000)

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
