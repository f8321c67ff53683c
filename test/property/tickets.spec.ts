import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemContext } from '../../src/common/context.js'
import { AppError } from '../../src/common/errors.js'
import { newId } from '../../src/common/ids.js'
import type { SweepService } from '../../src/modules/campaigns/sweep.service.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { DecideStore } from '../../src/modules/draws/decide.store.js'
import type { LocalDays } from '../../src/modules/draws/domain/calendar.js'
import { TicketService } from '../../src/modules/draws/ticket.service.js'
import type { TestWorldService } from '../../src/modules/draws/test-world/test-world.service.js'
import { TicketExpiryService } from '../../src/modules/settlement/ticket-expiry.service.js'
import { TicketExpiryStore } from '../../src/modules/settlement/ticket-expiry.store.js'
import { bucketKeys, bucketOf } from '../../src/platform/redis/keys.js'
import type { RedisService } from '../../src/platform/redis/redis.service.js'
import { seed } from '../support/seed.js'
import { type Planted, type SettlementKit, startSettlement } from '../support/settlement.js'

const RUNS = 8
/** A local day of this world: short, so that days end while a test runs. */
const DAY_MS = 1_500
const FREE = 2
const HOUR_MS = 3_600_000
/** Nothing is done so near to the end of a lot: model and Redis could see it on either side. */
const EDGE_MS = 60

type Step =
  | { do: 'draw'; user: string; count: number }
  | { do: 'grant'; user: string; amount: number; lasts: 'FOR_EVER' | 'LONG' | 'TODAY'; fault: 'NONE' | 'BEFORE_REDIS' | 'AFTER_REDIS'; repeat: boolean }
  | { do: 'settle' | 'rebuild' | 'sweep' | 'expire' | 'tomorrow' }

const user = fc.constantFrom('ada', 'bob', 'cyd')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('draw' as const), user, count: fc.constantFrom(1, 1, 2, 3) }) },
  { weight: 6, arbitrary: fc.record({
    do: fc.constant('grant' as const), user, amount: fc.integer({ min: 1, max: 4 }), lasts: fc.constantFrom('FOR_EVER' as const, 'LONG' as const, 'TODAY' as const),
    fault: fc.constantFrom('NONE' as const, 'NONE' as const, 'BEFORE_REDIS' as const, 'AFTER_REDIS' as const), repeat: fc.boolean(),
  }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'settle' as const, 'rebuild' as const, 'sweep' as const, 'expire' as const, 'tomorrow' as const) }) },
)

/** One participant's tickets, as plainly as can be: by expiry, 0 = never. */
class Purse {
  readonly lots = new Map<number, number>()
  freeDay = -1

  usable(atMs: number): Array<[expiryMs: number, amount: number]> {
    const live = [...this.lots].filter(([expiryMs, amount]) => amount > 0 && (expiryMs === 0 || expiryMs > atMs))
    return live.sort(([a], [b]) => (a === 0 ? Infinity : a) - (b === 0 ? Infinity : b))
  }

  add(expiryMs: number, amount: number): void {
    this.lots.set(expiryMs, (this.lots.get(expiryMs) ?? 0) + amount)
  }

  /** False where there are too few: then nothing changed. */
  spend(count: number, day: LocalDays, atMs: number): boolean {
    const free = this.freeDay < day.day ? FREE : 0
    const held = this.usable(atMs).reduce((sum, [, amount]) => sum + amount, 0)
    if (held + free < count) return false
    if (free > 0) this.add(day.nextMs, free)
    this.freeDay = day.day
    for (let n = 0; n < count; n++) this.add(this.usable(atMs)[0]![0], -1)
    return true
  }
}

class RedisFault extends Error {}

describe('tickets against a plain model', () => {
  let kit: SettlementKit
  let snapshots: SnapshotService
  let expiry: TicketExpiryService
  const incarnation = { isCurrent: () => true, doubt: () => undefined }
  const began = Date.now()
  let ids = 1n << 50n

  beforeAll(async () => {
    kit = await startSettlement()
    snapshots = new SnapshotService(kit.config, kit.sql, kit.redisService, kit.logger)
    const sweeps = { every: () => undefined } as unknown as SweepService
    expiry = new TicketExpiryService(sweeps, kit.published, kit.redisService, new TicketExpiryStore(kit.sql), incarnation)
  })
  afterAll(async () => { await kit.close() })

  /** Grants through a Redis that fails before or after it has done what it was asked. */
  function ticketsWith(fault: 'NONE' | 'BEFORE_REDIS' | 'AFTER_REDIS'): TicketService {
    const client = new Proxy(kit.redis, {
      get(target, name) {
        if (name !== 'evalsha') return Reflect.get(target, name) as unknown
        return async (...args: Parameters<typeof target.evalsha>) => {
          if (fault === 'BEFORE_REDIS') throw new RedisFault()
          const reply = await target.evalsha(...args)
          if (fault === 'AFTER_REDIS') throw new RedisFault()
          return reply
        }
      },
    })
    return new TicketService(snapshots, kit.sql, { client } as RedisService, incarnation, {} as TestWorldService)
  }

  const today = (): LocalDays => {
    const day = Math.floor((Date.now() - began) / DAY_MS)
    const startMs = began + day * DAY_MS
    return { day: 20_000 + day, startMs, nextMs: startMs + DAY_MS, afterNextMs: startMs + 2 * DAY_MS }
  }
  const awayFromEdges = async (): Promise<void> => {
    if (today().nextMs - Date.now() < EDGE_MS) await sleep(EDGE_MS + 10)
  }

  async function play(campaign: Planted, purses: Map<string, Purse>, step: Step): Promise<void> {
    await awayFromEdges()
    switch (step.do) {
      case 'draw': {
        const purse = purses.get(step.user)!
        const snapshot = (await snapshots.reload(campaign.tenantId, campaign.id))!
        const days = today()
        const zeros = Array.from({ length: step.count }, () => 0)
        const verdict = await new DecideStore(kit.redisService).decide({
          campaign: snapshot, riskVersion: snapshot.riskVersion, bucket: bucketOf(snapshot, step.user), stockGeneration: '', denied: null, frequentRetryAfterMs: null,
          participantId: step.user, idempotencyKey: newId(), fingerprint: '1', snowflakes: zeros.map(() => ids++), days, firstCome: false, candidates: zeros,
          fallbacks: [], terms: [], windows: [], deviceId: null, ip: null, traceParent: null, rolls: zeros, allowances: [], guarantee: null,
          popped: null, oddsTable: 0,
        })
        // Redis' clock says which day it was; of a refusal only where none of them ended meanwhile.
        if (verdict.kind !== 'decided' && Date.now() >= days.nextMs) return
        const atMs = verdict.kind === 'decided' ? verdict.createdAtMs : Date.now()
        const day = atMs < days.nextMs ? days : { ...days, day: days.day + 1, nextMs: days.afterNextMs }
        const expected = purse.spend(step.count, day, atMs) ? 'decided' : 'NO_TICKETS'
        expect(verdict.kind === 'rejected' ? verdict.code : verdict.kind).toBe(expected)
        return
      }
      case 'grant': {
        const expiresMs = { FOR_EVER: 0, LONG: began + HOUR_MS, TODAY: today().nextMs }[step.lasts]
        const request = {
          campaignId: campaign.id, userId: step.user, amount: step.amount, reason: 'test', idempotencyKey: newId(), expiresAt: expiresMs === 0 ? null : new Date(expiresMs),
        }
        const ctx = systemContext(campaign.tenantId, 'test')
        const outcome = await ticketsWith(step.fault).grant(ctx, request).catch((error: unknown) => error)
        if (outcome instanceof AppError && outcome.details.field === 'input.expiresAt') return // the day ended just before
        if (step.fault !== 'NONE') expect(outcome).toBeInstanceOf(RedisFault)
        // What Redis did not get comes by the same key again, or by the sweep after 5 s: here it is told that they have passed.
        if (step.fault === 'BEFORE_REDIS') {
          if (step.repeat) await ticketsWith('NONE').grant(ctx, request)
          else await sweepGrants(campaign)
        } else if (step.repeat) await ticketsWith('NONE').grant(ctx, request)
        purses.get(step.user)!.add(expiresMs, step.amount)
        return
      }
      case 'settle': return drain(campaign)
      case 'rebuild':
        await kit.rebuilds.rebuild(await campaign.published(), 'test', () => undefined)
        // Else the next grant's first call is of the old epoch: a Redis that fails after it has then not had the grant.
        await snapshots.reload(campaign.tenantId, campaign.id)
        return
      case 'sweep': return sweepGrants(campaign)
      case 'expire': return void (await expiry.sweep(undefined, 0))
      case 'tomorrow': await sleep(today().nextMs - Date.now() + 5)
    }
  }

  async function sweepGrants(campaign: Planted): Promise<void> {
    await kit.owner.query(
      `UPDATE ticket_ledger SET created_at = created_at - interval '6 seconds' WHERE campaign_id = $1 AND applied_at IS NULL`, [campaign.id])
    await ticketsWith('NONE').sweep((await snapshots.reload(campaign.tenantId, campaign.id))!)
  }

  async function drain(campaign: Planted): Promise<void> {
    for (let bucket = 0; bucket < campaign.place.bucketCount; bucket++) await kit.drains.drain(await campaign.stream(bucket), 100)
  }

  const nonZero = (lots: Iterable<[number, number]>): Array<[number, number]> =>
    [...lots].filter(([, amount]) => amount !== 0).sort(([a], [b]) => a - b)

  async function compare(campaign: Planted, purses: ReadonlyMap<string, Purse>): Promise<void> {
    await awayFromEdges()
    const { epoch } = await campaign.published()
    const atMs = Date.now()
    for (const [name, purse] of purses) {
      const expected = nonZero(purse.usable(atMs))
      const { rows } = await kit.owner.query<{ expires_at: Date | null; rest: string }>(
        'SELECT expires_at, sum(amount) AS rest FROM ticket_ledger WHERE campaign_id = $1 AND participant_id = $2 GROUP BY expires_at', [campaign.id, name])
      const ledger = rows.map((row): [number, number] => [row.expires_at?.getTime() ?? 0, Number(row.rest)])
      expect(nonZero(ledger.filter(([expiryMs]) => expiryMs === 0 || expiryMs > atMs))).toEqual(expected)
      const [t, tl] = await kit.redis.hmget(bucketKeys(campaign.place, epoch, bucketOf(campaign.place, name)).participants + name, 't', 'tl')
      const held = (tl ?? '').split(';').filter((lot) => lot !== '').map((lot) => lot.split(':').map(Number) as [number, number])
      expect(nonZero([[0, Number(t ?? 0)] as [number, number], ...held.filter(([expiryMs]) => expiryMs > atMs)])).toEqual(expected)
    }
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, violations: [], unsettled: 0 })
  }

  it('leave the same in every lot of the model, the ledger and Redis', async () => {
    const run = seed('tickets')
    const steps = fc.array(step, { minLength: 20, maxLength: 50, size: 'max' })
    await fc.assert(fc.asyncProperty(fc.constantFrom(1, 2), steps, async (bucketCount, all) => {
      const campaign = await kit.plant({ bucketCount, requiresTickets: true })
      await kit.owner.query('UPDATE campaign SET ticket_rules = $2 WHERE id = $1', [campaign.id, { dailyFree: { tickets: FREE }, signIn: null, share: null }])
      const purses = new Map(['ada', 'bob', 'cyd'].map((name) => [name, new Purse()]))
      for (const one of all) await play(campaign, purses, one)
      await drain(campaign)
      await sweepGrants(campaign)
      await compare(campaign, purses)
      // Another day: what ended with the last one is closed, and nothing else.
      await play(campaign, purses, { do: 'tomorrow' })
      await expiry.sweep(undefined, 0)
      await compare(campaign, purses)
      const { rows } = await kit.owner.query(
        `SELECT participant_id FROM ticket_ledger WHERE campaign_id = $1 AND expires_at <= (SELECT closed_to FROM ticket_expiry WHERE campaign_id = $1)
         GROUP BY participant_id, expires_at HAVING sum(amount) <> 0`, [campaign.id])
      expect(rows).toEqual([])
    }), { seed: run.value, numRuns: RUNS, endOnFailure: true })
  }, 180_000)
})
