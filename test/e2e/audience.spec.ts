import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { ClosureService } from '../../src/modules/draws/memory/closure.service.js'
import { experimentArm } from '../../src/modules/draws/domain/experiment.js'
import { bootApp, type TestApp } from '../support/app.js'
import { chiSquare, chiSquareLimit } from '../support/chi-square.js'
import { accepted, BALANCED, deviceTokens, draw, inParallel, settledBooks, type TestParticipant } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, type LiveCampaign, moveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'

type Problems = Array<{ path: string; message: string }>
interface Answer { __typename: string; id?: string; version?: number; problems?: Problems }
interface DrawPage { edges: Array<{ node: OperatorsDraw }>; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
interface OperatorsDraw {
  userId: string; ordinal: number; idempotencyKey: string; outcome: string; prize: { name: string } | null
  roll: number; campaignVersion: number; oddsTable: number
}

describe('audiences', () => {
  let app: TestApp
  beforeAll(async () => { app = await bootApp({ env: { DEVICE_IP_DRAWS_PER_SECOND_MAX: '10000' } }) })
  afterAll(async () => { await app.close() })

  async function change(live: LiveCampaign, mutation: string, variables: Record<string, unknown>): Promise<Answer> {
    const all = { id: live.campaign.id, ...variables }
    return (await gqlData<{ answer: Answer }>(app.adminGraphqlUrl, mutation, all, bearer(live.token))).answer
  }
  const PAYLOAD = '{ __typename ... on Campaign { id version } ... on InvalidCampaign { problems { path message } } }'
  const update = (live: LiveCampaign, version: number, patch: object) =>
    change(live, `mutation ($id: ID!, $version: Int!, $patch: UpdateCampaignInput!) { answer: updateCampaign(id: $id, expectedVersion: $version, patch: $patch) ${PAYLOAD} }`, { version, patch })
  const revise = (live: LiveCampaign, version: number, revision: object) => change(live, `
    mutation ($id: ID!, $version: Int!, $prizes: [OddsEntryInput!], $oddsTables: [OddsTableInput!], $reason: String!) {
    answer: reviseOdds(id: $id, expectedVersion: $version, prizes: $prizes, oddsTables: $oddsTables, reason: $reason) ${PAYLOAD} }`, { version, reason: 'test', ...revision })

  async function drawsOf(live: LiveCampaign): Promise<OperatorsDraw[]> {
    const all: OperatorsDraw[] = []
    let after: string | null = null
    for (;;) {
      const query = `query ($id: ID!, $after: String) { draws(campaignId: $id, first: 50, after: $after) {
        edges { node { userId ordinal idempotencyKey outcome prize { name } roll campaignVersion oddsTable } } pageInfo { hasNextPage endCursor } } }`
      const variables: Record<string, unknown> = { id: live.campaign.id, after }
      const page: DrawPage = (await gqlData<{ draws: DrawPage }>(app.adminGraphqlUrl, query, variables, bearer(live.token))).draws
      all.push(...page.edges.map(({ node }) => node))
      if (!page.pageInfo.hasNextPage) return all
      after = page.pageInfo.endCursor
    }
  }
  const ask = async (live: LiveCampaign, userId: string, idempotencyKey: string, participant: TestParticipant = {}) => {
    const answer = await draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey, participant })
    return answer.__typename === 'DrawRejected' ? answer.code : (answer.draws[0]!.prize?.name ?? 'LOST')
  }

  describe('eligibility', () => {
    const always = { prizes: [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] }

    it('is told by a device’s token', async () => {
      const live = await createLiveCampaign(app, { ...always, eligibility: '"vip" in segments && attributes.level >= 5' })
      const tokens = await deviceTokens(app, live.tenant, live.token)
      const as = async (userId: string, claims: Record<string, unknown>) => draw(app, await tokens.headers(userId, claims), { campaignId: live.campaign.id, idempotencyKey: 'k' })
      expect(await as('ann', { segments: ['vip'], attributes: { level: 5 } })).toMatchObject({ __typename: 'DrawAccepted' })
      expect(await as('bob', { segments: ['vip'], attributes: { level: 4 } })).toMatchObject({ code: 'NOT_ELIGIBLE', retryAfterMs: null })
      expect(await as('cyd', { segments: ['vip'] })).toMatchObject({ code: 'NOT_ELIGIBLE' })
      expect(await as('dan', { segments: ['vip'], attributes: { level: 'five' } })).toMatchObject({ code: 'NOT_ELIGIBLE' })
      expect(await as('eve', { attributes: { level: 9, ['__proto__x']: true } })).toMatchObject({ code: 'NOT_ELIGIBLE' })
      // A rejection is not remembered: the same key, when the participant has become one of them.
      expect(await as('bob', { segments: ['vip'], attributes: { level: 6 } })).toMatchObject({ __typename: 'DrawAccepted' })
      expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 2 })
    })

    it('is told by a tenant’s server, and by nobody’s device', async () => {
      const live = await createLiveCampaign(app, { ...always, eligibility: 'tier == "gold" || riskPool == "known"' })
      expect(await ask(live, 'ann', 'k', { tier: 'gold' })).toBe('Prize')
      expect(await ask(live, 'bob', 'k', { riskPool: 'known' })).toBe('Prize')
      expect(await ask(live, 'cyd', 'k', { tier: 'silver' })).toBe('NOT_ELIGIBLE')
      expect(await ask(live, 'dan', 'k')).toBe('NOT_ELIGIBLE')
      const tokens = await deviceTokens(app, live.tenant, live.token)
      const { body } = await gql(app.graphqlUrl, 'mutation ($input: DrawInput!) { draw(input: $input) { __typename } }',
        { input: { campaignId: live.campaign.id, idempotencyKey: 'k', participant: { tier: 'gold' } } }, await tokens.headers('eve', { tier: 'silver' }))
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', field: 'input.participant' })
    })

    it('comes behind what blocks, and before quotas; the stored answer stands whatever the participant has become', async () => {
      const live = await createLiveCampaign(app, { ...always, eligibility: 'tier == "gold"', drawsPerUserTotal: 1 })
      expect(await ask(live, 'ann', 'k', { tier: 'gold' })).toBe('Prize')
      expect(await ask(live, 'ann', 'k', { tier: 'silver' })).toBe('Prize')
      expect(await ask(live, 'ann', 'l', { tier: 'silver' })).toBe('NOT_ELIGIBLE')
      expect(await ask(live, 'ann', 'l', { tier: 'gold' })).toBe('QUOTA_EXCEEDED')
      await gqlData(app.adminGraphqlUrl, 'mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }',
        { input: { list: 'BLOCK', subject: 'PARTICIPANT', value: 'ann', reason: 'test' } }, bearer(live.token))
      expect(await ask(live, 'ann', 'l', { tier: 'silver' })).toBe('BLOCKED')
    })

    it('is told before that all is gone, also where no draw asks Redis any more', async () => {
      const live = await createLiveCampaign(app, {
        mechanic: 'FLASH_SALE', durability: 'FAST', eligibility: 'tier == "gold"', prizes: [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 2 }],
      })
      const snapshot = (await app.app.get(SnapshotService, { strict: false }).get(live.tenant.tenantId, live.campaign.id))!
      const closures = app.app.get(ClosureService, { strict: false })
      for (let n = 0; closures.current(snapshot) === null; n++) {
        if (n === 200) throw new Error('The sale was never remembered to be over')
        expect(await ask(live, `user-${n}`, 'k', { tier: 'gold' })).toBe(n < 2 ? 'Prize' : 'SOLD_OUT')
      }
      expect(await ask(live, 'bob', 'k', { tier: 'silver' })).toBe('NOT_ELIGIBLE')
      expect(await ask(live, 'bob', 'k', { tier: 'gold' })).toBe('SOLD_OUT')
    })

    it('changes while the campaign is live, on the very next draw', async () => {
      const live = await createLiveCampaign(app, always)
      expect(await ask(live, 'ann', 'a')).toBe('Prize')
      let { version } = live.campaign
      for (let n = 0; n < 4; n++) {
        const changed = await update(live, version, { eligibility: n % 2 === 0 ? 'tier == "gold"' : null })
        version = changed.version!
        expect(await ask(live, 'ann', `b${n}`, { tier: 'silver' })).toBe(n % 2 === 0 ? 'NOT_ELIGIBLE' : 'Prize')
      }
      const wrong = await update(live, version, { eligibility: 'tier = "gold"' })
      expect(wrong.problems).toMatchObject([{ path: 'eligibility', message: '1:6 unexpected character: =' }])
    })
  })

  describe('odds', () => {
    const prizes = [{ name: 'Car', probabilityPpb: 50_000_000, stockTotal: 100_000 }, { name: 'Pen', probabilityPpb: 150_000_000, stockTotal: 100_000 }]
    const oddsTables = [
      { name: 'gold', audience: { tiers: ['gold'] }, entries: [{ prize: 'Car', probabilityPpb: 400_000_000 }, { prize: 'Pen', probabilityPpb: 300_000_000 }] },
      { name: 'watched', audience: { riskPools: ['watched'] }, entries: [{ prize: 'Pen', probabilityPpb: 100_000_000 }] },
      { name: 'half', audience: { when: '"new" in segments', experiment: { name: 'welcome', fromBps: 0, toBps: 5_000 } }, entries: [{ prize: 'Car', probabilityPpb: 0 }, { prize: 'Pen', probabilityPpb: CERTAIN_PPB }] },
    ]

    it('are those of the audience, in a few thousand draws, and each draw says which', async () => {
      const live = await createLiveCampaign(app, { durability: 'FAST', prizes, oddsTables })
      const groups: Array<[TestParticipant | undefined, number, number[]]> = [
        [{ tier: 'gold', riskPool: 'watched' }, 1, [0.4, 0.3, 0.3]], [{ riskPool: 'watched' }, 2, [0, 0.1, 0.9]], [{ tier: 'silver' }, 0, [0.05, 0.15, 0.8]], [undefined, 0, [0.05, 0.15, 0.8]],
      ]
      const requests = 100
      const told = new Map<string, string>()
      await inParallel(groups.flatMap(([participant], g) => Array.from({ length: requests }, (_, n) => async () => {
        const userId = `g${g}-${n}`
        const input = { campaignId: live.campaign.id, userId, idempotencyKey: 'k', count: 10, ...(participant === undefined ? {} : { participant }) }
        const { draws } = await accepted(app, serverKey(live.tenant), input)
        for (const { ordinal, prize } of draws) told.set(`${userId}/${ordinal}`, prize?.name ?? 'LOST')
      })), 16)
      expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 10 * requests * groups.length })
      const rows = await drawsOf(live)
      expect(rows.length).toBe(10 * requests * groups.length)
      for (const { userId, ordinal, roll, outcome, prize, oddsTable, campaignVersion } of rows) {
        const table = groups[Number(userId.charAt(1))]![1]
        expect({ oddsTable, campaignVersion }).toEqual({ oddsTable: table, campaignVersion: live.campaign.version })
        expect(prize?.name ?? 'LOST').toBe(told.get(`${userId}/${ordinal}`))
        // Anyone can repeat it: the roll, and the odds of that version and table, by the prizes' places.
        const [car, pen] = table === 1 ? [4e8, 7e8] : table === 2 ? [0, 1e8] : [5e7, 2e8]
        expect([outcome, prize?.name]).toEqual(roll < car! ? ['WON', 'Car'] : roll < pen! ? ['WON', 'Pen'] : ['LOST', undefined])
      }
      groups.forEach(([, , expected], g) => {
        const counts = ['Car', 'Pen', 'LOST'].map((name) => [...told].filter(([id, outcome]) => id.startsWith(`g${g}-`) && outcome === name).length)
        const possible = expected.flatMap((share, n) => (share > 0 ? [n] : []))
        expect(counts.every((count, n) => possible.includes(n) || count === 0)).toBe(true)
        const draws = 10 * requests
        const statistic = chiSquare(possible.map((n) => counts[n]!), possible.map((n) => expected[n]! * draws))
        expect({ g, counts, exceeds: statistic > chiSquareLimit(possible.length - 1) }).toMatchObject({ exceeds: false })
      })
    })

    it('of an experiment are those of the participant’s arm, draw after draw and campaign after campaign', async () => {
      const live = await createLiveCampaign(app, { durability: 'FAST', prizes, oddsTables })
      const second = { ...live, campaign: await moveCampaign(app, live.token, 'publish', await createCampaign(app, live.token, { prizes, oddsTables })) }
      const users = Array.from({ length: 60 }, (_, n) => `user-${n}`)
      const inArm = (user: string) => experimentArm(live.tenant.tenantId, 'welcome', user) < 5_000
      await inParallel(users.flatMap((user) => [live, second].map((one) => async () => {
        for (const key of ['a', 'b']) {
          const outcome = await ask(one, user, key, { segments: ['new'] })
          if (inArm(user)) expect(outcome).toBe('Pen')
        }
        await ask(one, user, 'c', { segments: ['old'] })
      })), 8)
      for (const one of [live, second]) {
        await settledBooks(app, one)
        for (const { userId, oddsTable, idempotencyKey: key } of await drawsOf(one)) expect(oddsTable).toBe(key !== 'c' && inArm(userId) ? 3 : 0)
      }
      const standing = users.filter(inArm).length
      expect(standing).toBeGreaterThan(10)
      expect(standing).toBeLessThan(50)
    })

    it('are read back as they were given, and cloned', async () => {
      const live = await createLiveCampaign(app, { prizes, oddsTables, eligibility: 'tier == "gold"' })
      const FIELDS = `{ eligibility prizes { id } oddsTables { name audience { segmentsAny tiers riskPools experiment { name fromBps toBps } when } entries { prize { id name } probabilityPpb } } }`
      interface Table { entries: Array<{ prize: { id: string; name: string } }> }
      interface Read { eligibility: string; prizes: Array<{ id: string }>; oddsTables: Table[] }
      const { campaign } = await gqlData<{ campaign: Read }>(app.adminGraphqlUrl, `query ($id: ID!) { campaign(id: $id) ${FIELDS} }`, { id: live.campaign.id }, bearer(live.token))
      const whole = { segmentsAny: [], tiers: [], riskPools: [], experiment: null, when: null }
      expect(campaign.oddsTables).toEqual(oddsTables.map(({ name, audience, entries }) => ({
        name,
        audience: { ...whole, ...audience },
        entries: entries.map((entry) => ({ ...entry, prize: { name: entry.prize, id: expect.any(String) } })),
      })))
      const { clone } = await gqlData<{ clone: Read }>(app.adminGraphqlUrl,
        `mutation ($id: ID!, $slug: String!) { clone: cloneCampaign(id: $id, slug: $slug) { ... on Campaign ${FIELDS} } }`,
        { id: live.campaign.id, slug: `${live.campaign.slug}-2` }, bearer(live.token))
      expect(clone.eligibility).toBe('tier == "gold"')
      const names = clone.oddsTables.map(({ entries }) => entries.map(({ prize }) => prize.name))
      expect(names).toEqual(oddsTables.map(({ entries }) => entries.map(({ prize }) => prize)))
      const own = new Set(clone.prizes.map(({ id }) => id))
      expect(clone.oddsTables.every(({ entries }) => entries.every(({ prize }) => own.has(prize.id)))).toBe(true)
    })

    it('are fixed once the campaign has started, but for a new version, which later draws name', async () => {
      const live = await createLiveCampaign(app, { prizes: [{ name: 'Car', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }, { name: 'Pen', probabilityPpb: 0, stockTotal: 100 }] })
      const { version } = live.campaign
      const [car, pen] = live.campaign.prizes
      expect(await ask(live, 'ann', 'a')).toBe('Car')
      const frozen = await update(live, version, { oddsTables: [oddsTables[0]] })
      expect(frozen.problems).toMatchObject([{ path: 'oddsTables', message: 'cannot change once the campaign has started: reviseOdds makes a new version of the odds, for later draws' }])

      const revised = await revise(live, version, { prizes: [{ prize: car!.id, probabilityPpb: 0 }, { prize: 'Pen', probabilityPpb: CERTAIN_PPB }], reason: 'Too many cars' })
      expect(revised).toMatchObject({ __typename: 'Campaign', version: version + 1 })
      expect(await ask(live, 'ann', 'b')).toBe('Pen')
      expect(await ask(live, 'ann', 'a')).toBe('Car')
      const again = await revise(live, version + 1, { oddsTables: [{ name: 'gold', audience: { tiers: ['gold'] }, entries: [{ prize: pen!.id, probabilityPpb: 0 }, { prize: 'Car', probabilityPpb: CERTAIN_PPB }] }] })
      expect(again).toMatchObject({ version: version + 2 })
      expect([await ask(live, 'ann', 'c', { tier: 'gold' }), await ask(live, 'ann', 'd')]).toEqual(['Car', 'Pen'])
      expect((await revise(live, version, { oddsTables: [] })).__typename).toBe('VersionConflict')

      expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 4 })
      expect(new Map((await drawsOf(live)).map((row) => [row.idempotencyKey, [row.campaignVersion - version, row.oddsTable]]))).toEqual(
        new Map([['a', [0, 0]], ['b', [1, 0]], ['c', [2, 1]], ['d', [2, 0]]]))
    })
  })
})
