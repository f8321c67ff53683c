import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemContext } from '../src/common/context.js'
import type { ParticipantFacts } from '../src/common/participant-facts.js'
import { DrawService } from '../src/modules/draws/draw.service.js'
import { TicketService } from '../src/modules/draws/ticket.service.js'
import { RedisService } from '../src/platform/redis/redis.service.js'
import { Metrics } from '../src/platform/telemetry/metrics.js'
import { visitsBetween, visitsIn } from '../src/cli/rush/visits.js'
import { bootApp, type TestApp } from '../test/support/app.js'
import { bearer, CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign, type TestCampaignInput } from '../test/support/fixtures.js'
import { gqlData } from '../test/support/gql.js'
import { enterStack, startStack } from '../test/support/stack.js'
import { EVERY_RULE, PLAIN, type Settings, SHARED_WINDOWS, WINDOWS } from './campaigns.js'
import { type Cost, measure, median, medianCost } from './measure.js'

const RATIO_MAX = 1.25
const ROUNDS = 9
const DRAWS_PER_ROUND = 3_000
const DRAWS_TO_WARM_UP = 6_000
const IN_FLIGHT = 32
const USERS = 500
const TICKETS = 1_000_000
const SALE_STOCK = 200
const SALE_DRAWS = 5_000

/** What the rules of EVERY_RULE ask for. */
const FACTS: ParticipantFacts = { tier: 'gold', riskPool: null, segments: ['new', 'vip'], attributes: new Map([['level', 7]]) }

interface Live { readonly tenantId: string; readonly id: string }

/** A tenant of its own with the campaign, the velocity rules and some lists. */
async function open(app: TestApp, settings: Settings, rules: readonly object[]): Promise<Live> {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const campaign = await moveCampaign(app, token, 'publish', await createCampaign(app, token, settings as Partial<TestCampaignInput>))
  const admin = (query: string, variables: Record<string, unknown>) => gqlData(app.adminGraphqlUrl, query, variables, bearer(token))
  if (rules.length > 0) {
    await admin('mutation ($id: ID, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { subject } }', { id: campaign.id, rules })
    const entry = (value: string) => ({ list: 'BLOCK', subject: 'PARTICIPANT', value, reason: 'bench' })
    await admin('mutation ($inputs: [RiskEntryInput!]!) { addRiskEntries(inputs: $inputs) { added } }', {
      inputs: Array.from({ length: 1_000 }, (_, n) => entry(`blocked-${n}`)),
    })
  }
  if (settings.requiresTickets === true) {
    const tickets = app.app.get(TicketService, { strict: false })
    for (let user = 0; user < USERS; user++) {
      await tickets.grant(systemContext(tenant.tenantId, 'bench'), {
        campaignId: campaign.id, userId: `user-${user}`, amount: TICKETS, reason: 'bench', idempotencyKey: 'grant', expiresAt: null,
      })
    }
  }
  return { tenantId: tenant.tenantId, id: campaign.id }
}

/** Draws of one campaign after the other; every one must be accepted, or refused as `code` says. */
function drawing(app: TestApp, { tenantId, id }: Live, code: string | null = null) {
  const prefix = code ?? 'key'
  const draws = app.app.get(DrawService, { strict: false })
  const ctx = systemContext(tenantId, 'bench')
  let key = 0
  return async (n: number) => {
    const userId = `user-${n % USERS}`
    const given = { campaignId: id, userId, idempotencyKey: `${prefix}-${key++}`, count: 1, deviceId: `device-${n % USERS}`, ip: `198.51.100.${n % 250}`, facts: FACTS }
    const answer = await draws.draw(ctx, given)
    const told = answer.kind === 'rejected' ? answer.code : null
    if (told !== code) throw new Error(`A draw was answered with ${told ?? 'draws'}`)
  }
}

async function compare(app: TestApp, lives: ReadonlyMap<string, Live>): Promise<Map<string, Cost[]>> {
  const { client } = app.app.get(RedisService, { strict: false })
  const players = [...lives].map(([name, live]) => ({ name, draw: drawing(app, live), costs: [] as Cost[] }))
  for (const { draw } of players) await measure(client, DRAWS_TO_WARM_UP, IN_FLIGHT, draw)
  for (let round = 0; round < ROUNDS; round++) {
    // In turn, and the first last every other time: whatever else the machine does meets all of them.
    const order = round % 2 === 0 ? players : players.toReversed()
    for (const { draw, costs } of order) costs.push(await measure(client, DRAWS_PER_ROUND, IN_FLIGHT, draw))
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
  }
  return new Map(players.map(({ name, costs }) => [name, costs]))
}

async function soldOut(app: TestApp): Promise<string> {
  const prizes = [{ name: 'Last', probabilityPpb: CERTAIN_PPB, stockTotal: SALE_STOCK }]
  const live = await open(app, { mechanic: 'FLASH_SALE', durability: 'FAST', bucketCount: 8, prizes }, [])
  const { client } = app.app.get(RedisService, { strict: false })
  const { registry } = app.app.get(Metrics, { strict: false })
  await measure(client, SALE_STOCK, IN_FLIGHT, drawing(app, live))
  const refused = drawing(app, live, 'SOLD_OUT')
  const phase = async (): Promise<string> => {
    const before = visitsIn(await registry.metrics())
    const { wallMicros } = await measure(client, SALE_DRAWS, IN_FLIGHT, refused)
    const visits = visitsBetween(before, visitsIn(await registry.metrics()))
    if (visits === null) throw new Error('The visits were not counted')
    return `${visits.made} visits to Redis, ${visits.saved.get('sold_out') ?? 0} saved, ${wallMicros.toFixed(1)} µs a draw`
  }
  return [
    `The first ${SALE_DRAWS} draws of a campaign that is sold out, while its accepted draws are read: ${await phase()};`,
    `the next ${SALE_DRAWS}, when they are known, and only the lease is renewed: ${await phase()}.`,
  ].join('\n')
}

function table(found: ReadonlyMap<string, readonly Cost[]>): { text: string; ratio: number; sharedRatio: number } {
  const plain = found.get('plain lottery')!
  const ratioOf = (costs: readonly Cost[], column: keyof Cost) => median(costs.map((cost, round) => cost[column] / plain[round]![column]))
  const rows = [...found].map(([name, costs]) => {
    const { wallMicros, cpuMicros, scriptMicros, scriptCalls } = medianCost(costs)
    const cells = [wallMicros.toFixed(1), ratioOf(costs, 'wallMicros').toFixed(2), cpuMicros.toFixed(1), ratioOf(costs, 'cpuMicros').toFixed(2),
      scriptMicros.toFixed(1), ratioOf(costs, 'scriptMicros').toFixed(2), scriptCalls.toFixed(2)]
    return `| ${name} | ${cells.join(' | ')} |`
  })
  const head = '| campaign | µs a draw | ratio | CPU µs | ratio | script µs | ratio | scripts a draw |\n|---|---|---|---|---|---|---|---|'
  const wallRatio = (name: string) => ratioOf(found.get(name)!, 'wallMicros')
  return { text: [head, ...rows].join('\n'), ratio: wallRatio('every rule'), sharedRatio: wallRatio(SHARED) }
}

/** The campaign that has all that the other has, and what is counted outside its partition. */
const SHARED = 'and windows of devices and addresses'

async function main(): Promise<number> {
  const stack = await startStack({ workers: 1 })
  enterStack(stack)
  try {
    // A worker vouches for this Redis; then it goes, so that nothing is settled while decisions are timed.
    const first = await bootApp({ env: { LOG_LEVEL: 'error' } })
    const app = await bootApp({ env: { ROLE: 'api', LOG_LEVEL: 'error' }, on: first })
    const lives = new Map([
      ['plain lottery', await open(app, PLAIN, [])],
      ['every rule', await open(app, EVERY_RULE, WINDOWS)],
      [SHARED, await open(app, EVERY_RULE, SHARED_WINDOWS)],
    ])
    await first.stop()
    const { text, ratio, sharedRatio } = table(await compare(app, lives))
    const verdict = [
      `With every rule that the one decision holds, a draw takes ${ratio.toFixed(2)} times what the plain lottery's does (at most ${RATIO_MAX});`,
      `with windows of devices and addresses too, each a visit of its own, ${sharedRatio.toFixed(2)} times (not held to the bound).`,
    ].join('\n')
    const report = [
      '# What a decision costs', '',
      `\`npm run bench:decide\`: ${ROUNDS} rounds of ${DRAWS_PER_ROUND} draws for each campaign in turn, ${IN_FLIGHT} in flight, through DrawService, in one`,
      'process with FAST answers and nothing settled meanwhile. Medians; ratios are medians of each round\'s own.', '',
      text, '', verdict, '', await soldOut(app), '',
    ].join('\n')
    await writeFile(fileURLToPath(new URL('decide.md', import.meta.url)), report)
    console.log(report)
    await app.stop()
    await first.close()
    return ratio <= RATIO_MAX ? 0 : 1
  } finally {
    await stack.stop()
  }
}

process.exitCode = await main()
