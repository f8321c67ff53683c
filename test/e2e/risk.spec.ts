import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Context } from '../../src/common/context.js'
import { newId } from '../../src/common/ids.js'
import { newSeed, sealSeed } from '../../src/modules/campaigns/domain/seed.js'
import type { CampaignSnapshot } from '../../src/modules/campaigns/domain/snapshot.js'
import { GateService } from '../../src/modules/campaigns/gate.service.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { InventoryModule } from '../../src/modules/inventory/inventory.module.js'
import { formatRange, IpRanges, parseIp, parseRange, subscriberOf } from '../../src/modules/risk/domain/ip.js'
import { TenantLists } from '../../src/modules/risk/domain/lists.js'
import { RiskAdminService } from '../../src/modules/risk/risk-admin.service.js'
import { RiskModule } from '../../src/modules/risk/risk.module.js'
import { RiskService } from '../../src/modules/risk/risk.service.js'
import type { RiskEntryInput, RiskParty } from '../../src/modules/risk/risk.types.js'
import { VelocityService } from '../../src/modules/risk/velocity.service.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { loadScripts } from '../../src/platform/redis/script.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { fromSetup } from '../support/environment.js'
import { emptyTestRedis } from '../support/redis.js'
import { campaignRow, tenantRow } from '../support/rows.js'
import { startServices, type TestServices } from '../support/services.js'

const party = (input: Partial<RiskParty> = {}): RiskParty => ({ userId: 'ann', deviceId: null, ip: null, ...input })

describe('addresses', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1/128'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221/128'],
  ])('%s is written %s', (text, written) => {
    const range = parseRange(text)
    expect(typeof range === 'string' ? range : formatRange(range)).toBe(written)
  })

  it.each(['', 'x', '192.0.2', '192.0.2.256', '192.0.2.0/33', '192.0.2.1/24', '2001:db8::1/32', '2001:db8::/129', '::/', '1.2.3.4/8/8', 'fe80::1%eth0', '::ffff:1.2.3.4/8', '1.2.3.4/-1'])(
    '%s is no range', (text) => expect(typeof parseRange(text)).toBe('string'),
  )

  it.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['192.0.2.9', '192.0.2.9', true],
    ['192.0.2.9', '192.0.2.8', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::8000/113', '2001:db8::ffff', true],
    ['2001:db8::8000/113', '2001:db8::7fff', false],
  ])('%s and %s: %s', (range, address, within) => {
    const ranges = new IpRanges()
    const parsed = parseRange(range)
    ranges.add(typeof parsed === 'string' ? parsed : formatRange(parsed))
    expect(ranges.has(parseIp(address)!)).toBe(within)
  })

  it('of one IPv6 network are counted as one', () => {
    expect(subscriberOf('2001:db8:1:2:aaaa::1')).toBe(subscriberOf('2001:DB8:1:2::ffff'))
    expect(subscriberOf('2001:db8:1:2::1')).not.toBe(subscriberOf('2001:db8:1:3::1'))
    expect(subscriberOf('192.0.2.1')).toBe('192.0.2.1')
    expect(subscriberOf('nonsense')).toBeNull()
  })
})

describe('lists', () => {
  const [here, there] = ['here', 'there']
  const entry = (list: 'BLOCK' | 'ALLOW', subject: 'PARTICIPANT' | 'DEVICE' | 'IP', value: string, campaignId: string | null = null) => ({
    list, subject, value, campaignId,
  })
  const lists = new TenantLists(1, [
    entry('BLOCK', 'PARTICIPANT', 'mallory'),
    entry('BLOCK', 'DEVICE', 'phone', here),
    entry('BLOCK', 'IP', '198.51.100.0/24'),
    entry('ALLOW', 'IP', '198.51.100.7/32', here),
    entry('ALLOW', 'PARTICIPANT', 'tester'),
  ], [])

  it.each([
    [here, party({ userId: 'mallory' }), true, false],
    [there, party({ userId: 'mallory' }), true, false],
    [here, party({ deviceId: 'phone' }), true, false],
    [there, party({ deviceId: 'phone' }), false, false],
    [here, party({ userId: 'phone' }), false, false],
    [here, party({ ip: '198.51.100.8' }), true, false],
    [here, party({ ip: '198.51.100.7' }), true, true],
    [there, party({ ip: '198.51.100.7' }), true, false],
    [here, party({ userId: 'tester', ip: '198.51.100.8', deviceId: 'phone' }), true, true],
    [here, party({ ip: 'not an address' }), false, false],
  ])('%s %j: blocked %s, allowed %s', (campaignId, who, blocks, allows) => {
    expect([lists.blocks(campaignId, who), lists.allows(campaignId, who)]).toEqual([blocks, allows])
  })

  it('give a participant the stricter of two rules for one window', () => {
    const rule = (campaignId: string | null, windowSeconds: number, drawsMax: number, subject: 'PARTICIPANT' | 'IP' = 'PARTICIPANT') => ({
      campaignId, subject, windowSeconds, drawsMax,
    })
    const ruled = new TenantLists(1, [], [rule(null, 60, 9), rule(here, 60, 3), rule(null, 10, 1), rule(null, 60, 9, 'IP'), rule(here, 60, 3, 'IP')])
    expect(ruled.rulesFor(here)).toEqual([rule(here, 60, 3), rule(null, 10, 1), rule(null, 60, 9, 'IP'), rule(here, 60, 3, 'IP')])
    expect(ruled.rulesFor(there)).toEqual([rule(null, 60, 9), rule(null, 10, 1), rule(null, 60, 9, 'IP')])
  })
})

describe('risk in two processes', () => {
  let database: TestDatabase
  let one: TestServices
  let two: TestServices
  let ctx: Context
  let campaignId: string
  const buckets = 8

  const context = (tenantId: string): Context => ({ tenantId, requestId: 'test', caller: { kind: 'operator', operatorId: newId(), role: 'OWNER' } })
  const input = (value: string, more: Partial<RiskEntryInput> = {}): RiskEntryInput => ({
    campaignId: null, list: 'BLOCK', subject: 'PARTICIPANT', value, reason: 'a test', ...more,
  })
  const admin = () => one.get(RiskAdminService)
  const scope = (campaignId: string | null) => ({ campaignId, everyCampaign: false })

  async function liveCampaign(tenantId: string): Promise<string> {
    const { campaignId: id } = await campaignRow(one.get(SqlService), tenantId)
    await one.get(SqlService).tenant(tenantId, (sql) =>
      sql.query('UPDATE campaign SET seed_sealed = $2, bucket_count = $3 WHERE id = $1', [id, sealSeed(fromSetup('TEST_SECRET_KEY'), id, newSeed()), buckets]),
    )
    expect(await one.get(GateService).open(tenantId, id)).toBe('SET')
    return id
  }
  const snapshotIn = async (services: TestServices, id = campaignId): Promise<CampaignSnapshot> =>
    (await services.get(SnapshotService).get(ctx.tenantId, id))!
  /** As a draw asks, and as the decide script answers: the version must be the one that every gate knows. */
  async function verdictIn(services: TestServices, who: Partial<RiskParty>, id = campaignId) {
    const snapshot = await snapshotIn(services, id)
    const verdict = await services.get(RiskService).verdict(snapshot, party(who))
    const gates = await Promise.all(
      Array.from({ length: buckets }, (_, bucket) => one.get(RedisService).client.hget(bucketKeys(snapshot, snapshot.epoch, bucket).gate, 'r')),
    )
    return { ...verdict, isNewest: gates.every((version) => Number(version) === verdict.version) }
  }
  const riskVersion = async (): Promise<number> => {
    const { rows } = await one.get(SqlService).tenant(ctx.tenantId, (sql) => sql.query<{ v: number }>('SELECT risk_version AS v FROM tenant'))
    return rows[0]!.v
  }

  beforeAll(async () => {
    database = await createTestDatabase()
    const redisUrl = await emptyTestRedis()
    one = await startServices({ databaseUrl: database.databaseUrl, redisUrl, role: 'api' }, { imports: [RiskModule, InventoryModule] })
    two = await startServices({ databaseUrl: database.databaseUrl, redisUrl, role: 'api' }, { imports: [RiskModule, InventoryModule] })
    await loadScripts(one.get(RedisService).client)
    ctx = context(await tenantRow(one.get(SqlService)))
    campaignId = await liveCampaign(ctx.tenantId)
  })

  afterAll(async () => {
    await one?.close()
    await two?.close()
    await database?.drop()
  })

  it('a change is known to every gate when it returns, and decides the next draw of each process', async () => {
    expect(await verdictIn(two, { userId: 'eve' })).toEqual({ blocked: false, allowed: false, version: 1, isNewest: true })
    const added = await admin().add(ctx, input('eve'))
    const [snapshot] = [await snapshotIn(one)]
    const gates = await Promise.all(
      Array.from({ length: buckets }, (_, bucket) => one.get(RedisService).client.hget(bucketKeys(snapshot, 1, bucket).gate, 'r')),
    )
    expect(gates).toEqual(Array(buckets).fill('2'))
    expect(await verdictIn(one, { userId: 'eve' })).toMatchObject({ blocked: true, isNewest: true })
    // The other process may not have heard yet; told STALE, it reloads, as the draw does.
    await two.get(SnapshotService).reload(ctx.tenantId, campaignId)
    expect(await verdictIn(two, { userId: 'eve' })).toMatchObject({ blocked: true, isNewest: true })
    await admin().add(ctx, input('eve', { list: 'ALLOW', campaignId }))
    expect(await verdictIn(one, { userId: 'eve' })).toMatchObject({ blocked: false, allowed: true, isNewest: true })
    expect(await admin().remove(ctx, added.id)).toEqual(added)
    await expect(admin().remove(ctx, added.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await riskVersion()).toBe(4)
    const { rows } = await one.get(SqlService).tenant(ctx.tenantId, (sql) => sql.query<{ action: string }>('SELECT action FROM audit_log ORDER BY id'))
    expect(rows.map(({ action }) => action)).toEqual(['risk-entry.added', 'risk-entry.added', 'risk-entry.removed'])
  })

  it('an announcement reaches a process that is not asked to reload', async () => {
    await verdictIn(two, { userId: 'frank' })
    await admin().add(ctx, input('frank'))
    for (let wait = 0; wait < 100 && !(await verdictIn(two, { userId: 'frank' })).blocked; wait++) await new Promise((done) => { setTimeout(done, 10) })
    expect((await verdictIn(two, { userId: 'frank' })).blocked).toBe(true)
  })

  it('bad input is named, and changes nothing', async () => {
    const before = await riskVersion()
    const refused = (change: Promise<unknown>, error: object) => expect(change).rejects.toMatchObject(error)
    const bad = (field: string) => ({ code: 'BAD_USER_INPUT', details: { field } })
    await refused(admin().add(ctx, input('frank')), { code: 'CONFLICT' })
    await refused(admin().add(ctx, input('a}{b')), bad('input.value'))
    await refused(admin().add(ctx, input('')), bad('input.value'))
    await refused(admin().add(ctx, input('x', { reason: ' ' })), bad('input.reason'))
    await refused(admin().add(ctx, input('10.0.0.1/8', { subject: 'IP' })), bad('input.value'))
    await refused(admin().add(ctx, input('x', { campaignId: 'nonsense' })), bad('input.campaignId'))
    await refused(admin().add(ctx, input('x', { campaignId: newId() })), { code: 'NOT_FOUND' })
    await refused(admin().addMany(ctx, []), bad('inputs'))
    await refused(admin().addMany(ctx, Array.from({ length: 1_001 }, (_, n) => input(`u${n}`))), bad('inputs'))
    await refused(admin().addMany(ctx, [input('fine'), input('\u0000')]), bad('inputs[1].value'))
    const rule = { subject: 'DEVICE', windowSeconds: 60, drawsMax: 3 } as const
    await refused(admin().setRules(ctx, null, [rule, { ...rule, drawsMax: 4 }]), bad('rules[1].windowSeconds'))
    await refused(admin().setRules(ctx, null, [{ ...rule, windowSeconds: 0 }]), bad('rules[0].windowSeconds'))
    await refused(admin().setRules(ctx, null, [{ ...rule, drawsMax: 0 }]), bad('rules[0].drawsMax'))
    await refused(admin().setRules(ctx, null, Array.from({ length: 11 }, (_, n) => ({ ...rule, windowSeconds: n + 1 }))), bad('rules'))
    await refused(admin().setRules(ctx, null, [1, 2, 3].map((windowSeconds) => ({ ...rule, subject: 'PARTICIPANT' as const, windowSeconds }))), bad('rules'))
    await refused(admin().setRules(ctx, newId(), [rule]), { code: 'NOT_FOUND' })
    expect(await riskVersion()).toBe(before)
  })

  it('a thousand at once, listed by pages', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => input(`10.${n >> 8}.${n & 255}.0/24`, { subject: 'IP', campaignId }))
    expect(await admin().addMany(ctx, many)).toEqual({ added: 1_000, existing: 0 })
    const version = await riskVersion()
    expect(await admin().addMany(ctx, many.slice(0, 10))).toEqual({ added: 0, existing: 10 })
    expect(await riskVersion()).toBe(version)
    expect(await verdictIn(one, { ip: '10.3.231.200' })).toMatchObject({ blocked: true })
    expect(await verdictIn(one, { ip: '10.3.232.1' })).toMatchObject({ blocked: false })
    const seen = new Set<string>()
    for (let after: string | null = null; ;) {
      const page = await admin().entries(ctx, scope(campaignId), 'BLOCK', 100, after)
      for (const { value } of page.entries) seen.add(value)
      if (!page.hasNextPage) break
      after = page.entries.at(-1)!.id
    }
    expect(seen.size).toBe(1_000)
    await admin().add(ctx, input('of-the-tenant'))
    const { entries } = await admin().entries(ctx, { campaignId: null, everyCampaign: true }, null, 2, null)
    expect(entries.map((entry) => entry.campaignId)).toEqual([null, campaignId])
  })

  it('another tenant sees and changes nothing', async () => {
    const other = context(await tenantRow(one.get(SqlService)))
    const { entries: [entry] } = await admin().entries(ctx, scope(null), null, 1, null)
    await expect(admin().remove(other, entry!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin().entries(other, scope(campaignId), null, 10, null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin().add(other, input('x', { campaignId }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin().setRules(other, campaignId, [])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await admin().entries(other, { campaignId: null, everyCampaign: true }, null, 10, null)).entries).toEqual([])
  })

  describe('velocity', () => {
    const reserve = async (who: Partial<RiskParty>, count: number, services = one) => {
      const snapshot = await snapshotIn(services)
      await services.get(RiskService).verdict(snapshot, party(who))
      return services.get(VelocityService).reserve(snapshot, party(who), count)
    }
    const rules = (...[device, ip]: [number, number]) =>
      admin().setRules(ctx, campaignId, [
        { subject: 'DEVICE', windowSeconds: 60, drawsMax: device }, { subject: 'IP', windowSeconds: 60, drawsMax: ip },
        { subject: 'PARTICIPANT', windowSeconds: 60, drawsMax: 1 },
      ])

    it('counts all windows or none', async () => {
      await rules(3, 5)
      const who = { deviceId: 'd-1', ip: '203.0.113.1' }
      expect((await reserve(who, 2)).retryAfterMs).toBeNull()
      const refused = await reserve(who, 2)
      expect(refused.retryAfterMs).toBeGreaterThan(50_000)
      expect(refused.retryAfterMs).toBeLessThanOrEqual(60_000)
      // The device's window was full, so the address' window was not charged: three of its five are left.
      expect((await reserve({ deviceId: null, ip: who.ip }, 3)).retryAfterMs).toBeNull()
      expect((await reserve({ deviceId: null, ip: who.ip }, 1)).retryAfterMs).not.toBeNull()
      // And the other way round.
      expect((await reserve(who, 1)).retryAfterMs).not.toBeNull()
      expect((await reserve({ deviceId: who.deviceId, ip: null }, 1)).retryAfterMs).toBeNull()
      expect((await reserve({}, 10)).retryAfterMs).toBeNull()
    })

    it('names no wait to more draws than a window ever has room for', async () => {
      await rules(2, 3)
      expect((await reserve({ deviceId: 'd-5', ip: null }, 2)).retryAfterMs).toBeNull()
      const refused = await reserve({ deviceId: 'd-5', ip: '203.0.113.5' }, 4)
      expect(refused.retryAfterMs).toBe(-1)
      expect((await reserve({ deviceId: 'd-5', ip: '203.0.113.5' }, 3)).retryAfterMs).toBe(-1)
      expect((await reserve({ deviceId: null, ip: '203.0.113.5' }, 3)).retryAfterMs).toBeNull()
    })

    it('gives back what was not accepted, and only to its own window', async () => {
      await rules(2, 100)
      const who = { deviceId: 'd-2', ip: '2001:db8::1' }
      const first = await reserve(who, 2)
      expect((await reserve(who, 1)).retryAfterMs).not.toBeNull()
      await first.release()
      const second = await reserve(who, 2)
      expect(second.retryAfterMs).toBeNull()
      const redis = one.get(RedisService).client
      const [key] = await redis.keys('*:v:x60:d-2')
      await redis.del(key!)
      expect((await reserve(who, 2)).retryAfterMs).toBeNull()
      await redis.pexpire(key!, 30_000)
      await second.release()
      expect((await reserve(who, 1)).retryAfterMs).not.toBeNull()
    })

    it('of a hundred at once lets through as many as the rule says', async () => {
      await rules(7, 100)
      const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => reserve({ deviceId: 'd-3', ip: null }, 1, n % 2 === 0 ? one : two)))
      expect(answers.filter(({ retryAfterMs }) => retryAfterMs === null)).toHaveLength(7)
    })

    it('begins anew when the window is over; a tenant-wide rule counts over campaigns', async () => {
      const second = await liveCampaign(ctx.tenantId)
      await admin().setRules(ctx, campaignId, [])
      await admin().setRules(ctx, null, [{ subject: 'DEVICE', windowSeconds: 1, drawsMax: 1 }])
      const reserveIn = async (id: string) => {
        const snapshot = await snapshotIn(one, id)
        await one.get(RiskService).verdict(snapshot, party({ deviceId: 'd-4' }))
        return one.get(VelocityService).reserve(snapshot, party({ deviceId: 'd-4' }), 1)
      }
      expect((await reserveIn(campaignId)).retryAfterMs).toBeNull()
      const { retryAfterMs } = await reserveIn(second)
      expect(retryAfterMs).toBeGreaterThan(0)
      await new Promise((done) => { setTimeout(done, retryAfterMs! + 20) })
      expect((await reserveIn(second)).retryAfterMs).toBeNull()
    })
  })
})
