import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { encodeDrawId } from '../../src/common/draw-id.js'
import { DeliveryStore } from '../../src/modules/fulfilment/delivery.store.js'
import { DeskService } from '../../src/modules/fulfilment/desk.service.js'
import type { FulfilmentService } from '../../src/modules/fulfilment/fulfilment.service.js'
import { AuditLogService } from '../../src/modules/tenancy/audit-log.service.js'
import { AuditMetrics } from '../../src/modules/tenancy/audit-metrics.js'
import { WalletLedgerService } from '../../src/modules/user-center/wallet-ledger.service.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { type Planted, type SettlementKit, startSettlement } from '../support/settlement.js'

const WALLET = { kind: 'WALLET', url: null, claimWithinSeconds: null, onExpiry: 'RETURN_TO_VAULT' }
const WEBHOOK = { ...WALLET, kind: 'WEBHOOK', url: 'https://example.com' }

describe('the books of awards and wallets', () => {
  let kit: SettlementKit
  let store: DeliveryStore
  let desk: DeskService
  let campaign: Planted
  /** By participant: the decimal key of the award, and the id that the desk knows it by. */
  let keys: Record<string, string>
  let ids: Record<string, string>

  beforeAll(async () => {
    kit = await startSettlement()
    const wallets = new WalletLedgerService(kit.sql)
    store = new DeliveryStore(kit.sql, wallets)
    const log = new AuditLogService(new AuditMetrics(new Metrics()))
    desk = new DeskService(kit.sql, log, wallets, { wake: () => undefined } as unknown as FulfilmentService)
  })
  afterAll(() => kit.close())

  const ctx = () => systemContext(campaign.tenantId, 'test')
  const setPrize = (n: number, fulfilment: object | null, amount: number | null) => kit.owner.query(
    'UPDATE prize SET fulfilment = $2, value_minor = $3, value_currency = $4 WHERE id = $1', [campaign.prizeIds[n], fulfilment, amount, amount === null ? null : 'CNY'])
  const takeBack = (user: string) => ({ ids: [ids[user]!], reason: 'test', stock: 'RETURN_TO_VAULT' as const, idempotencyKey: `back-${user}` })

  async function win(user: string, position: number): Promise<void> {
    const decided = await kit.decide(campaign, { userId: user, outcomes: [String(position)] })
    expect(await kit.wins.commit(await kit.toCommit(campaign, decided))).toBe('COMMITTED')
    keys[user] = decided.ids[0]!
    ids[user] = `A${encodeDrawId({ snowflake: BigInt(keys[user]), campaignNo: campaign.place.no, bucket: decided.bucket })}`
  }

  /**
   * ada was credited; bob was credited, then revoked; cyd was revoked before her credit; dan's prize is worth nothing; eve's is
   * a webhook's, which failed, was issued again and succeeded; fay was confirmed before her prize had a way of fulfilment;
   * gil waits; hal was confirmed by hand, and so credited.
   */
  async function plant(): Promise<void> {
    campaign = await kit.plant({ prizes: [{ stock: 20 }, { stock: 20 }, { stock: 20 }, { stock: 20 }] });
    [keys, ids] = [{}, {}]
    await setPrize(0, WALLET, 250)
    await setPrize(1, WALLET, null)
    await setPrize(2, WEBHOOK, 250)
    await setPrize(3, null, 250)
    for (const [user, position] of [['ada', 1], ['bob', 1], ['cyd', 1], ['hal', 1], ['dan', 2], ['eve', 3], ['fay', 4]] as const) await win(user, position)
    await kit.drains.drain(await campaign.stream(), 100)
    await desk.revoke(ctx(), takeBack('cyd'))
    await desk.confirm(ctx(), ids.hal!, 'paid')
    await desk.confirm(ctx(), ids.fay!, 'by hand')
    await setPrize(3, WALLET, 250)
    await desk.confirm(ctx(), ids.fay!, 'by hand')
    await store.assign(campaign.tenantId, null)
    await store.credit(campaign.tenantId)
    await desk.revoke(ctx(), takeBack('bob'))
    for (const outcome of ['refused', 'gone', 'taken']) {
      const [attempt] = await store.begin(campaign.tenantId, 1, 60_000)
      await store.conclude(campaign.tenantId, attempt!, outcome === 'taken' ? { kind: 'DELIVERED' } : { kind: 'FAILED', reason: outcome, retryInMs: outcome === 'gone' ? null : 0 })
      if (outcome === 'gone') await desk.issueAgain(ctx(), [ids.eve!], 'again', 'again')
    }
    await win('gil', 1)
    await kit.drains.drain(await campaign.stream(), 100)
    const { rows } = await kit.owner.query<{ of: string; status: string; entries: number }>(
      `SELECT a.participant_id AS of, a.status::text, (SELECT count(*)::int FROM wallet_entry w WHERE w.award_id = a.id AND w.tenant_id = a.tenant_id) AS entries
       FROM award a WHERE a.campaign_id = $1 ORDER BY 1`, [campaign.id])
    expect(rows.map(({ of, status, entries }) => `${of} ${status} ${entries}`)).toEqual([
      'ada FULFILLED 1', 'bob REVOKED 2', 'cyd REVOKED 0', 'dan FULFILLED 0', 'eve FULFILLED 0', 'fay FULFILLED 0', 'gil GRANTED 0', 'hal FULFILLED 1',
    ])
    expect((await kit.audit(campaign)).violations).toEqual([])
  }

  /** As the tables' owner, past their constraints: `$1` is the award's key, `$2` the tenant. */
  async function harm(statement: string, user: string): Promise<void> {
    await kit.owner.query('SET session_replication_role = replica')
    await kit.owner.query(statement.replaceAll('$1', keys[user]!).replaceAll('$2', `'${campaign.tenantId}'`))
    await kit.owner.query('SET session_replication_role = origin')
  }
  const OF = 'tenant_id = $2 AND award_id = $1'
  const entry = (movement: string, amount = 250, currency = 'CNY', user = 'ada') =>
    `INSERT INTO wallet_entry (tenant_id, award_id, movement, participant_id, amount_minor, currency) VALUES ($2, $1, '${movement}', '${user}', ${amount}, '${currency}')`
  const event = (from: string, to: string, version: number) =>
    `INSERT INTO award_event (tenant_id, award_id, from_status, to_status, award_version, actor_kind) VALUES ($2, $1, '${from}', '${to}', ${version}, 'system')`

  it.each<[string, string, string, RegExp[]]>([
    ['a credit that is missing', 'ada', `DELETE FROM wallet_entry WHERE ${OF}`, [/^WALLETS awards that were fulfilled and not credited; awards: KEY$/]],
    ['a credit that is missing of one that was revoked', 'bob', `DELETE FROM wallet_entry WHERE ${OF} AND movement = 'CREDIT'`,
      [/^WALLETS awards that were fulfilled and not credited; awards: KEY$/]],
    ['a reversal that is missing', 'bob', `DELETE FROM wallet_entry WHERE ${OF} AND movement = 'REVERSAL'`,
      [/^WALLETS awards that were credited and taken back, and not reversed; awards: KEY$/]],
    ['both that are missing', 'bob', `DELETE FROM wallet_entry WHERE ${OF}`,
      [/^WALLETS awards that were fulfilled and not credited; awards: KEY$/, /^WALLETS awards that were credited and taken back, and not reversed; awards: KEY$/]],
    ['a credit of another amount', 'ada', `UPDATE wallet_entry SET amount_minor = 251 WHERE ${OF}`,
      [/^WALLETS entries that are not of their award's amount, currency and participant; awards: KEY \(CREDIT 251 CNY of ada\)$/]],
    ['a credit in another currency', 'ada', `UPDATE wallet_entry SET currency = 'EUR' WHERE ${OF}`, [/^WALLETS entries that are not of .*: KEY \(CREDIT 250 EUR of ada\)$/]],
    ['a credit to another participant', 'ada', `UPDATE wallet_entry SET participant_id = 'bob' WHERE ${OF}`, [/^WALLETS entries that are not of .*: KEY \(CREDIT 250 CNY of bob\)$/]],
    ['a reversal of another amount', 'bob', `UPDATE wallet_entry SET amount_minor = 1 WHERE ${OF} AND movement = 'REVERSAL'`,
      [/^WALLETS entries that are not of .*: KEY \(REVERSAL 1 CNY of bob\)$/]],
    ['a credit of one that waits', 'gil', entry('CREDIT', 250, 'CNY', 'gil'), [/^WALLETS credits of awards that no wallet fulfilled; awards: KEY$/]],
    ['a credit of one that was revoked before', 'cyd', entry('CREDIT', 250, 'CNY', 'cyd'), [/^WALLETS credits of awards that no wallet fulfilled; awards: KEY$/]],
    ['a credit of one that a webhook fulfilled', 'eve', entry('CREDIT', 250, 'CNY', 'eve'), [/^WALLETS credits of awards that no wallet fulfilled; awards: KEY$/]],
    ['a credit of one that a person fulfilled', 'fay', entry('CREDIT', 250, 'CNY', 'fay'), [/^WALLETS credits of awards that no wallet fulfilled; awards: KEY$/]],
    ['a credit of one that is worth nothing', 'dan', entry('CREDIT', 0, 'CNY', 'dan'),
      [/^WALLETS credits of awards that no wallet fulfilled; awards: KEY$/, /^WALLETS entries that are not of .*: KEY \(CREDIT 0 CNY of dan\)$/]],
    ['a reversal of one that stands', 'ada', entry('REVERSAL'), [/^WALLETS reversals of awards that were not credited, or stand; awards: KEY$/]],
    ['a reversal of one that was never credited', 'cyd', entry('REVERSAL', 250, 'CNY', 'cyd'), [/^WALLETS reversals of awards that were not credited, or stand; awards: KEY$/]],
    ['entries whose award is gone', 'hal', 'DELETE FROM award WHERE tenant_id = $2 AND id = $1',
      [/^I4 won draws without their award/, /^I7 .*/, /^WALLETS entries without an award; awards: KEY$/]],
    ['a status that no history has', 'gil', `UPDATE award SET status = 'FAILED' WHERE tenant_id = $2 AND id = $1`,
      [/^AWARDS awards that are not as their history ends; awards: KEY \(FAILED 1, history GRANTED 1\)$/]],
    ['a status that is not the last of its history', 'eve', `UPDATE award SET status = 'FAILED' WHERE tenant_id = $2 AND id = $1`,
      [/^AWARDS awards that are not as their history ends; awards: KEY \(FAILED 5, history FULFILLED 5\)$/]],
    ['a version without its row', 'eve', `UPDATE award SET version = 6 WHERE tenant_id = $2 AND id = $1`,
      [/^AWARDS awards that are not as their history ends; awards: KEY \(FULFILLED 6, history FULFILLED 5\)$/]],
    ['a last row that is missing', 'eve', `DELETE FROM award_event WHERE ${OF} AND award_version = 5`,
      [/^AWARDS awards that are not as their history ends; awards: KEY \(FULFILLED 5, history FULFILLING 4\)$/]],
    ['a row that is missing between two', 'eve', `DELETE FROM award_event WHERE ${OF} AND to_status = 'FAILED'`,
      [/^AWARDS histories with a row that does not go on from the one before; awards \(at version\): KEY \(4\)$/]],
    ['a first row that is missing', 'eve', `DELETE FROM award_event WHERE ${OF} AND award_version = 2`,
      [/^AWARDS histories with a row that does not go on from the one before; awards \(at version\): KEY \(3\)$/]],
    ['a row that begins elsewhere', 'eve', `UPDATE award_event SET from_status = 'GRANTED' WHERE ${OF} AND to_status = 'FAILED'`,
      [/^AWARDS histories with a row that does not go on .*: KEY \(3\)$/]],
    ['a note that counts as a change', 'eve', `UPDATE award_event SET award_version = 3 WHERE ${OF} AND from_status = to_status`,
      [/^AWARDS histories with a row that does not go on .*: KEY \(3\), KEY \(3\)$/]],
    ['a history that goes on after its end', 'cyd', `${event('REVOKED', 'GRANTED', 3)}; UPDATE award SET status = 'GRANTED', version = 3 WHERE tenant_id = $2 AND id = $1`,
      [/^AWARDS awards that went on after their end; awards \(at version\): KEY \(3\)$/, /^I1|^I7/]],
    ['one that was fulfilled and is on its way again', 'eve', `${event('FULFILLED', 'FULFILLING', 6)}; UPDATE award SET status = 'FULFILLING', version = 6 WHERE tenant_id = $2 AND id = $1`,
      [/^AWARDS awards that went on after their end; awards \(at version\): KEY \(6\)$/]],
  ])('tell of %s', async (_what, user, statement, told) => {
    await plant()
    await harm(statement, user)
    const { balanced, violations } = await kit.audit(campaign)
    expect(balanced).toBe(false)
    const details = violations.map(({ invariant, detail }) => `${invariant} ${detail}`.replaceAll(keys[user]!, 'KEY'))
    expect(details).toHaveLength(told.length)
    expect(told.filter((one) => !details.some((detail) => one.test(detail)))).toEqual([])
  })

  it('tell of a credit that was written twice, which its key makes impossible', async () => {
    await plant()
    try {
      await kit.owner.query('ALTER TABLE wallet_entry DROP CONSTRAINT wallet_entry_pkey')
      await kit.owner.query('INSERT INTO wallet_entry SELECT * FROM wallet_entry WHERE award_id = $1', [keys.ada])
      expect((await kit.audit(campaign)).violations).toEqual([{ invariant: 'WALLETS', detail: `awards with an entry more than once; awards: ${keys.ada} (CREDIT)` }])
    } finally {
      await kit.owner.query('DELETE FROM wallet_entry WHERE award_id = $1', [keys.ada])
      await kit.owner.query('ALTER TABLE wallet_entry ADD PRIMARY KEY (tenant_id, award_id, movement)')
    }
  })

  it('say nothing of a task that came when its award had been fulfilled by hand; a confirmation that is repeated makes none', async () => {
    await plant()
    const { rows } = await kit.owner.query('SELECT FROM fulfilment_task WHERE award_id = $1', [keys.fay])
    expect(rows).toEqual([])
    await kit.owner.query(
      `INSERT INTO fulfilment_task (tenant_id, award_id, campaign_id, prize_id, kind) SELECT tenant_id, id, campaign_id, prize_id, 'WALLET' FROM award WHERE id = $1`, [keys.fay])
    expect((await kit.audit(campaign)).violations).toEqual([])
  })

  it('are of one campaign: what is wrong with another\'s awards is told there', async () => {
    await plant()
    const [mine, key] = [campaign, keys.ada!]
    await plant()
    await kit.owner.query('SET session_replication_role = replica')
    await kit.owner.query('DELETE FROM wallet_entry WHERE award_id = $1', [key])
    await kit.owner.query('SET session_replication_role = origin')
    expect((await kit.audit(campaign)).violations).toEqual([])
    expect((await kit.audit(mine)).violations).toHaveLength(1)
  })
})
