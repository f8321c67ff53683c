import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '../../src/common/ids.js'
import type { AuditOptions } from '../../src/modules/settlement/books/books.types.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { type Planted, startSettlement, type SettlementKit } from '../support/settlement.js'

let kit: SettlementKit
beforeAll(async () => { kit = await startSettlement() })
afterAll(() => kit.close())

/** A campaign with settled draws of three participants, two of them winners, and one draw that is not settled. */
async function settledCampaign(options: Parameters<SettlementKit['plant']>[0] = {}) {
  const campaign = await kit.plant({ prizes: [{ stock: 10 }, { stock: 10, isFallback: true, probabilityPpb: 0 }], ...options })
  const won = await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
  await kit.decide(campaign, { userId: 'bob', outcomes: ['f2', '0'] })
  await kit.decide(campaign, { userId: 'eve' })
  await kit.drains.drain(await campaign.stream(), 10)
  await kit.decide(campaign, { userId: 'fay', outcomes: ['1'] })
  return { campaign, won }
}

/** As the table's owner, past its constraints and triggers. */
async function plantWrong(statement: string, values: unknown[]): Promise<void> {
  await kit.owner.query('SET session_replication_role = replica')
  await kit.owner.query(statement, values)
  await kit.owner.query('SET session_replication_role = origin')
}

const found = async (campaign: Planted, options: AuditOptions = {}) => (await kit.audit(campaign, options)).violations
const invariants = async (campaign: Planted) => [...new Set((await found(campaign)).map((violation) => violation.invariant))]

describe('the books', () => {
  it('balance, and count what is not settled', async () => {
    const { campaign } = await settledCampaign()
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, violations: [], draws: 4, unsettled: 1 })
  })

  it('balance at every moment of live traffic', async () => {
    const campaign = await kit.plant({ bucketCount: 4, prizes: [{ stock: 100_000 }] })
    let going = true
    const traffic = (async () => {
      for (let n = 0; going; n++) await kit.decide(campaign, { userId: `user-${n % 50}`, outcomes: [n % 2 === 0 ? '1' : '0'] })
    })()
    const draining = (async () => {
      while (going) for (let bucket = 0; bucket < 4; bucket++) await kit.drains.drain(await campaign.stream(bucket), 1)
    })()
    try {
      for (let n = 0; n < 8; n++) expect(await found(campaign, { attempts: 4 })).toEqual([])
    } finally {
      going = false
      await Promise.all([traffic, draining])
    }
  }, 60_000)

  it('do not know another tenant\'s campaign', async () => {
    const [mine, other] = [await kit.plant(), await kit.plant()]
    await expect(kit.audit({ ...other, tenantId: mine.tenantId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('I1: more awards than units', async () => {
    const { campaign } = await settledCampaign()
    await plantWrong(`UPDATE stock_ledger SET quantity = 1 WHERE campaign_id = $1 AND movement IN ('GRANT')`, [campaign.id])
    await plantWrong(`INSERT INTO award (tenant_id, id, campaign_id, prize_id, participant_id, created_at)
      SELECT tenant_id, id, campaign_id, $2, participant_id, created_at FROM draw WHERE campaign_id = $1 AND outcome = 'LOST'`, [campaign.id, campaign.prizeIds[0]])
    const violations = await found(campaign)
    expect(violations.filter((violation) => violation.invariant === 'I1').map((violation) => violation.detail)).toEqual([
      `prize ${campaign.prizeIds[0]}: 3 live awards of 1 units granted`,
    ])
  })

  it('I2: a key with two draws', async () => {
    const { campaign, won } = await settledCampaign()
    await kit.owner.query('BEGIN')
    try {
      await kit.owner.query('ALTER TABLE draw DROP CONSTRAINT draw_once')
      await kit.owner.query(`INSERT INTO draw SELECT tenant_id, campaign_id, participant_id, id + 1000000, idempotency_key, ordinal, state, 'LOST', NULL, version, fingerprint, roll,
        campaign_version, epoch, bucket, seq, device_id, ip, trace_parent, created_at, settled_at FROM draw WHERE id = $1`, [won.ids[0]])
      const { rows } = await kit.owner.query(`SELECT string_agg(id::text, ',' ORDER BY id) AS ids FROM draw WHERE campaign_id = $1 GROUP BY participant_id, idempotency_key, ordinal HAVING count(*) > 1`, [campaign.id])
      expect(rows).toHaveLength(1)
      await kit.owner.query('COMMIT')
      expect((await found(campaign)).find((violation) => violation.invariant === 'I2')?.detail).toContain(won.ids[0])
    } finally {
      await kit.owner.query('DELETE FROM draw WHERE campaign_id = $1 AND id = $2', [campaign.id, String(BigInt(won.ids[0]!) + 1_000_000n)])
      await kit.owner.query('ALTER TABLE draw ADD CONSTRAINT draw_once UNIQUE (tenant_id, campaign_id, participant_id, idempotency_key, ordinal)')
    }
  })

  it('I3: quotas in all, a day, wins (fallback not counted), and wins of a prize', async () => {
    const quotas = [
      { options: { drawsPerUserTotal: 1 }, names: 'bob (2)' },
      { options: { drawsPerUserDaily: 1 }, names: 'bob on ' },
    ]
    for (const { options, names } of quotas) {
      const { campaign } = await settledCampaign(options)
      const violations = await found(campaign)
      expect(violations.map((violation) => violation.invariant)).toEqual(['I3'])
      expect(violations[0]!.detail).toContain(names)
    }
    const wins = await kit.plant({ winsPerUser: 1, prizes: [{ stock: 10, winsPerUser: 2 }, { stock: 10, isFallback: true }] })
    await kit.decide(wins, { userId: 'within', outcomes: ['1', '2', '2'] })
    await kit.drains.drain(await wins.stream(), 10)
    expect(await found(wins)).toEqual([])
    await kit.decide(wins, { userId: 'above', outcomes: ['1', '1', '1'] })
    await kit.drains.drain(await wins.stream(), 10)
    expect((await found(wins)).map((violation) => violation.detail)).toEqual([
      'more than 1 wins; participants: above (3)',
      `more wins of a prize than a participant may have; participants: above of prize ${wins.prizeIds[0]} (3)`,
    ])
  })

  it('I4: a win without its award, and an award without its win', async () => {
    const { campaign, won } = await settledCampaign()
    await plantWrong('UPDATE award SET id = id + 5000000 WHERE campaign_id = $1 AND id = $2', [campaign.id, won.ids[0]])
    expect((await found(campaign)).filter((violation) => violation.invariant === 'I4').map((violation) => violation.detail)).toEqual([
      `won draws without their award; draws: ${won.ids[0]}`,
      `awards without a won draw; awards: ${BigInt(won.ids[0]!) + 5_000_000n}`,
    ])
  })

  it('I5: a row that its stream had, a lost entry, and a stream behind Postgres', async () => {
    const { campaign: rowless } = await settledCampaign()
    await plantWrong(`DELETE FROM draw WHERE campaign_id = $1 AND participant_id = 'eve'`, [rowless.id])
    expect((await found(rowless)).map((violation) => violation.detail)).toEqual(['epoch 1, bucket 0: settled entries that left nothing; numbers: 3'])
    const { campaign: gap } = await settledCampaign()
    await kit.redis.del(bucketKeys(gap.place, 1, 0).stream)
    expect(await invariants(gap)).toEqual(['I5', 'I7'])
    const { campaign: behind } = await settledCampaign()
    await kit.redis.hset(bucketKeys(behind.place, 1, 0).stock, 'q', 1)
    expect((await found(behind)).map((violation) => violation.detail)).toContain('bucket 0 is at 1, Postgres at 3')
  })

  it('I6: a row of another tenant', async () => {
    const { campaign, won } = await settledCampaign()
    const stranger = await kit.plant()
    await plantWrong('UPDATE draw SET tenant_id = $2 WHERE id = $1', [won.ids[0], stranger.tenantId])
    expect((await found(campaign)).find((violation) => violation.invariant === 'I6')?.detail).toBe(`of another tenant than the campaign's: draw ${won.ids[0]}`)
  })

  it('I7: units that came or went, and a bucket below zero; what is in transit counts once', async () => {
    const { campaign } = await settledCampaign({ bucketCount: 2 })
    const stock = bucketKeys(campaign.place, 1, 0).stock
    await kit.redis.hincrby(stock, 'p1', -1)
    await kit.redis.hset(bucketKeys(campaign.place, 1, 0).out, 'move', `1|1|1|${Date.now()}`)
    expect(await found(campaign)).toEqual([])
    await kit.redis.hset(bucketKeys(campaign.place, 1, 1).in, 'move', String(Date.now()))
    await kit.redis.hincrby(bucketKeys(campaign.place, 1, 1).stock, 'p1', 1)
    expect(await found(campaign)).toEqual([])
    await kit.redis.hincrby(stock, 'p1', -20)
    const violations = await found(campaign)
    expect(violations.map((violation) => violation.detail.replace(/ \(.*/, ''))).toEqual([
      `prize ${campaign.prizeIds[0]}: 20 units are missing`, `prize ${campaign.prizeIds[0]}: bucket 0 is below zero`,
    ])
  })

  it('I8: changes that consumers have not had, or had without reason', async () => {
    const { campaign, won } = await settledCampaign()
    expect(await found(campaign)).toEqual([])
    const strict = await found(campaign, { strict: true })
    expect(new Set(strict.map((violation) => violation.invariant))).toEqual(new Set(['I8']))
    expect(strict[0]!.detail).toContain(won.ids[0])
    const strange = String(BigInt(won.ids[0]!) + 1_000_000n)
    await kit.owner.query(`UPDATE draw SET settled_at = now() - interval '2 minutes' WHERE id = $1`, [won.ids[0]])
    await kit.owner.query(`INSERT INTO consumed_event (tenant_id, consumer, draw_id, version, type, subject, campaign_id, committed_at)
      VALUES ($1, 'RISK', $3, 0, 'drawbridge.draw.settled', 'x', $2, now())`, [campaign.tenantId, campaign.id, strange])
    await kit.owner.query(`INSERT INTO wallet_item (tenant_id, award_id, participant_id, campaign_id, prize_id, status, award_version, created_at)
      VALUES ($1, 4711, 'ada', $2, $3, 'GRANTED', 1, now())`, [campaign.tenantId, campaign.id, newId()])
    expect((await found(campaign)).map((violation) => violation.detail)).toEqual([
      `settled draws that RISK was not told of; draws: ${won.ids[0]}`,
      `events of RISK without their settled draw; draws: ${strange}`,
      `settled draws that USER_CENTER was not told of; draws: ${won.ids[0]}`,
      'wallet items without an award; items: 4711',
      'participants whose counted draws are not those that risk was told of; counted against told: 0 against 1',
    ])
  })
})
