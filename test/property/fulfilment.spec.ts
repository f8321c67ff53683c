import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemContext } from '../../src/common/context.js'
import { encodeDrawId } from '../../src/common/draw-id.js'
import { newId } from '../../src/common/ids.js'
import { ClaimService } from '../../src/modules/fulfilment/claim.service.js'
import { type Attempt, type AttemptEnd, DeliveryStore } from '../../src/modules/fulfilment/delivery.store.js'
import { DeskService } from '../../src/modules/fulfilment/desk.service.js'
import type { FulfilmentService } from '../../src/modules/fulfilment/fulfilment.service.js'
import { AuditLogService } from '../../src/modules/tenancy/audit-log.service.js'
import { AuditMetrics } from '../../src/modules/tenancy/audit-metrics.js'
import { WalletLedgerService } from '../../src/modules/user-center/wallet-ledger.service.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { seed } from '../support/seed.js'
import { type Planted, startSettlement, type SettlementKit } from '../support/settlement.js'
import { type DeskAction, type Fate, FulfilmentModel, type Kind, type ModelAward } from './fulfilment-model.js'

const RUNS = 12
const STOCK = 40
const KINDS: readonly Kind[] = ['WEBHOOK', 'WALLET', 'MANUAL', null]
const VALUE = 7
/** Far longer than a run: a lease ends when the run says so. */
const LEASE_MS = 3_600_000

type Outcome = 'taken' | 'refused' | 'gone' | 'dies before' | 'dies after'
type Step =
  | { do: 'win'; prize: number; settled: boolean }
  | { do: 'settle' | 'assign' | 'credit' | 'lapse' | 'expire' | 'rebuild' }
  | { do: 'attempt'; outcome: Outcome }
  | { do: 'late' | 'claim'; which: number }
  | { do: 'desk'; action: DeskAction; which: number[]; fate: Fate; again: boolean }

// Deaths more often than they come: an attempt that is taken over while its first worker lives on is what must be met.
const OUTCOMES: readonly Outcome[] = ['taken', 'refused', 'gone', 'dies before', 'dies before', 'dies before', 'dies after', 'dies after']

/** So that there is something to deliver from the first step on. */
const BEGINNING: readonly Step[] = [...[0, 0, 0, 0, 1, 2, 3].map((prize): Step => ({ do: 'win', prize, settled: true })), { do: 'assign' }]

const just = <T>(value: T) => fc.constant(value)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: just('win' as const), prize: fc.constantFrom(0, 0, 0, 1, 2, 3), settled: fc.constantFrom(true, true, false) }) },
  { weight: 12, arbitrary: fc.record({ do: just('attempt' as const), outcome: fc.constantFrom(...OUTCOMES) }) },
  { weight: 4, arbitrary: fc.record({ do: just('assign' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: just('lapse' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'credit' as const, 'expire' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: just('rebuild' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('late' as const, 'late' as const, 'late' as const, 'claim' as const), which: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({
    do: just('desk' as const), action: fc.constantFrom<DeskAction>('issue', 'issue', 'revoke', 'expire', 'confirm', 'fail'),
    which: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }), fate: fc.constantFrom<Fate>('RETURN_TO_VAULT', 'WRITE_OFF'), again: fc.boolean(),
  }) },
)

describe('awards on their way against a plain model', () => {
  let kit: SettlementKit
  let store: DeliveryStore
  let desk: DeskService
  let claims: ClaimService
  beforeAll(async () => {
    kit = await startSettlement()
    const wallets = new WalletLedgerService(kit.sql)
    store = new DeliveryStore(kit.sql, wallets)
    const log = new AuditLogService(new AuditMetrics(new Metrics()))
    desk = new DeskService(kit.sql, log, wallets, { wake: () => undefined } as unknown as FulfilmentService)
    claims = new ClaimService(kit.config, kit.sql)
  })
  afterAll(() => kit.close())

  class Run {
    readonly model = new FulfilmentModel(KINDS, STOCK)
    readonly dead: Array<{ attempt: Attempt; end: AttemptEnd }> = []

    constructor(readonly campaign: Planted) {}

    get ctx() { return systemContext(this.campaign.tenantId, 'model') }
    pick(which: number): ModelAward | undefined { return this.model.awards[which % Math.max(1, this.model.awards.length)] }
    byId(id: string): ModelAward { return this.model.awards.find((award) => award.id === id)! }

    async win(prize: number, settled: boolean): Promise<void> {
      if (this.model.inBuckets(prize) <= 0) return
      const decided = await kit.decide(this.campaign, { userId: `user-${this.model.awards.length}`, outcomes: [String(prize + 1)] })
      expect(await kit.wins.commit(await kit.toCommit(this.campaign, decided))).toBe('COMMITTED')
      this.model.win(`A${encodeDrawId({ snowflake: BigInt(decided.ids[0]!), campaignNo: this.campaign.place.no, bucket: decided.bucket })}`, prize, false)
      if (settled) await this.settle()
    }

    async settle(): Promise<void> {
      await kit.drains.drain(await this.campaign.stream(), 100)
      this.model.settle()
    }

    async attempt(outcome: Outcome): Promise<void> {
      const able = this.model.awards.filter((award) => this.model.mayBegin(award))
      const [attempt] = await store.begin(this.campaign.tenantId, 1, LEASE_MS)
      expect(attempt === undefined).toBe(able.length === 0)
      if (attempt === undefined) return
      const award = this.byId(attempt.award.id)
      expect(able).toContain(award)
      this.model.begin(award, attempt.holder)
      const taken = outcome === 'taken' || outcome === 'dies after'
      if (taken) award.received.add(attempt.award.id)
      const isLast = outcome === 'gone' || attempt.award.fulfilment!.attempt >= 3
      const end: AttemptEnd = taken ? { kind: 'DELIVERED' } : { kind: 'FAILED', reason: outcome, retryInMs: isLast ? null : 0 }
      if (outcome.startsWith('dies')) this.dead.push({ attempt, end })
      else await this.conclude(attempt, end)
    }

    async conclude(attempt: Attempt, end: AttemptEnd): Promise<void> {
      const expected = this.model.conclude(this.byId(attempt.award.id), attempt.holder, end.kind === 'DELIVERED' ? 'DELIVERED' : end.retryInMs === null ? 'FAILED' : 'AGAIN')
      expect(await store.conclude(this.campaign.tenantId, attempt, end)).toBe(expected)
    }

    async desk({ action, which, fate, again }: Step & { do: 'desk' }): Promise<void> {
      const awards = [...new Set(which.flatMap((n) => this.pick(n) ?? []))]
      if (awards.length === 0) return
      if (action === 'confirm' || action === 'fail') {
        const [award] = awards as [ModelAward]
        const refusal = this.model.desk(award, action, fate)
        const done = desk[action](this.ctx, award.id, newId())
        if (refusal === null) await done
        else await expect(done).rejects.toMatchObject({ code: 'CONFLICT' })
        return
      }
      const ids = awards.map(({ id }) => id)
      const idempotencyKey = newId()
      const ask = () => (action === 'issue'
        ? desk.issueAgain(this.ctx, ids, 'model', idempotencyKey)
        : desk[action](this.ctx, { ids, reason: 'model', stock: fate, idempotencyKey }))
      const expected = awards.map((award) => [award.id, this.model.desk(award, action, fate)])
      const results = await Promise.all(again ? [ask(), ask()] : [ask()])
      for (const result of results) expect(result.map(({ id, refusal }) => [id, refusal])).toEqual(expected)
    }

    async play(step: Step): Promise<void> {
      const { tenantId, id } = this.campaign
      switch (step.do) {
        case 'win': return this.win(step.prize, step.settled)
        case 'settle': return this.settle()
        case 'attempt': return this.attempt(step.outcome)
        case 'assign': {
          while ((await store.assign(tenantId, null)) > 0);
          return this.model.assign()
        }
        case 'credit': {
          while ((await store.credit(tenantId)) > 0);
          return this.model.credit()
        }
        case 'lapse': {
          await kit.owner.query(`UPDATE fulfilment_task SET lease_until = now() - interval '1 second' WHERE campaign_id = $1 AND lease_until IS NOT NULL`, [id])
          return this.model.lapse()
        }
        case 'expire': {
          await kit.owner.query(`UPDATE fulfilment_task SET due_at = now() WHERE campaign_id = $1 AND kind = 'MANUAL' AND due_at IS NOT NULL`, [id])
          while ((await store.expire(tenantId)) > 0);
          return this.model.expire('WRITE_OFF')
        }
        case 'late': {
          const [late] = this.dead.splice(step.which % Math.max(1, this.dead.length), 1)
          return late === undefined ? undefined : this.conclude(late.attempt, late.end)
        }
        case 'claim': {
          const award = this.pick(step.which)
          if (award === undefined) return
          const address = { recipient: 'R', phone: null, country: 'CN', region: null, city: 'C', postalCode: null, line1: 'L', line2: null }
          const submitted = claims.submit(this.ctx, award.id, address)
          if (this.model.claim(award)) await submitted
          else await expect(submitted).rejects.toMatchObject({ code: expect.stringMatching(/CONFLICT|BAD_USER_INPUT/) })
          return
        }
        case 'desk': return this.desk(step)
        case 'rebuild': {
          await kit.rebuilds.rebuild(await this.campaign.published(), 'the model wants it', () => undefined)
          this.model.settle()
          return this.buckets()
        }
      }
    }

    /** Every award, every unit and every credit is where the model has it. */
    async compare(): Promise<void> {
      const { id, tenantId } = this.campaign
      const { rows } = await kit.owner.query<{ status: string }>('SELECT status::text FROM award WHERE campaign_id = $1 ORDER BY id', [id])
      expect(rows.map(({ status }) => status)).toEqual(this.model.awards.map(({ status }) => status))
      const stock = await kit.owner.query<{ granted: number; vault: number; stock_total: number; returned: number }>(
        `SELECT p.stock_total, coalesce(sum(CASE WHEN from_place = 'outside' THEN quantity WHEN to_place = 'outside' THEN -quantity END), 0)::int AS granted,
           coalesce(sum(CASE WHEN to_place = 'vault' THEN quantity WHEN from_place = 'vault' THEN -quantity END), 0)::int AS vault
         FROM prize p JOIN stock_ledger l ON l.prize_id = p.id WHERE p.campaign_id = $1 GROUP BY p.id, p.position, p.stock_total ORDER BY p.position`, [id])
      const { granted, vault } = this.model
      expect(stock.rows).toEqual(KINDS.map((_, n) => ({ granted: granted[n], stock_total: granted[n], vault: vault[n] })))
      const wallet = await kit.owner.query<{ sum: number }>(
        `SELECT coalesce(sum(CASE movement WHEN 'CREDIT' THEN amount_minor ELSE -amount_minor END), 0)::int AS sum FROM wallet_entry WHERE tenant_id = $1`, [tenantId])
      expect(wallet.rows[0]!.sum).toBe(VALUE * this.model.awards.filter(({ kind, status }) => kind === 'WALLET' && status === 'FULFILLED').length)
      for (const award of this.model.awards) expect([...award.received].filter((told) => told !== award.id)).toEqual([])
    }

    async buckets(): Promise<void> {
      const { epoch } = await this.campaign.stream()
      const units = await kit.redis.hmget(bucketKeys(this.campaign.place, epoch, 0).stock, ...KINDS.map((_, n) => `p${n + 1}`))
      expect(units.map(Number)).toEqual(KINDS.map((_, n) => this.model.inBuckets(n)))
    }
  }

  async function plant(): Promise<Planted> {
    const campaign = await kit.plant({ prizes: KINDS.map(() => ({ stock: STOCK })) })
    for (const [n, kind] of KINDS.entries()) {
      const fulfilment = kind === null ? null : { kind, url: kind === 'WEBHOOK' ? 'https://example.com' : null, claimWithinSeconds: kind === 'MANUAL' ? 3_600 : null, onExpiry: 'WRITE_OFF' }
      await kit.owner.query(`UPDATE prize SET fulfilment = $2, value_minor = $3, value_currency = 'CNY' WHERE id = $1`, [campaign.prizeIds[n], fulfilment, VALUE])
    }
    return campaign
  }

  it('nothing is delivered twice, and the ledger is the awards, whatever dies between two steps', async () => {
    const run = seed('fulfilment')
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 70, size: 'max' }), async (steps) => {
      const one = new Run(await plant())
      for (const each of [...BEGINNING, ...steps]) {
        await one.play(each)
        await one.compare()
      }
      await one.settle()
      expect((await kit.audit(one.campaign)).violations).toEqual([])
      await one.play({ do: 'rebuild' })
      expect((await kit.audit(one.campaign)).violations).toEqual([])
    }), { seed: run.value, numRuns: RUNS, endOnFailure: true })
  }, 240_000)
})
