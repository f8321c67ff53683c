import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemContext } from '../src/common/context.js'
import { DrawService } from '../src/modules/draws/draw.service.js'
import { RedisService } from '../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../test/support/app.js'
import { CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign } from '../test/support/fixtures.js'
import { enterStack, startStack } from '../test/support/stack.js'
import { type Cost, measure, median, medianCost } from './measure.js'

const ROUNDS = 7
const DRAWS = 2_000
const WARM_UP = 2_000
const IN_FLIGHT = 64
const USERS = 5_000
const SHARES = [0.01, 0.1, 1]
const DURABILITIES = ['FAST', 'DURABLE_WINS'] as const
const facts = { tier: null, riskPool: null, segments: [], attributes: new Map() }

async function player(app: TestApp, durability: (typeof DURABILITIES)[number], share: number): Promise<(n: number) => Promise<void>> {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const prizes = [{ name: 'Prize', kind: 'VIRTUAL' as const, probabilityPpb: CERTAIN_PPB * share, stockTotal: 100_000_000 }]
  const campaign = await moveCampaign(app, token, 'publish', await createCampaign(app, token, { durability, bucketCount: 4, prizes }))
  const draws = app.app.get(DrawService, { strict: false })
  const ctx = systemContext(tenant.tenantId, 'bench')
  let key = 0
  return async (n) => {
    const request = { campaignId: campaign.id, userId: `user-${n % USERS}`, idempotencyKey: `key-${key++}`, count: 1, deviceId: null, ip: null, facts }
    const answer = await draws.draw(ctx, request)
    if (answer.kind !== 'accepted' || answer.draws.some(({ outcome }) => outcome === null)) throw new Error('A draw was not told')
  }
}

async function main(): Promise<number> {
  const stack = await startStack({ workers: 1 })
  enterStack(stack)
  try {
    // A worker vouches for this Redis; then it goes, so that nothing is settled while draws are timed.
    const first = await bootApp({ env: { LOG_LEVEL: 'error' } })
    const app = await bootApp({ env: { ROLE: 'api', LOG_LEVEL: 'error' }, on: first })
    const { client } = app.app.get(RedisService, { strict: false })
    const lines: string[] = []
    const costs = new Map<string, Cost[]>()
    const players = new Map<string, (n: number) => Promise<void>>()
    for (const share of SHARES) for (const durability of DURABILITIES) players.set(`${durability} ${share}`, await player(app, durability, share))
    await first.stop()
    for (const draw of players.values()) await measure(client, WARM_UP, IN_FLIGHT, draw)
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? [...players] : [...players].toReversed()
      for (const [name, draw] of order) costs.set(name, [...(costs.get(name) ?? []), await measure(client, DRAWS, IN_FLIGHT, draw)])
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
    }
    for (const share of SHARES) {
      const fast = costs.get(`FAST ${share}`)!
      for (const durability of DURABILITIES) {
        const own = costs.get(`${durability} ${share}`)!
        const { wallMicros, p50Ms, p99Ms } = medianCost(own)
        const ratio = median(own.map((cost, n) => fast[n]!.wallMicros / cost.wallMicros))
        lines.push(`| ${share * 100} % | ${durability} | ${Math.round(1e6 / wallMicros)} | ${ratio.toFixed(2)} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} |`)
      }
    }
    const report = [
      '# What a durable win costs', '',
      `\`npm run bench:durability\`: ${ROUNDS} rounds of ${DRAWS} draws for each in turn, ${IN_FLIGHT} in flight, through DrawService in one process, nothing settled`,
      'meanwhile. Medians; ratios (of the throughput to that of FAST at the same share of wins) are medians of each round\'s own.', '',
      '| won | durability | draws/s | ratio | p50 ms | p99 ms |', '|---|---|---|---|---|---|', ...lines, '',
    ].join('\n')
    await writeFile(fileURLToPath(new URL('durability.md', import.meta.url)), report)
    console.log(report)
    await app.stop()
    await first.close()
    return 0
  } finally {
    await stack.stop()
  }
}

process.exitCode = await main()
