import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { newId } from '../../src/common/ids.js'
import { assignCodes } from '../../src/modules/codes/code-assignment.service.js'
import { openStage, findDuplicates, moveToPool, stage } from '../../src/modules/codes/code-import.store.js'
import { ensurePool, gatherAwards, serveWaiting, voidFree } from '../../src/modules/codes/code-pool.store.js'
import { BLOCK_CODES, codeVault } from '../../src/modules/codes/domain/vault.js'
import { decodeEntry } from '../../src/modules/settlement/domain/stream-entry.js'
import { type DrawRow, insertDraws, toRows } from '../../src/modules/settlement/draw-rows.store.js'
import type { SqlClient } from '../../src/platform/prisma/sql.service.js'
import { seed } from '../support/seed.js'
import { type Planted, startSettlement, type SettlementKit } from '../support/settlement.js'

const ROUNDS = 60
const LIVES = 4

let kit: SettlementKit
beforeAll(async () => { kit = await startSettlement() })
afterAll(() => kit.close())

class Fault extends Error {}

/** A pool as anybody would write it down: codes in the order of their import, and who has or awaits one. */
class Model {
  exists = false
  gathered = false
  readonly codes: Array<{ code: string; expired: boolean; voided: boolean; award: bigint | null }> = []
  /** Live awards, in the order of their ids; true: taken back. */
  readonly awards = new Map<bigint, boolean>()
  waiting: bigint[] = []

  free() { return this.codes.filter(({ expired, voided, award }) => !expired && !voided && award === null) }

  import(codes: string[]): boolean {
    if (new Set(codes).size < codes.length || codes.some((code) => this.codes.some((known) => known.code === code))) return false
    this.exists = true
    this.codes.push(...codes.map((code) => ({ code, expired: false, voided: false, award: null })))
    return true
  }

  award(ids: bigint[]): void {
    for (const id of ids) this.awards.set(id, false)
    if (!this.exists) return
    const free = this.waiting.length > 0 ? [] : this.free()
    ids.forEach((id, n) => {
      const code = free[n]
      if (code === undefined) this.waiting.push(id)
      else code.award = id
    })
  }

  gather(): void {
    if (!this.exists || this.gathered) return
    this.gathered = true
    const served = (id: bigint) => this.waiting.includes(id) || this.codes.some(({ award }) => award === id)
    for (const [id, revoked] of this.awards) if (!revoked && !served(id)) this.waiting.push(id)
    this.waiting.sort((a, b) => (a < b ? -1 : 1))
  }

  serve(max: number): void {
    if (!this.gathered || this.free().length === 0) return
    for (const id of this.waiting.slice(0, max)) {
      const code = this.awards.get(id) === true ? null : this.free()[0]
      if (code === undefined) continue
      if (code !== null) code.award = id
      this.waiting = this.waiting.filter((other) => other !== id)
    }
  }
}

/** What Postgres has, in the model's words: the code's fingerprint stands for the code. */
async function seen(campaign: Planted, prizeId: string) {
  const codes = await kit.owner.query<{ fingerprint: Buffer; award_id: string | null; voided: boolean; participant_id: string | null }>(
    'SELECT fingerprint, award_id, participant_id, voided_at IS NOT NULL AS voided FROM prize_code WHERE tenant_id = $1 AND prize_id = $2 ORDER BY id', [campaign.tenantId, prizeId])
  const waiting = await kit.owner.query<{ award_id: string }>('SELECT award_id FROM code_waiting WHERE tenant_id = $1 AND prize_id = $2 ORDER BY award_id', [campaign.tenantId, prizeId])
  return {
    codes: codes.rows.map(({ fingerprint, award_id: award, voided }) => ({ print: fingerprint.toString('hex'), award: award === null ? null : BigInt(award), voided })),
    waiting: waiting.rows.map(({ award_id: id }) => BigInt(id)),
  }
}

let ids = 1n << 50n
/** As settlement reads it from a stream. */
function drawRow(id: bigint, position = 1): DrawRow {
  const fields = { y: 'D', u: `user-${id % 97n}`, k: String(id), f: '1', i: String(id), o: String(position), r: '0', c: String(Date.now()), v: '1', z: '0' }
  const entry = decodeEntry([`${Number(id - (1n << 50n)) + 1}-0`, Object.entries(fields).flat()])
  if (entry.kind !== 'DRAW') throw new Error('a draw was to be read')
  return toRows(entry, 1, 0)[0]!
}

async function importCodes(sql: SqlClient, campaign: Planted, prizeId: string, codes: string[]): Promise<boolean> {
  const { tenantId } = campaign
  const vault = codeVault(kit.config.secretKey, tenantId, prizeId)
  const id = newId()
  await sql.query('INSERT INTO code_import (tenant_id, id, campaign_id, prize_id, dry_run, state) VALUES ($1, $2, $3, $4, false, $5)', [tenantId, id, campaign.id, prizeId, 'DONE'])
  await openStage(sql)
  await stage(sql, {
    lines: codes.map((_, n) => n + 2), fingerprints: codes.map(vault.fingerprint), expiresAtMs: codes.map(() => null), firstBlock: 0,
    sealed: Array.from({ length: Math.ceil(codes.length / BLOCK_CODES) }, (_, no) =>
      vault.seal(id, no, codes.slice(no * BLOCK_CODES, (no + 1) * BLOCK_CODES))),
  })
  if ((await findDuplicates(sql, tenantId, prizeId, 10)).count > 0) return false
  await ensurePool(sql, tenantId, campaign.id, prizeId)
  await moveToPool(sql, tenantId, prizeId, id)
  return true
}

it(`${LIVES} pools go the way of a plain model, through transactions that fail halfway`, async () => {
  const { int, value } = seed('codes')
  for (let life = 0; life < LIVES; life++) {
    const campaign = await kit.plant({ prizes: [{ stock: 100_000 }] })
    const { tenantId } = campaign
    const prizeId = campaign.prizeIds[0]!
    const ref = { tenantId, campaignId: campaign.id }
    const print = codeVault(kit.config.secretKey, tenantId, prizeId).fingerprint
    const model = new Model()
    /** Does it, or fails behind its last statement and does it again: a transaction leaves all or nothing. */
    const step = async <T>(work: (sql: SqlClient) => Promise<T>): Promise<T> => {
      const faulty = (sql: SqlClient) => work(sql).then(() => { throw new Fault() })
      if (int(4) === 0) await expect(kit.sql.tenant(tenantId, faulty)).rejects.toThrow(Fault)
      return kit.sql.tenant(tenantId, work)
    }
    const steps: Record<string, () => Promise<void>> = {
      import: async () => {
        const codes = Array.from({ length: 1 + int(8) }, () => `CODE-${int(300)}`)
        expect(await step((sql) => importCodes(sql, campaign, prizeId, codes))).toBe(model.import(codes))
      },
      award: async () => {
        const rows = Array.from({ length: 1 + int(6) }, () => drawRow(ids++))
        await step((sql) => insertDraws(sql, ref, rows, int(2) === 0 ? 'SETTLED' : 'DECIDED'))
        // A batch that comes again finds its rows, and gives nothing again.
        expect((await kit.sql.tenant(tenantId, (sql) => insertDraws(sql, ref, rows, 'SETTLED'))).size).toBe(0)
        model.award(rows.map(({ id }) => BigInt(id)))
      },
      gather: async () => {
        await step((sql) => gatherAwards(sql, tenantId, prizeId))
        model.gather()
      },
      serve: async () => {
        const max = 1 + int(5)
        await step((sql) => serveWaiting(sql, tenantId, prizeId, max))
        model.serve(max)
      },
      expire: async () => {
        const free = model.free()
        const code = free[int(Math.max(1, free.length))]
        if (code === undefined) return
        code.expired = true
        await kit.owner.query(`UPDATE prize_code SET expires_at = now() - interval '1 second' WHERE prize_id = $1 AND fingerprint = $2`, [prizeId, print(code.code)])
      },
      revoke: async () => {
        const live = [...model.awards].filter(([, revoked]) => !revoked).map(([id]) => id)
        const id = live[int(Math.max(1, live.length))]
        if (id === undefined) return
        model.awards.set(id, true)
        await kit.owner.query(`UPDATE award SET status = 'REVOKED' WHERE tenant_id = $1 AND id = $2`, [tenantId, String(id)])
      },
      void: async () => {
        if (int(6) > 0) return
        await step((sql) => voidFree(sql, tenantId, prizeId))
        for (const code of model.codes) code.voided ||= code.award === null
      },
    }
    const weighted = ['import', 'import', 'award', 'award', 'award', 'gather', 'serve', 'serve', 'expire', 'revoke', 'void']
    const trace: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const name = weighted[int(weighted.length)]!
      trace.push(name)
      await steps[name]!()
      const real = await seen(campaign, prizeId)
      const wanted = {
        codes: model.codes.map(({ code, award, voided }) => ({ print: print(code).toString('hex'), award, voided })),
        waiting: model.waiting,
      }
      try {
        expect(real).toEqual(wanted)
      } catch (error) {
        throw new Error(`SEED=${value}, life ${life}, after ${trace.join(', ')}`, { cause: error })
      }
    }
  }
}, 120_000)

it('awards that come at the same time share no code, while the queue is served and codes come', async () => {
  const { int } = seed('codes at once')
  const campaign = await kit.plant({ prizes: [{ stock: 100_000 }, { stock: 100_000 }] })
  const { tenantId } = campaign
  const ref = { tenantId, campaignId: campaign.id }
  let codes = 0
  const more = (prizeId: string, count: number) =>
    kit.sql.tenant(tenantId, (sql) => importCodes(sql, campaign, prizeId, Array.from({ length: count }, () => `C-${codes++}`)))
  const [one, two] = campaign.prizeIds as [string, string]
  await more(one, 5)
  await more(two, 40)
  const awards = async () => {
    for (let n = 0; n < 12; n++) {
      const rows = Array.from({ length: 1 + int(8) }, () => drawRow(ids++, 1 + int(2)))
      const abort = int(5) === 0
      await kit.sql.tenant(tenantId, async (sql) => {
        await insertDraws(sql, ref, rows, 'DECIDED')
        if (abort) throw new Fault()
      }).catch((error: unknown) => { if (!(error instanceof Fault)) throw error })
    }
  }
  const others = async () => {
    for (let n = 0; n < 10; n++) {
      await more(n % 2 === 0 ? one : two, 1 + int(30))
      for (const prizeId of campaign.prizeIds) {
        await kit.sql.tenant(tenantId, (sql) => gatherAwards(sql, tenantId, prizeId))
        await kit.sql.tenant(tenantId, (sql) => serveWaiting(sql, tenantId, prizeId, 1 + int(20)))
      }
    }
  }
  await Promise.all([awards(), awards(), awards(), awards(), others()])
  await more(one, 400)
  await more(two, 400)
  for (const prizeId of campaign.prizeIds) {
    await kit.sql.tenant(tenantId, (sql) => gatherAwards(sql, tenantId, prizeId))
    await kit.sql.tenant(tenantId, (sql) => serveWaiting(sql, tenantId, prizeId, 10_000))
  }
  const { rows } = await kit.owner.query<{ awards: number; with_code: number; codes: number; waiting: number }>(
    `SELECT count(*)::int AS awards, count(c.id)::int AS with_code, count(DISTINCT c.id)::int AS codes, (SELECT count(*)::int FROM code_waiting w WHERE w.tenant_id = $1) AS waiting
     FROM award a LEFT JOIN prize_code c ON c.tenant_id = a.tenant_id AND c.award_id = a.id AND c.prize_id = a.prize_id AND c.participant_id = a.participant_id WHERE a.tenant_id = $1`, [tenantId])
  expect(rows[0]!.awards).toBeGreaterThan(50)
  expect(rows[0]).toEqual({ awards: rows[0]!.awards, with_code: rows[0]!.awards, codes: rows[0]!.awards, waiting: 0 })
}, 120_000)

it('the books name what is wrong with a pool', async () => {
  const campaign = await kit.plant({ prizes: [{ stock: 10 }, { stock: 10 }] })
  const { tenantId } = campaign
  const [one, two] = campaign.prizeIds as [string, string]
  await kit.sql.tenant(tenantId, (sql) => importCodes(sql, campaign, one, ['A', 'B', 'C']))
  await kit.sql.tenant(tenantId, (sql) => gatherAwards(sql, tenantId, one))
  for (const userId of ['ada', 'bob', 'eve']) await kit.decide(campaign, { userId, outcomes: ['1'] })
  await kit.drains.drain(await campaign.stream(), 10)
  const told = async () => (await kit.audit(campaign)).violations.filter(({ invariant }) => ['CODES', 'I6'].includes(invariant)).map(({ detail }) => detail.split(/[;:]/)[0])
  expect(await told()).toEqual([])
  const wrong = async (statement: string, values: unknown[], undo: string) => {
    await kit.owner.query('SET session_replication_role = replica')
    await kit.owner.query(statement, values)
    const found = await told()
    await kit.owner.query(undo, values)
    await kit.owner.query('SET session_replication_role = origin')
    return found
  }
  const first = '(SELECT min(id) FROM prize_code WHERE prize_id = $1)'
  expect(await wrong(`UPDATE prize_code SET participant_id = 'x' WHERE id = ${first}`, [one], `UPDATE prize_code SET participant_id = 'ada' WHERE id = ${first}`))
    .toEqual(['codes whose award is not of their prize and participant'])
  expect(await wrong(`UPDATE prize_code SET expires_at = assigned_at WHERE id = ${first}`, [one], `UPDATE prize_code SET expires_at = NULL WHERE id = ${first}`))
    .toEqual(['codes that were given after they had expired, or are void'])
  expect(await wrong(
    `INSERT INTO code_waiting (tenant_id, prize_id, award_id, participant_id) SELECT tenant_id, prize_id, award_id, participant_id FROM prize_code WHERE id = ${first}`, [one],
    'DELETE FROM code_waiting WHERE prize_id = $1')).toEqual(['awards that wait although they have a code'])
  expect(await wrong(`UPDATE prize_code SET award_id = NULL, participant_id = NULL, assigned_at = NULL WHERE prize_id = $1`, [one], 'SELECT $1::uuid'))
    .toEqual(['live awards that neither have a code nor wait for one'])
  const other = await kit.plant()
  expect(await wrong(`UPDATE prize_code SET tenant_id = '${other.tenantId}' WHERE id = ${first}`, [one], `UPDATE prize_code SET tenant_id = '${tenantId}' WHERE id = ${first}`))
    .toContain("codes of another tenant than the campaign's")
  await expect(kit.sql.tenant(tenantId, (sql) => assignCodes(sql, tenantId, [{ id: '1', prizeId: two, participantId: 'ada' }]))).rejects.toThrow('foreign key')
}, 60_000)
