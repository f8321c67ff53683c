import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { bucketKeys, bucketOf, type CampaignPlace } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import type { PublishedCampaign } from '../settlement.types.js'
import type { BooksViolation } from './books.types.js'

/** Participants that are compared; all of them, where there are no more. */
const SAMPLE_MAX = 200
const NAMED_MAX = 20
const SECOND_LOOK_MS = 100
const STATEMENT_TIMEOUT_MS = 60_000

/** What Redis holds of a participant's tickets, and marks of its history. */
interface Seen { readonly tickets: string; readonly history: string; readonly lots: ReadonlyMap<number, number> }
interface Ledger { readonly lots: ReadonlyMap<number, number>; readonly pending: boolean }
interface LotRow { participant_id: string; expires_at: Date | null; rest: string; pending: boolean }

/**
 * Whether Redis holds the tickets that the ledger says, for a sample of participants. One is compared only where nothing
 * happened to it while it was looked at: its bucket is settled to its last entry, its hash is the same before and after the
 * ledger was read, and none of its grants is on its way. What differs must do so twice.
 */
@Injectable()
export class TicketSampleService {
  constructor(private readonly sql: SqlService, private readonly redis: RedisService) {}

  async compare(campaign: PublishedCampaign): Promise<BooksViolation[]> {
    const sample = await this.#sample(campaign)
    const first = await this.#differing(campaign, sample)
    if (first.size === 0) return []
    await sleep(SECOND_LOOK_MS)
    const differing = await this.#differing(campaign, [...first.keys()])
    if (differing.size === 0) return []
    const named = [...differing].slice(0, NAMED_MAX).map(([participant, how]) => `${participant} (${how})`).join(', ')
    return [{ invariant: 'TICKETS', detail: `Redis holds other tickets than the ledger; participants: ${named}${differing.size > NAMED_MAX ? ' and more' : ''}` }]
  }

  async #sample({ tenantId, place }: PublishedCampaign): Promise<string[]> {
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<{ participant_id: string }>(
      `SELECT participant_id FROM ticket_ledger WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY participant_id
       ORDER BY md5(participant_id || $3) LIMIT ${SAMPLE_MAX}`, [tenantId, place.id, String(Date.now())]),
    { readOnly: true, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
    return rows.map((row) => row.participant_id)
  }

  async #differing(campaign: PublishedCampaign, participants: readonly string[]): Promise<Map<string, string>> {
    const { place, epoch } = campaign
    const before = await this.#look(place, epoch, participants)
    const ledger = await this.#ledger(campaign, participants)
    const after = await this.#look(place, epoch, participants)
    const different = new Map<string, string>()
    for (const participant of participants) {
      const bucket = bucketOf(place, participant)
      const seq = after.seqs.get(bucket)
      if (seq === undefined || seq === null || before.seqs.get(bucket) !== seq || ledger.positions.get(bucket) !== seq) continue
      const [was, is, own] = [before.seen.get(participant)!, after.seen.get(participant)!, ledger.of.get(participant)]
      if (was.history !== is.history || was.tickets !== is.tickets || own === undefined || own.pending) continue
      const how = difference(is.lots, own.lots, after.timeMs)
      if (how !== null) different.set(participant, how)
    }
    return different
  }

  /** `seqs`: null where the bucket's gate does not vouch for it. */
  async #look(place: CampaignPlace, epoch: number, participants: readonly string[]) {
    const buckets = [...new Set(participants.map((participant) => bucketOf(place, participant)))]
    const heads = await Promise.all(buckets.map(async (bucket) => {
      const keys = bucketKeys(place, epoch, bucket)
      const [[gateEpoch, status], seq] = await Promise.all([this.redis.client.hmget(keys.gate, 'e', 's'), this.redis.client.hget(keys.stock, 'q')])
      return [bucket, gateEpoch === String(epoch) && status !== 'RECOVERING' && seq !== null ? Number(seq) : null] as const
    }))
    const seen = await Promise.all(participants.map(async (participant): Promise<[string, Seen]> => {
      const key = bucketKeys(place, epoch, bucketOf(place, participant)).participants + participant
      const [[t, tl, n], length] = await Promise.all([this.redis.client.hmget(key, 't', 'tl', 'n'), this.redis.client.hlen(key)])
      const lots = (tl ?? '').split(';').filter((lot) => lot !== '').map((lot) => lot.split(':').map(Number) as [number, number])
      return [participant, { tickets: `${t ?? 0};${tl ?? ''}`, history: `${n ?? 0};${length}`, lots: new Map([...lots, [0, Number(t ?? 0)]]) }]
    }))
    const [seconds] = await this.redis.client.time()
    return { seqs: new Map(heads), seen: new Map(seen), timeMs: (Number(seconds) + 1) * 1_000 }
  }

  #ledger({ tenantId, place, epoch }: PublishedCampaign, participants: readonly string[]) {
    return this.sql.tenant(tenantId, async (sql) => {
      const positions = await sql.query<{ bucket: number; seq: string }>(
        'SELECT bucket, seq FROM settlement_position WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3', [tenantId, place.id, epoch])
      const { rows } = await sql.query<LotRow>(
        `SELECT participant_id, expires_at, sum(amount) AS rest, bool_or(applied_at IS NULL) AS pending FROM ticket_ledger
         WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = ANY($3::text[]) GROUP BY participant_id, expires_at`,
        [tenantId, place.id, participants],
      )
      const known = new Map(positions.rows.map(({ bucket, seq }) => [bucket, Number(seq)]))
      const of = new Map<string, Ledger>()
      for (const [participant, lots] of Map.groupBy(rows, (row) => row.participant_id)) {
        of.set(participant, {
          lots: new Map(lots.map((lot) => [lot.expires_at?.getTime() ?? 0, Number(lot.rest)])),
          pending: lots.some(({ pending }) => pending),
        })
      }
      // Nothing was decided where nothing was settled, and the last number is 0.
      return { positions: { get: (bucket: number) => known.get(bucket) ?? 0 }, of }
    }, { isolation: 'REPEATABLE READ', readOnly: true, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  }
}

/** Of the lots that are usable at `timeMs`; null where all are the same. */
function difference(redis: ReadonlyMap<number, number>, ledger: ReadonlyMap<number, number>, timeMs: number): string | null {
  for (const expiryMs of new Set([...redis.keys(), ...ledger.keys()])) {
    if (expiryMs !== 0 && expiryMs <= timeMs) continue
    const [here, there] = [redis.get(expiryMs) ?? 0, ledger.get(expiryMs) ?? 0]
    if (here !== there) return `${here} in Redis, ${there} in the ledger${expiryMs === 0 ? '' : `, expiring ${new Date(expiryMs).toISOString()}`}`
  }
  return null
}
