import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { DURABLE_WINS, type DurableWins } from '../../src/modules/draws/draws.types.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, DRAW_FIELDS, type DrawAnswer, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { watchTransactions } from '../support/statements.js'

interface Connection { edges: Array<{ cursor: string; node: DrawAnswer }>; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const half = [{ name: 'Half', probabilityPpb: CERTAIN_PPB / 2, stockTotal: 1_000 }]

describe('reading draws', () => {
  const open: TestApp[] = []
  afterEach(async () => { for (const app of open.splice(0).reverse()) await app.close() })
  const boot = async (options: Parameters<typeof bootApp>[0] = {}) => {
    const app = await bootApp(options)
    open.push(app)
    return app
  }

  const one = async (app: TestApp, at: LiveCampaign, id: string) =>
    (await gqlData<{ draw: DrawAnswer | null }>(app.graphqlUrl, `query ($id: ID!) { draw(id: $id) { ${DRAW_FIELDS} } }`, { id }, serverKey(at.tenant))).draw
  const list = async (app: TestApp, at: LiveCampaign, filter: Record<string, unknown> = {}) => {
    const query = `query ($c: ID!, $userId: ID, $outcome: DrawOutcome, $first: Int, $after: String) {
      draws(campaignId: $c, userId: $userId, outcome: $outcome, first: $first, after: $after) { edges { cursor node { ${DRAW_FIELDS} } } pageInfo { hasNextPage endCursor } } }`
    return (await gqlData<{ draws: Connection }>(app.graphqlUrl, query, { c: at.campaign.id, ...filter }, serverKey(at.tenant))).draws
  }
  const unsettledFields = ({ state: _state, settledAt: _settledAt, ...draw }: DrawAnswer) => draw

  async function expectReadable(app: TestApp, at: LiveCampaign, draws: readonly DrawAnswer[], state: 'SETTLED' | 'unsettled') {
    for (const draw of [draws[0]!, draws.at(-1)!, draws.find(({ outcome }) => outcome === 'WON') ?? draws[0]!]) {
      const found = await one(app, at, draw.id)
      if (state === 'unsettled') expect(found).toEqual(draw)
      else expect([found?.state, unsettledFields(found!)]).toEqual(['SETTLED', unsettledFields(draw)])
    }
    const mine = await list(app, at, { userId: draws[0]!.userId, first: 100 })
    const newestFirst = draws.toSorted((a, b) => (a.id < b.id ? 1 : -1))
    expect(mine.edges.map(({ node }) => unsettledFields(node))).toEqual(newestFirst.map(unsettledFields))
    if (state === 'SETTLED') expect(mine.edges.every(({ node }) => node.state === 'SETTLED' && node.settledAt !== null)).toBe(true)
    for (const outcome of ['WON', 'LOST'] as const) {
      const some = await list(app, at, { userId: draws[0]!.userId, outcome, first: 100 })
      expect(some.edges.map(({ node }) => node.id)).toEqual(newestFirst.filter((draw) => draw.outcome === outcome).map(({ id }) => id))
    }
  }

  it('an answered draw is found at once, and after it was settled; nothing is lost when only an api was running', async () => {
    const first = await boot()
    const at = await createLiveCampaign(first, { bucketCount: 4, prizes: half })
    await first.stop()
    const api = await boot({ env: { ROLE: 'api' }, on: first })
    const answers = await inParallel(Array.from({ length: 6 }, (_, n) => () =>
      accepted(api, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'reader', idempotencyKey: `key-${n}`, count: 4 })), 2)
    const draws = answers.flatMap((answer) => answer.draws)
    await expectReadable(api, at, draws, 'unsettled')
    await sleep(1_100) // what the process itself remembers is forgotten by now
    await expectReadable(api, at, draws, 'unsettled')
    await api.stop()

    const worker = await boot({ on: first })
    expect(await settledBooks(worker, at)).toMatchObject({ ...BALANCED, draws: 24 })
    await expectReadable(worker, at, draws, 'SETTLED')
  })

  it('every draw under load is found at once', async () => {
    const app = await boot()
    const at = await createLiveCampaign(app, { bucketCount: 2, prizes: half })
    const slowest = await inParallel(Array.from({ length: 150 }, (_, n) => async () => {
      const { draws: [draw] } = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: `user-${n % 40}`, idempotencyKey: `key-${n}` })
      const [found, mine] = await Promise.all([one(app, at, draw!.id), list(app, at, { userId: draw!.userId, first: 100 })])
      expect(unsettledFields(found!)).toEqual(unsettledFields(draw!))
      expect(mine.edges.map(({ node }) => node.id)).toContain(draw!.id)
      expect(new Set(mine.edges.map(({ node }) => node.id)).size).toBe(mine.edges.length)
      return mine.edges.length
    }), 10)
    expect(Math.max(...slowest)).toBeLessThanOrEqual(4)
    expect(await settledBooks(app, at)).toMatchObject({ ...BALANCED, draws: 150 })
    await expectPages(app, at, 150)
  })

  it('of many unsettled wins: one transaction tells which of them may be told', async () => {
    const first = await boot()
    const at = await createLiveCampaign(first, { bucketCount: 4, prizes: [{ name: 'Sure', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] })
    await first.stop()
    const winner = await boot({ env: { ROLE: 'api' }, on: first })
    const win = (from: number, to: number) => inParallel(Array.from({ length: to - from }, (_, n) => () =>
      accepted(winner, serverKey(at.tenant), { campaignId: at.campaign.id, userId: `user-${from + n}`, idempotencyKey: 'key' })), 10)
    await win(0, 60)
    const durable = winner.app.get<DurableWins>(DURABLE_WINS, { strict: false })
    const commit = jest.spyOn(durable, 'commit').mockResolvedValue('UNAVAILABLE')
    const untold = (await win(60, 70)).flatMap(({ draws }) => draws.map(({ id }) => id))
    commit.mockRestore()
    await winner.stop()

    // Another process, which committed none of them.
    const reader = await boot({ env: { ROLE: 'api' }, on: first })
    await list(reader, at, { first: 1 })
    for (const [filter, states] of [
      [{ first: 100 }, { WINNING: 60, PENDING: 10 }], [{ first: 100, outcome: 'WON' }, { WINNING: 60 }], [{ first: 100, outcome: 'LOST' }, {}],
      [{ first: 100, userId: 'user-7' }, { WINNING: 1 }], [{ first: 100, userId: 'user-61' }, { PENDING: 1 }], [{ first: 8 }, { PENDING: 8 }],
    ] as const) {
      const watched = watchTransactions(reader)
      const { edges } = await list(reader, at, filter)
      watched.stop()
      expect(watched.transactions.filter((texts) => texts.some((text) => text.includes('FROM draw')))).toHaveLength(1)
      const counted: Record<string, number> = {}
      for (const { node } of edges) counted[node.state] = (counted[node.state] ?? 0) + 1
      expect(counted).toEqual(states)
    }
    await expectPages(reader, at, 70)
    expect(await one(reader, at, untold[0]!)).toMatchObject({ state: 'PENDING', outcome: null, prize: null, award: null })
    await reader.stop()
    expect(await settledBooks(await boot({ on: first }), at)).toMatchObject({ ...BALANCED, draws: 70 })
  })

  /** Pages follow one another without gap, repeat or disorder. */
  async function expectPages(app: TestApp, at: LiveCampaign, total: number) {
    const ids: string[] = []
    let after: string | null = null
    for (;;) {
      const page: Connection = await list(app, at, { first: 40, after })
      ids.push(...page.edges.map(({ node }) => node.id))
      expect(page.edges.at(-1)?.cursor).toBe(page.pageInfo.endCursor)
      expect(page.pageInfo.hasNextPage).toBe(ids.length < total)
      if (!page.pageInfo.hasNextPage) break
      after = page.pageInfo.endCursor
    }
    expect(ids).toHaveLength(total)
    expect(ids).toEqual([...new Set(ids)].sort().reverse())
  }

  it('shows operators the draws of a campaign, and none of a draft', async () => {
    const app = await boot()
    const at = await createLiveCampaign(app, { prizes: half })
    const { draws } = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'shown', idempotencyKey: 'k', count: 10 })
    await settledBooks(app, at)
    const query = `query ($c: ID!, $o: DrawOutcome) { draws(campaignId: $c, userId: "shown", outcome: $o) {
      edges { node { id ordinal state outcome prize { id probabilityPpb } award { id prize { name } } } } } }`
    interface Shown { draws: { edges: Array<{ node: { id: string } }> } }
    const shown = (c: string, o?: string) => gqlData<Shown>(app.adminGraphqlUrl, query, { c, o }, bearer(at.token))
    const { draws: { edges } } = await shown(at.campaign.id)
    expect(edges.map(({ node }) => node)).toEqual(draws.toReversed().map(({ id, ordinal, outcome, prize }) => ({
      id, ordinal, outcome, state: 'SETTLED', prize: prize && { id: prize.id, probabilityPpb: CERTAIN_PPB / 2 }, award: prize && { id: `A${id}`, prize: { name: 'Half' } },
    })))
    expect((await shown(at.campaign.id, 'WON')).draws.edges).toHaveLength(draws.filter(({ outcome }) => outcome === 'WON').length)
    expect((await shown((await createCampaign(app, at.token)).id)).draws.edges).toEqual([])
  })

  it('tells what a participant has left, and who won lately, without their names', async () => {
    const app = await boot()
    const at = await createLiveCampaign(app, { drawsPerUserTotal: 10, drawsPerUserDaily: 4, prizes: [{ name: 'Sure', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }] })
    const state = async (userId: string) => (await gqlData<{ participant: unknown }>(app.graphqlUrl,
      'query ($c: ID!, $u: ID) { participant(campaignId: $c, userId: $u) { userId drawsLeft drawsLeftToday tickets wins } }', { c: at.campaign.id, u: userId }, serverKey(at.tenant))).participant
    expect(await state('nobody')).toEqual({ userId: 'nobody', drawsLeft: 10, drawsLeftToday: 4, tickets: expect.anything(), wins: 0 })
    await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'alexander', idempotencyKey: 'k', count: 3 })
    expect(await state('alexander')).toMatchObject({ drawsLeft: 7, drawsLeftToday: 1, wins: 3 })
    await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: '张三李四', idempotencyKey: 'k' })
    interface Winners { recentWinners: Array<{ maskedUserId: string; prizeName: string; at: string }> }
    const winners = async (first?: number) => (await gqlData<Winners>(app.graphqlUrl,
      'query ($c: ID!, $first: Int) { recentWinners(campaignId: $c, first: $first) { maskedUserId prizeName at } }', { c: at.campaign.id, first }, serverKey(at.tenant))).recentWinners
    expect((await winners()).map(({ maskedUserId, prizeName }) => [maskedUserId, prizeName])).toEqual([['张***四', 'Sure'], ...Array(3).fill(['a***r', 'Sure'])])
    expect(await winners(2)).toHaveLength(2)
    expect(JSON.stringify(await winners())).not.toContain('alexander')
    expect(await settledBooks(app, at)).toMatchObject(BALANCED)
    expect(await state('alexander')).toMatchObject({ drawsLeft: 7, drawsLeftToday: 1, wins: 3 })
  })
})
