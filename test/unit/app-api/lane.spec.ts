import { describe, expect, it } from '@jest/globals'
import { AdaptiveLimit } from '../../../src/api/app/admission/adaptive-limit.js'
import { LaneChooser } from '../../../src/api/app/admission/lane.js'
import type { AppAuth } from '../../../src/api/auth/request-auth.js'
import { NO_FACTS } from '../../../src/common/participant-facts.js'

describe('how many may be at work', () => {
  const play = (limit: AdaptiveLimit, tookMs: number, windows: number, atWork = () => limit.value) => {
    let now = 0
    for (let n = 0; n < windows * 100; n++) limit.answered(tookMs, atWork(), (now += 1))
  }
  const make = () => new AdaptiveLimit({ min: 16, max: 512, targetMs: 40 })

  it('grows while draws are quick and all of it is used', () => {
    const limit = make()
    play(limit, 10, 50)
    expect(limit.value).toBe(512)
  })

  it('stays where it is not used', () => {
    const limit = make()
    const before = limit.value
    play(limit, 1, 50, () => 3)
    expect(limit.value).toBe(before)
  })

  it('shrinks while draws are slow, to its least, and comes back', () => {
    const limit = make()
    play(limit, 200, 50)
    expect(limit.value).toBe(16)
    play(limit, 10, 60)
    expect(limit.value).toBe(512)
  })

  it('looks at the middle: a few that wait for a database change nothing', () => {
    const limit = make()
    let now = 0
    for (let n = 0; n < 5_000; n++) limit.answered(n % 10 === 0 ? 3_000 : 5, limit.value, (now += 1))
    expect(limit.value).toBe(512)
  })
})

describe('a lane', () => {
  const tenant = { tenantId: 't', tenantSlug: 't', drawsPerSecondMax: 10 }
  const server = { kind: 'server', apiKeyId: 'k', keyDrawsPerSecondMax: null, serverParticipantDrawsPerSecondMax: null, test: false, ...tenant } as const
  const device = (tier: string | null, userId = 'ada'): AppAuth => ({
    kind: 'participant', userId, deviceIpDrawsPerSecondMax: null, participantDrawsPerSecondMax: null, ...NO_FACTS, tier, ...tenant,
  })
  const QUERY = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename } }'
  const body = (input: object, query = QUERY) => ({ query, variables: { input: { campaignId: 'c', userId: 'ada', ...input } } })
  /** As a draw that has its turn. */
  const play = (chooser: LaneChooser, auth: AppAuth, asked: unknown) => {
    const admitted = chooser.choose(auth, asked)
    chooser.begun(admitted)
    return admitted
  }

  it('is PRIORITY for a participant’s first draw of a campaign, and NORMAL for the next', () => {
    const chooser = new LaneChooser()
    const ways = [body({}), body({}), body({ userId: 'bob' }), body({ campaignId: 'd' }), body({})]
    expect(ways.map((way) => play(chooser, server, way).lane)).toEqual(['PRIORITY', 'NORMAL', 'PRIORITY', 'PRIORITY', 'NORMAL'])
    expect(play(chooser, { ...server, tenantId: 'other' }, body({})).lane).toBe('PRIORITY')
  })

  it('is PRIORITY again for a first draw that had no turn', () => {
    const chooser = new LaneChooser()
    expect([chooser.choose(server, body({})).lane, play(chooser, server, body({})).lane, chooser.choose(server, body({})).lane]).toEqual(['PRIORITY', 'PRIORITY', 'NORMAL'])
  })

  it('is PRIORITY for a VIP, by its token or by its tenant’s server', () => {
    const chooser = new LaneChooser()
    for (let n = 0; n < 3; n++) {
      expect(play(chooser, device('VIP'), body({}))).toMatchObject({ lane: 'PRIORITY', isVip: true })
      expect(play(chooser, server, body({ participant: { tier: 'VIP' } }))).toMatchObject({ lane: 'PRIORITY', isVip: true })
    }
    // A device says nothing about itself that its token does not.
    play(chooser, device('gold'), body({}))
    expect(play(chooser, device('gold'), body({ participant: { tier: 'VIP' } }))).toMatchObject({ lane: 'NORMAL', isVip: false })
  })

  it.each([
    'mutation ($input: DrawInput!, $x: DrawInput!) { draw(input: $x) { __typename } }',
    'mutation ($input: DrawInput!) { draw(input: {campaignId: "c", idempotencyKey: "k"}) { __typename } }',
    'mutation ($x: DrawInput!) { draw(input: $x) { __typename } } # draw(input: $input)',
    'mutation ($x: DrawInput!, $y: String = "draw(input: $input)") { draw (input: $x) { __typename } }',
    'mutation A($x: DrawInput!) { draw(input: $x) { __typename } } mutation B($input: DrawInput!) { draw(input: $input) { __typename } }',
    'mutation A($input: DrawInput!) { draw(input: $input) { __typename } } mutation B($x: DrawInput!) { draw,(input: $x) { __typename } }',
    'mutation ($input_: DrawInput!) { draw(input: $input_) { __typename } }',
  ])('is NORMAL where %s draws something else than it shows', (query) => {
    expect(new LaneChooser().choose(server, body({ participant: { tier: 'VIP' } }, query))).toMatchObject({ lane: 'NORMAL', isVip: false })
  })

  it.each([undefined, null, 'text', [], {}, { query: QUERY, variables: null }, { query: QUERY, variables: { input: 'x' } }, { query: QUERY, variables: { input: { userId: 7, campaignId: {} } } }, { query: 5 }])('of %p is NORMAL', (odd) => {
    expect(new LaneChooser().choose(server, odd)).toEqual({ lane: 'NORMAL', isVip: false, who: null, named: null })
  })

  it('of a test key is NORMAL', () => {
    expect(new LaneChooser().choose({ ...server, test: true }, body({ participant: { tier: 'VIP' } })).lane).toBe('NORMAL')
  })
})
