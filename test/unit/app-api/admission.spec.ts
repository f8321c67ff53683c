import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { lineOf, plainAddress } from '../../../src/api/address.js'
import { mayDraw } from '../../../src/api/app/admission/draw-document.js'
import { Gcra } from '../../../src/api/app/admission/gcra.js'
import { Rates } from '../../../src/api/app/admission/rates.js'
import type { AppAuth } from '../../../src/api/auth/request-auth.js'
import { NO_FACTS } from '../../../src/common/participant-facts.js'
import { seed } from '../../support/seed.js'

function clocked(bucketsMax = 1_000) {
  const clock = { ms: 1_000 }
  return { clock, gcra: new Gcra({ bucketsMax }, () => clock.ms) }
}

describe('a rate', () => {
  it.each([1, 2, 3, 5, 7, 1_000, 100_000])('of %d per second admits a second’s worth at once, and then says when the next may come', (perSecondMax) => {
    const { clock, gcra } = clocked()
    const limit = [{ key: 'a', perSecondMax }]
    for (let n = 0; n < perSecondMax; n++) expect(gcra.admit(limit)).toBe(0)
    const waitMs = gcra.admit(limit)
    expect(waitMs).toBe(Math.ceil(1_000 / perSecondMax))
    clock.ms += 1_000 / perSecondMax
    expect(gcra.admit(limit)).toBe(0)
    expect(gcra.admit(limit)).toBeGreaterThan(0)
  })

  it('of each bucket is its own', () => {
    const { gcra } = clocked()
    expect(gcra.admit([{ key: 'a', perSecondMax: 1 }])).toBe(0)
    expect(gcra.admit([{ key: 'b', perSecondMax: 1 }])).toBe(0)
    expect(gcra.admit([{ key: 'a', perSecondMax: 1 }])).toBe(1_000)
  })

  it('is used up in no bucket where one of them refuses', () => {
    const { gcra } = clocked()
    const both = [{ key: 'wide', perSecondMax: 5 }, { key: 'narrow', perSecondMax: 1 }]
    expect(gcra.admit(both)).toBe(0)
    for (let n = 0; n < 10; n++) expect(gcra.admit(both)).toBe(1_000)
    for (let n = 0; n < 4; n++) expect(gcra.admit([both[0]!])).toBe(0)
    expect(gcra.admit([both[0]!])).toBe(200)
  })

  it('forgets the bucket used longest ago when there are too many', () => {
    const { gcra } = clocked(2)
    for (const key of ['a', 'b', 'c']) expect(gcra.admit([{ key, perSecondMax: 1 }])).toBe(0)
    expect(gcra.admit([{ key: 'c', perSecondMax: 1 }])).toBe(1_000)
    expect(gcra.admit([{ key: 'a', perSecondMax: 1 }])).toBe(0)
  })

  it('is never exceeded: at most the rate and a second’s worth, over any time', () => {
    const gapMs = fc.double({ min: 0, max: 400, noNaN: true })
    const runs = fc.record({ perSecondMax: fc.integer({ min: 1, max: 50 }), gapsMs: fc.array(gapMs, { maxLength: 300 }) })
    fc.assert(fc.property(runs, ({ perSecondMax, gapsMs }) => {
      const { clock, gcra } = clocked()
      const began = clock.ms
      let admitted = 0
      for (const gapMs of gapsMs) {
        clock.ms += gapMs
        const waitMs = gcra.admit([{ key: 'a', perSecondMax }])
        if (waitMs === 0) admitted++
        else expect(waitMs).toBeLessThanOrEqual(1_000)
      }
      expect(admitted).toBeLessThanOrEqual(perSecondMax * (1 + (clock.ms - began) / 1_000) + 0.01)
    }), { seed: seed('rates').value })
  })
})

describe('who is limited', () => {
  const tenant = { tenantId: 't', tenantSlug: 't', drawsPerSecondMax: 10 }
  const server = { kind: 'server', apiKeyId: 'k', keyDrawsPerSecondMax: null, serverParticipantDrawsPerSecondMax: null, test: false, ...tenant } as const
  const device = (userId: string) =>
    ({ kind: 'participant', userId, deviceIpDrawsPerSecondMax: null, participantDrawsPerSecondMax: null, ...NO_FACTS, ...tenant }) as const
  const limits = { drawsPerSecondMax: 0, deviceIpDrawsPerSecondMax: 3, participantDrawsPerSecondMax: 2 }
  const rates = () => new Rates(limits, () => 0)
  const admitted = (times: number, draw: () => number) => Array.from({ length: times }, draw).filter((waitMs) => waitMs === 0).length

  it('is a server by its tenant alone', () => {
    const its = rates()
    expect(admitted(20, () => its.draw(server, '192.0.2.1'))).toBe(10)
  })

  it('is a tenant’s TEST keys together, and they take nothing from its live keys', () => {
    const its = rates()
    const wide = { ...tenant, drawsPerSecondMax: 100_000 }
    const test = (apiKeyId: string): AppAuth => ({ ...server, apiKeyId, test: true, ...wide })
    expect(admitted(80, () => its.draw(test('a'), '192.0.2.1')) + admitted(80, () => its.draw(test('b'), '192.0.2.1'))).toBe(100)
    expect(admitted(500, () => its.request(test('a'), '192.0.2.1'))).toBe(100)
    expect(admitted(1_000, () => its.draw({ ...server, ...wide }, '192.0.2.1'))).toBe(1_000)
    expect(admitted(50, () => its.draw({ ...test('a'), tenantId: 'other', drawsPerSecondMax: 10 }, '192.0.2.1'))).toBe(10)
  })

  it('are a tenant’s VIPs together, and they take nothing from its others', () => {
    const its = rates()
    expect(admitted(20, () => its.draw(server, '192.0.2.1', true))).toBe(10)
    expect(admitted(20, () => its.draw(server, '192.0.2.1'))).toBe(10)
    expect(admitted(20, () => its.draw(device('vip'), '192.0.2.9', true))).toBe(0)
  })

  it('is a key by its own limit too, and what it is refused its tenant’s other keys may draw', () => {
    const its = rates()
    const narrow: AppAuth = { ...server, apiKeyId: 'narrow', keyDrawsPerSecondMax: 4 }
    expect(admitted(20, () => its.draw(narrow, '192.0.2.1'))).toBe(4)
    expect(admitted(20, () => its.draw({ ...narrow, apiKeyId: 'another' }, '192.0.2.1'))).toBe(4)
    expect(admitted(20, () => its.draw(server, '192.0.2.1'))).toBe(2)
    expect(admitted(200, () => its.request(narrow, '192.0.2.1'))).toBe(80)
    its.giveBack(narrow, '192.0.2.1', false)
    expect(admitted(20, () => its.draw(narrow, '192.0.2.1'))).toBe(1)
  })

  it('is a key whose VIPs have a bucket of their own, by its own limit still', () => {
    const its = rates()
    const narrow: AppAuth = { ...server, keyDrawsPerSecondMax: 4 }
    expect(admitted(20, () => its.draw(narrow, '192.0.2.1', true))).toBe(4)
    expect(admitted(20, () => its.draw(narrow, '192.0.2.1'))).toBe(0)
  })

  it('is a TEST key by its own limit, where it has one', () => {
    const its = rates()
    expect(admitted(50, () => its.draw({ ...server, test: true, keyDrawsPerSecondMax: 3 }, '192.0.2.1'))).toBe(3)
    expect(admitted(50, () => its.draw({ ...server, test: true, apiKeyId: 'other' }, '192.0.2.1'))).toBe(7)
  })

  it('is a device by what its tenant says, where that says anything', () => {
    const its = rates()
    const own = (userId: string) => ({ ...device(userId), deviceIpDrawsPerSecondMax: 7, participantDrawsPerSecondMax: 5 })
    expect(admitted(20, () => its.draw(own('ada'), '192.0.2.1'))).toBe(5)
    expect(admitted(20, () => its.draw(own('bob'), '192.0.2.1'))).toBe(2)
    expect(admitted(20, () => its.draw({ ...own('bob'), participantDrawsPerSecondMax: null, tenantId: 'other' }, '192.0.2.1'))).toBe(2)
  })

  it('is by a new limit from the next request on', () => {
    const its = rates()
    expect(admitted(20, () => its.draw({ ...server, keyDrawsPerSecondMax: 4 }, '192.0.2.1'))).toBe(4)
    expect(its.draw({ ...server, keyDrawsPerSecondMax: 2 }, '192.0.2.1')).toBe(500)
    expect(admitted(20, () => its.draw({ ...server, keyDrawsPerSecondMax: null }, '192.0.2.1'))).toBe(6)
  })

  it('is a participant by a server too, where the tenant says so; those whom nobody names count as one', () => {
    const its = rates()
    const narrow: AppAuth = { ...server, serverParticipantDrawsPerSecondMax: 2 }
    const of = (auth: AppAuth, named: string | null) => admitted(3, () => its.draw(auth, '192.0.2.1', false, named))
    expect([of(narrow, 'ada'), of(narrow, 'bob'), of(narrow, null), of(narrow, null)]).toEqual([2, 2, 2, 0])
    expect(its.draw(narrow, '192.0.2.1', true, 'ada')).toBeGreaterThan(0)
    its.giveBack(narrow, '192.0.2.1', false, 'ada')
    expect([of(narrow, 'ada'), of({ ...narrow, test: true }, 'ada'), of({ ...narrow, tenantId: 'other' }, 'ada')]).toEqual([1, 3, 2])
    expect(of(server, 'ada')).toBe(3)
  })

  describe('all together', () => {
    const whole = () => new Rates({ ...limits, drawsPerSecondMax: 6 }, () => 0)
    const of = (tenantId: string) => ({ ...server, tenantId })

    it('are tenants by the installation’s limit, in which those that are refused anyway have no part', () => {
      const its = whole()
      expect(admitted(20, () => its.draw({ ...of('a'), drawsPerSecondMax: 2 }, '192.0.2.1'))).toBe(2)
      expect(admitted(20, () => its.draw(of('b'), '192.0.2.1'))).toBe(4)
      expect(its.draw(device('ada'), '192.0.2.1')).toBeGreaterThan(0)
      its.giveBack(of('b'), '192.0.2.1', false)
      expect(admitted(20, () => its.draw(of('c'), '192.0.2.1'))).toBe(1)
    })

    it('leave VIPs a second’s worth, and no more', () => {
      const its = whole()
      expect(admitted(20, () => its.draw(of('a'), '192.0.2.1'))).toBe(6)
      expect(admitted(20, () => its.draw(of('b'), '192.0.2.1', true))).toBe(6)
      expect(its.draw(of('c'), '192.0.2.1')).toBeGreaterThan(1_000)
    })

    it('may look as they like, and try as they like in test worlds', () => {
      const its = whole()
      expect(admitted(100, () => its.request(of('a'), '192.0.2.1'))).toBe(100)
      expect(admitted(20, () => its.draw({ ...server, test: true }, '192.0.2.1'))).toBe(10)
      expect(admitted(20, () => its.draw(of('a'), '192.0.2.1'))).toBe(6)
    })

    it('hear which limit it was: the one that keeps them waiting the longest', () => {
      const its = whole()
      const told: string[] = []
      its.onRefused((limit) => told.push(limit))
      const refused = (auth: AppAuth, isVip = false) => {
        while (its.draw(auth, '192.0.2.1', isVip) === 0);
        return told.at(-1)
      }
      expect(refused({ ...of('a'), keyDrawsPerSecondMax: 1 })).toBe('API_KEY')
      expect(refused({ ...of('b'), drawsPerSecondMax: 1 }, true)).toBe('VIP')
      expect(refused({ ...of('c'), drawsPerSecondMax: 1 })).toBe('TENANT')
      expect(refused({ ...device('ada'), participantDrawsPerSecondMax: 1 })).toBe('PARTICIPANT')
      expect(refused({ ...device('bob'), deviceIpDrawsPerSecondMax: 1 })).toBe('ADDRESS')
      expect(refused({ ...server, test: true, keyDrawsPerSecondMax: 1 })).toBe('TEST')
      expect(refused(of('d'))).toBe('INSTALLATION')
      expect(told).toHaveLength(7)
    })
  })

  it('is not who was given back what it had', () => {
    const its = rates()
    for (let n = 0; n < 50; n++) {
      expect(its.draw(device('ada'), '192.0.2.1')).toBe(0)
      its.giveBack(device('ada'), '192.0.2.1', false)
    }
    expect(admitted(20, () => its.draw(device('ada'), '192.0.2.1'))).toBe(2)
  })

  it('is a participant by its name, whatever its address', () => {
    const its = rates()
    let n = 0
    expect(admitted(20, () => its.draw(device('ada'), `192.0.2.${n++}`))).toBe(2)
    expect(its.draw(device('bob'), '192.0.2.99')).toBe(0)
  })

  it('are participants by their address together', () => {
    const its = rates()
    let n = 0
    expect(admitted(20, () => its.draw(device(`user-${n++}`), '192.0.2.1'))).toBe(3)
    expect(its.draw({ ...device('ada'), tenantId: 'other' }, '192.0.2.1')).toBe(0)
  })

  it('are a tenant’s devices and servers together', () => {
    const its = rates()
    let n = 0
    expect(admitted(6, () => its.draw(device(`user-${n++}`), `192.0.2.${n}`))).toBe(6)
    expect(admitted(20, () => its.draw(server, '192.0.2.1'))).toBe(4)
  })

  it('may look more often than draw', () => {
    const its = rates()
    expect(admitted(100, () => its.request(device('ada'), '192.0.2.1'))).toBe(40)
    expect(its.draw(device('ada'), '192.0.2.1')).toBe(0)
  })
})

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:db8:1:2::9', '2001:db8:1:2::/64'], ['2001:0db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['', ''],
  ])('%s is of the line %s', (ip, line) => {
    expect(lineOf(ip)).toBe(line)
  })

  it('of IPv4 over IPv6 is the IPv4 one', () => {
    expect([plainAddress('::ffff:192.0.2.1'), plainAddress('2001:db8::1')]).toEqual(['192.0.2.1', '2001:db8::1'])
  })
})

describe('a body that may draw', () => {
  it.each([
    ['mutation { draw(input: {}) { __typename } }', true],
    ['mutation Play($i: DrawInput!) { mine: draw(input: $i) { __typename } }', true],
    ['mutation{...F}fragment F on Mutation{draw(input:{}){__typename}}', true],
    ['mutation @include(if: true) {\ndraw\n(input: {}) { __typename } }', true],
    ['query { draw(id: "1") { id } }', false],
    ['{ draws(campaignId: "1") { edges { cursor } } }', false],
    ['mutation { grantTickets(input: {}) { balance } }', false],
  ])('%s: %s', (query, expected) => {
    expect(mayDraw({ query })).toBe(expected)
  })

  it.each([[null], ['mutation draw'], [[{ query: 'mutation { draw }' }]], [{ query: 5 }], [{}]])('%j: no', (body) => {
    expect(mayDraw(body)).toBe(false)
  })
})
