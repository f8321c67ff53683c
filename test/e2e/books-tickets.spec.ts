import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { type Planted, type SettlementKit, startSettlement } from '../support/settlement.js'

describe('the books of tickets', () => {
  let kit: SettlementKit
  let campaign: Planted
  beforeAll(async () => { kit = await startSettlement() })
  afterAll(async () => { await kit.close() })

  /** Ada has two tickets, one that ends in an hour, and has spent another. */
  async function plant(): Promise<void> {
    campaign = await kit.plant({ requiresTickets: true })
    await kit.grant(campaign, 'ada', 2)
    await kit.grant(campaign, 'ada', 1, new Date(Date.now() + 3_600_000))
    await kit.decide(campaign, { userId: 'ada', ticket: true })
    await kit.drains.drain(await campaign.stream(), 10)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, violations: [] })
  }
  const row = (movement: string, amount: number, key: string, expiresAt: Date | null = null) => kit.owner.query(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, applied_at)
     VALUES ($1, $2, 'ada', $3::ticket_movement, $4, 'test', $5, $6, now())`, [campaign.tenantId, campaign.id, movement, amount, key, expiresAt])
  const hash = () => `${bucketKeys(campaign.place, 1, 0).participants}ada`

  it.each<[string, string, () => Promise<unknown>]>([
    ['a ticket too many in Redis', 'Redis holds other tickets', () => kit.redis.hincrby(hash(), 't', 1)],
    ['a lot that Redis has lost', 'Redis holds other tickets', () => kit.redis.hset(hash(), 'tl', '')],
    ['a grant that Redis has not had', 'Redis holds other tickets', () => row('GRANT', 1, 'grant:lost')],
    ['a ticket spent by no draw', 'spent without a settled draw', () => row('DRAW', -1, 'draw:1')],
    ['a draw that took two', 'more or less than one ticket', () => row('DRAW', -2, 'draw:2')],
    ['a draw that took none', 'took no ticket', async () => {
      await kit.decide(campaign, { userId: 'ada' })
      await kit.drains.drain(await campaign.stream(), 10)
    }],
    ['more spent than granted', 'more tickets spent than granted', () => row('EXPIRE', -3, 'expire:0')],
    ['a closed lot that holds some', 'a lot that is closed', async () => {
      await row('GRANT', 1, 'grant:late', new Date(Date.now() - 3_600_000))
      await kit.owner.query('INSERT INTO ticket_expiry VALUES ($1, $2, now())', [campaign.tenantId, campaign.id])
    }],
  ])('tell of %s', async (_what, told, harm) => {
    await plant()
    await harm()
    const { balanced, violations } = await kit.audit(campaign)
    expect(balanced).toBe(false)
    expect(violations).toEqual(expect.arrayContaining([{ invariant: 'TICKETS', detail: expect.stringContaining(told) }]))
  })

  it('say nothing of a grant that is on its way, nor of a draw that is not settled', async () => {
    await plant()
    await kit.owner.query(
      `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key)
       VALUES ($1, $2, 'ada', 'GRANT', 5, 'test', 'grant:soon')`, [campaign.tenantId, campaign.id])
    await kit.decide(campaign, { userId: 'ada', ticket: true })
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, violations: [] })
  })
})
