import { Injectable } from '@nestjs/common'
import { newId } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { readFulfilment, type StockFate } from '../campaigns/domain/fulfilment.js'
import { WalletLedgerService } from '../user-center/wallet-ledger.service.js'
import { type Actor, type AwardRow, lockAwards, moveAwards, noteAward } from './award.store.js'
import { mayHappen } from './domain/award-state.js'
import { forgetAddresses, returnUnits, shareCampaigns } from './take-back.store.js'
import { assignTasks, dueKeys, holdsLease, leaseTasks, restTasks, stillDue } from './task.store.js'

const WORKER: Actor = { kind: 'system', id: 'fulfilment' }
const BATCH_MAX = 200
/** What cannot be taken back now is looked at again after so long. */
const POSTPONED_MS = 60_000

/** An attempt that this process has to make, under a lease. */
export interface Attempt {
  readonly award: AwardRow
  /** Names this attempt and no other. */
  readonly holder: string
  /** Null: the prize has none any more. */
  readonly url: string | null
}

export type AttemptEnd =
  | { readonly kind: 'DELIVERED' }
  | { readonly kind: 'FAILED'; readonly reason: string; readonly retryInMs: number | null }

/** LOST: somebody else has the award by now, or has taken it back; the history says so. */
export type Concluded = 'DONE' | 'LOST'

/** The worker's steps, each one transaction, each fit to be cut off at any point and done again. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly sql: SqlService, private readonly wallets: WalletLedgerService) {}

  /** Returns how many tasks were made. */
  assign(tenantId: string, since: Date | null): Promise<number> {
    return this.sql.tenant(tenantId, (sql) => assignTasks(sql, tenantId, since, BATCH_MAX))
  }

  /** Credits a batch of awards: the credit and the status are one. Returns how many it has settled. */
  credit(tenantId: string): Promise<number> {
    return this.sql.tenant(tenantId, async (sql) => {
      const due = await this.#lockDue(sql, tenantId, await dueKeys(sql, tenantId, 'WALLET', BATCH_MAX), BATCH_MAX)
      const ready = due.filter(({ status }) => mayHappen('deliver', status))
      await moveAwards(sql, tenantId, ready, 'deliver', { reason: null, actor: WORKER })
      await this.wallets.credit(sql, tenantId, ready.flatMap(creditOf))
      await restTasks(sql, tenantId, due.map(({ key }) => key), { dueInMs: null, lastError: null })
      return due.length
    })
  }

  /** Takes back a batch of awards that nobody has claimed in time. Returns how many it has settled. */
  expire(tenantId: string): Promise<number> {
    return this.sql.tenant(tenantId, async (sql) => {
      const keys = await dueKeys(sql, tenantId, 'MANUAL', BATCH_MAX)
      if (keys.length === 0) return 0
      const recovering = await shareCampaigns(sql, tenantId, keys)
      const due = await this.#lockDue(sql, tenantId, keys, BATCH_MAX)
      const over = due.filter(({ status }) => status === 'GRANTED')
      const now = over.filter((award) => award.isSettled && !recovering.has(award.campaignId))
      const reason = 'not claimed in time'
      await moveAwards(sql, tenantId, now, 'expire', { reason, actor: WORKER })
      const fates = await this.#fates(sql, tenantId, now)
      for (const [fate, awards] of Map.groupBy(now, ({ prizeId }) => fates.get(prizeId) ?? 'RETURN_TO_VAULT')) {
        await returnUnits(sql, tenantId, awards, fate, { reason, operatorId: null })
      }
      await forgetAddresses(sql, tenantId, now.map(({ key }) => key))
      const later = over.filter((award) => !now.includes(award))
      await restTasks(sql, tenantId, later.map(({ key }) => key), { dueInMs: POSTPONED_MS })
      await restTasks(sql, tenantId, due.filter((award) => !later.includes(award)).map(({ key }) => key), { dueInMs: null })
      return due.length
    })
  }

  /** Begins attempts, `limit` at most: what is due and not under way, or whose worker has not been heard of for `leaseMs`. */
  begin(tenantId: string, limit: number, leaseMs: number): Promise<Attempt[]> {
    const holder = newId()
    return this.sql.tenant(tenantId, async (sql) => {
      // Others look at the same time: there is enough to choose from that nobody finds only what somebody else holds.
      const due = await this.#lockDue(sql, tenantId, await dueKeys(sql, tenantId, 'WEBHOOK', BATCH_MAX), limit)
      const ready = due.filter(({ status }) => status === 'FULFILLING' || mayHappen('begin', status))
      await restTasks(sql, tenantId, due.filter((award) => !ready.includes(award)).map(({ key }) => key), { dueInMs: null })
      if (ready.length === 0) return []
      const keys = ready.map(({ key }) => key)
      await leaseTasks(sql, tenantId, keys, holder, leaseMs)
      await moveAwards(sql, tenantId, ready.filter(({ status }) => status === 'GRANTED'), 'begin', { reason: null, actor: WORKER })
      const now = await lockAwards(sql, tenantId, keys)
      const { rows } = await sql.query<{ id: string; fulfilment: unknown }>(
        'SELECT id, fulfilment FROM prize WHERE tenant_id = $1 AND id = ANY($2::uuid[])', [tenantId, [...new Set(ready.map(({ prizeId }) => prizeId))]])
      const urls = new Map(rows.map(({ id, fulfilment }) => [id, readFulfilment(fulfilment)?.url ?? null]))
      return [...now.values()].map((award) => ({ award, holder, url: urls.get(award.prizeId) ?? null }))
    })
  }

  /** Writes down what came of an attempt, if it is still this holder's to say. */
  conclude(tenantId: string, { award: { key }, holder }: Attempt, end: AttemptEnd): Promise<Concluded> {
    return this.sql.tenant(tenantId, async (sql) => {
      const award = (await lockAwards(sql, tenantId, [key])).get(key)
      if (award === undefined) return 'LOST'
      if (award.status !== 'FULFILLING' || !(await holdsLease(sql, tenantId, key, holder))) {
        const what = end.kind === 'DELIVERED' ? 'delivered' : `failed (${end.reason})`
        await noteAward(sql, tenantId, award, { reason: `an attempt ended after it was taken for dead: ${what}`, actor: WORKER })
        return 'LOST'
      }
      if (end.kind === 'DELIVERED') {
        await moveAwards(sql, tenantId, [award], 'deliver', { reason: null, actor: WORKER })
        await restTasks(sql, tenantId, [key], { dueInMs: null, lastError: null })
        return 'DONE'
      }
      const why = { reason: end.reason, actor: WORKER }
      if (end.retryInMs === null) await moveAwards(sql, tenantId, [award], 'fail', why)
      else await noteAward(sql, tenantId, award, why)
      await restTasks(sql, tenantId, [key], { dueInMs: end.retryInMs, lastError: end.reason })
      return 'DONE'
    })
  }

  async #lockDue(sql: SqlClient, tenantId: string, keys: readonly string[], limit: number): Promise<AwardRow[]> {
    if (keys.length === 0) return []
    const locked = await lockAwards(sql, tenantId, keys, { limit })
    const due = await stillDue(sql, tenantId, [...locked.keys()])
    return [...locked.values()].filter(({ key }) => due.has(key))
  }

  async #fates(sql: SqlClient, tenantId: string, awards: readonly AwardRow[]): Promise<Map<string, StockFate>> {
    const { rows } = await sql.query<{ id: string; fulfilment: unknown }>(
      'SELECT id, fulfilment FROM prize WHERE tenant_id = $1 AND id = ANY($2::uuid[])', [tenantId, [...new Set(awards.map(({ prizeId }) => prizeId))]])
    return new Map(rows.map(({ id, fulfilment }) => [id, readFulfilment(fulfilment)?.onExpiry ?? 'RETURN_TO_VAULT']))
  }
}

/** What a wallet is credited with for an award: nothing where it has no amount. */
export const creditOf = ({ key, userId, amount }: AwardRow) =>
  (amount === null ? [] : [{ awardId: key, participantId: userId, ...amount }])
