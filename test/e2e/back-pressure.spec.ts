import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { chmod } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { BacklogService } from '../../src/modules/settlement/backlog.service.js'
import { BacklogStore } from '../../src/modules/settlement/backlog.store.js'
import { PublishedStore } from '../../src/modules/settlement/published.store.js'
import { SettlementMetrics } from '../../src/modules/settlement/settlement-metrics.js'
import { StreamStore } from '../../src/modules/settlement/stream.store.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { temporaryFolder } from '../embedded/harness.js'
import { FaultServer } from '../faults/world/fault-server.js'
import { bootApp, type TestApp } from '../support/app.js'
import { BALANCED, settledBooks } from '../support/draws.js'
import { CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData, type GqlAnswer } from '../support/gql.js'
import { eventually } from '../support/rows.js'
import { type SettlementKit, startSettlement } from '../support/settlement.js'

const BACKLOG_MAX = 20
const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { replayed draws { id outcome } } ... on DrawRejected { code } } }`
const prizes = [{ name: 'Mug', probabilityPpb: CERTAIN_PPB / 2, stockTotal: 10_000 }]

interface Drawn { draw: { __typename: string; replayed?: boolean; draws?: Array<{ id: string; outcome: string | null }> } }

/** Draws of one campaign, and what was told of them. */
class Player {
  /** Acknowledged: the outcome by the draw's id; null where it was PENDING. */
  readonly told = new Map<string, string | null>()
  readonly #seen: string[] = []
  #n = 0

  constructor(private readonly app: TestApp, private readonly live: LiveCampaign) {}

  send(userId: string, idempotencyKey: string): Promise<GqlAnswer<Drawn>> {
    const input = { campaignId: this.live.campaign.id, userId, idempotencyKey }
    return gql<Drawn>(this.app.graphqlUrl, DRAW, { input }, serverKey(this.live.tenant))
  }

  /** Of a participant who has not drawn yet (PRIORITY), or of the first one again. False: held back, and nothing was decided. */
  async draws(lane: 'PRIORITY' | 'NORMAL'): Promise<boolean> {
    const n = this.#n++
    const userId = lane === 'NORMAL' ? this.#seen[0]! : `user-${n}`
    const { status, body, headers } = await this.send(userId, `key-${n}`)
    if (status === 503) {
      const [error] = body.errors!
      expect([error?.extensions?.code, error?.message]).toEqual(['OVERLOADED', expect.stringContaining('wait to be settled')])
      expect(error?.extensions?.retryAfterMs).toBeGreaterThan(0)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      return false
    }
    expect(body).toMatchObject({ data: { draw: { __typename: 'DrawAccepted', replayed: false } } })
    for (const { id, outcome } of body.data!.draw.draws!) this.told.set(id, outcome)
    this.#seen.push(userId)
    return true
  }

  /** Comes to its end when the lane is held back, or not. */
  async until(lane: 'PRIORITY' | 'NORMAL', isHeldBack: boolean): Promise<void> {
    await eventually(async () => { expect(await this.draws(lane)).toBe(!isHeldBack) }, 20_000)
  }
}

const metric = async (app: TestApp, name: string) => Number(new RegExp(`^drawbridge_${name} (\\d+)$`, 'm').exec(await (await fetch(app.metricsUrl)).text())?.[1])
const backlog = (app: TestApp) => metric(app, 'settlement_backlog_entries')
async function heldBack(app: TestApp): Promise<string[]> {
  const lanes = ['NORMAL', 'PRIORITY']
  const values = await Promise.all(lanes.map((lane) => metric(app, `draws_held_back\\{lane="${lane}"\\}`)))
  return lanes.filter((_, n) => values[n] === 1)
}

describe('draws that nobody settles', () => {
  let api: TestApp
  let worker: TestApp | undefined
  beforeAll(async () => { api = await bootApp({ env: { ROLE: 'api', SETTLEMENT_BACKLOG_MAX: String(BACKLOG_MAX) } }) })
  const startWorker = async () => { worker = await bootApp({ env: { ROLE: 'worker' }, on: api }) }
  const stopWorker = async () => {
    await worker?.close()
    worker = undefined
  }
  afterEach(stopWorker)
  afterAll(() => api?.close())

  it.each(['DURABLE_WINS', 'FAST'] as const)('are held back, and taken again when somebody does: none that was told is lost (%s)', async (durability) => {
    // It is also who vouches for Redis.
    await startWorker()
    const live = await createLiveCampaign(api, { durability, prizes, bucketCount: 4 })
    await stopWorker()
    const player = new Player(api, live)
    for (let n = 0; n < BACKLOG_MAX; n++) expect(await player.draws(n === 0 ? 'PRIORITY' : 'NORMAL')).toBe(true)
    await eventually(async () => { expect(await heldBack(api)).toEqual(['NORMAL']) })
    for (let n = 0; n < 3; n++) expect(await player.draws('NORMAL')).toBe(false)
    // Refused ones have left nothing behind, and so this is exactly half as much again.
    for (let n = 0; n < BACKLOG_MAX / 2; n++) expect(await player.draws('PRIORITY')).toBe(true)
    await eventually(async () => { expect(await heldBack(api)).toEqual(['NORMAL', 'PRIORITY']) })
    for (const lane of ['NORMAL', 'PRIORITY'] as const) expect(await player.draws(lane)).toBe(false)
    expect(await backlog(api)).toBe(BACKLOG_MAX * 1.5)

    await startWorker()
    await player.until('NORMAL', false)
    await player.until('PRIORITY', false)
    expect(await heldBack(api)).toEqual([])
    expect(await settledBooks(api, live)).toMatchObject({ ...BALANCED, draws: player.told.size })
    for (const [id, outcome] of player.told) {
      // What was answered is remembered for a second, as it was then.
      await eventually(async () => {
        const { draw } = await gqlData<{ draw: object }>(api.graphqlUrl, 'query ($id: ID!) { draw(id: $id) { state outcome } }', { id }, serverKey(live.tenant))
        expect(draw).toEqual({ state: 'SETTLED', outcome: outcome ?? expect.anything() })
      })
    }
  })
})

describe('the backlog', () => {
  let kit: SettlementKit
  beforeAll(async () => { kit = await startSettlement() })
  afterAll(() => kit?.close())

  it('is counted on while Postgres is away, and said once', async () => {
    const said: string[] = []
    const logger = Object.assign(Object.create(kit.logger) as typeof kit.logger, {
      error: (_: unknown, text: string) => said.push(text), info: (_: unknown, text: string) => said.push(text),
    })
    const published = new PublishedStore(kit.sql)
    const metrics = new Metrics()
    const service = new BacklogService(
      { ...kit.config, settlementBacklogMax: 4 }, new BacklogStore(kit.redisService), published, new StreamStore(kit.redisService),
      logger, metrics, new SettlementMetrics(metrics),
    )
    const counted = async () => (await metrics.settlementBacklog.get()).values[0]?.value
    const campaign = await kit.plant({ bucketCount: 2 })
    const streams = await Promise.all([campaign.stream(0), campaign.stream(1)])
    for (let n = 0; n < 3; n++) await kit.decide(campaign, { userId: `user-${n}` })
    await service.onApplicationBootstrap()
    try {
      await eventually(async () => { expect(await counted()).toBe(3) })
      expect(service.refuses('NORMAL')).toBe(false)
      published.all = () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }))
      for (let n = 0; n < 3; n++) await kit.decide(campaign, { userId: `user-${n}` })
      await eventually(async () => { expect([await counted(), service.refuses('NORMAL'), service.refuses('PRIORITY')]).toEqual([6, true, true]) })
      await kit.decide(campaign, { userId: 'one-more' })
      await eventually(async () => { expect(await counted()).toBe(7) })
      for (const bucket of [0, 1]) await kit.drains.drain(streams[bucket]!, 10)
      await eventually(async () => { expect([await counted(), service.refuses('NORMAL'), service.refuses('PRIORITY')]).toEqual([0, false, false]) })
    } finally {
      service.onModuleDestroy()
    }
    const refused = 'Draws are refused: too many wait to be settled: start more workers, or see what keeps them'
    expect(said).toEqual([refused, refused, 'Draws are decided again', 'Draws are decided again'])
  })

  it('is counted by one of several, and told to all', async () => {
    const [one, other] = [new BacklogStore(kit.redisService), new BacklogStore(kit.redisService)]
    await eventually(async () => {
      expect([await other.told(), ...(await Promise.all([one.mayCount(), other.mayCount()])).sort()]).toEqual([null, false, true])
    })
    await one.tell(7)
    expect(await other.told()).toBe(7)
  })
})

describe('a Redis that is nearly full', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: FaultServer
  let redis: Redis
  let app: TestApp
  beforeAll(async () => {
    folder = await temporaryFolder()
    await chmod(folder.path, 0o711)
    server = await FaultServer.redis(folder.path)
    await server.start()
    redis = new Redis(server.url.href)
    redis.on('error', () => undefined)
    app = await bootApp({ env: { REDIS_URL: server.url.href } })
  })
  afterAll(async () => {
    await app?.close()
    redis?.disconnect()
    await server?.stop()
    await folder?.remove()
  })

  it('takes no NORMAL draws, then none at all, and all again when it has room', async () => {
    const player = new Player(app, await createLiveCampaign(app, { prizes }))
    // What the product needs besides comes to little against it.
    await redis.setrange('filler', 60_000_000, 'x')
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))![1])
    await player.draws('PRIORITY')
    await player.until('NORMAL', false)
    await redis.config('SET', 'maxmemory', Math.round(used / 0.935))
    await player.until('NORMAL', true)
    expect(await player.draws('PRIORITY')).toBe(true)
    expect(await heldBack(app)).toEqual(['NORMAL'])
    await redis.config('SET', 'maxmemory', Math.round(used / 0.985))
    await player.until('PRIORITY', true)
    // Full: nothing can be told to others, and nobody stumbles over that.
    await redis.config('SET', 'maxmemory', Math.round(used * 0.9))
    await expect(redis.set('more', 'x')).rejects.toThrow(/^OOM/)
    expect(await player.draws('PRIORITY')).toBe(false)
    await app.app.get(BacklogStore, { strict: false }).tell(1)
    await redis.del('filler')
    await player.until('PRIORITY', false)
    await player.until('NORMAL', false)
    expect(await heldBack(app)).toEqual([])
  })
})
