import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { sha256 } from '../../common/hash.js'
import { isSafeId } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { isName } from '../campaigns/domain/validate.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { WalletLedgerService } from '../user-center/wallet-ledger.service.js'
import { actorOf, type AwardRow, lastReason, lockAwards, moveAwards, readAwards } from './award.store.js'
import { creditOf } from './delivery.store.js'
import { AWARD_RULES, type AwardAction, mayHappen } from './domain/award-state.js'
import { keyOfAward } from './domain/award-key.js'
import { FulfilmentService } from './fulfilment.service.js'
import type { AwardActionResult, AwardRecord, AwardRefusal, TakeBack } from './fulfilment.types.js'
import { forgetAddresses, returnUnits, shareCampaigns } from './take-back.store.js'
import { assignTo, restTasks } from './task.store.js'

const IDS_MAX = 1_000
const REASON_CHARACTERS_MAX = 500
const KEY_CHARACTERS_MAX = 64
const TIMEOUT_MS = 30_000

type Refusals = Map<string, AwardRefusal | null>
type Refuse = (award: AwardRow, why: AwardRefusal) => false

interface Batch {
  readonly action: keyof typeof BATCH_ENTRY
  readonly ids: readonly string[]
  readonly reason: string
  readonly idempotencyKey: string
  readonly fate?: string
}

/** Does its part to those that it can, and returns them; the others it refuses. `recovering`: ids of campaigns. */
type BatchWork = (sql: SqlClient, awards: AwardRow[], refuse: Refuse, recovering: ReadonlySet<string>) => Promise<AwardRow[]>

/**
 * What operators do with awards. Many at once are one transaction under one idempotency key: those that cannot be
 * changed say why and keep nobody else back, and the same key again gives the same results.
 */
@Injectable()
export class DeskService {
  constructor(
    private readonly sql: SqlService,
    private readonly audit: AuditLogService,
    private readonly wallets: WalletLedgerService,
    private readonly wakes: FulfilmentService,
  ) {}

  /** FAILED awards once more, with the idempotency key that they had: what the receiver has done already, it does not do again. */
  async issueAgain(ctx: Context, ids: readonly string[], reason: string, idempotencyKey: string): Promise<AwardActionResult[]> {
    const results = await this.#batch(ctx, { action: 'issue', ids, reason, idempotencyKey }, async (sql, awards, refuse) => {
      const able = awards.filter((award) => this.#allowed(award, 'issue', refuse))
      const tasks = await assignTo(sql, ctx.tenantId, able.map(({ key }) => key))
      const ready = able.filter((award) => tasks.has(award.key) || refuse(award, 'NO_FULFILMENT'))
      await restTasks(sql, ctx.tenantId, ready.map(({ key }) => key), { dueInMs: 0, lastError: null, issuedAgain: true })
      // A person delivers these: nothing is due by itself.
      await restTasks(sql, ctx.tenantId, ready.filter(({ fulfilment }) => fulfilment?.kind === 'MANUAL').map(({ key }) => key), { dueInMs: null })
      return ready
    })
    this.wakes.wake(ctx.tenantId)
    return results
  }

  /** Takes awards back for good, delivered ones too; their units go where `stock` says. */
  revoke(ctx: Context, wanted: TakeBack): Promise<AwardActionResult[]> {
    return this.#takeBack(ctx, 'revoke', wanted)
  }

  /** As `revoke`, for awards that nobody has claimed: not for delivered ones. */
  expire(ctx: Context, wanted: TakeBack): Promise<AwardActionResult[]> {
    return this.#takeBack(ctx, 'expire', wanted)
  }

  /** An operator has delivered the award, or knows that it was. Again with the same reference: nothing more happens. Throws NOT_FOUND, CONFLICT, BAD_USER_INPUT. */
  confirm(ctx: Context, id: string, reference: string): Promise<AwardRecord> {
    checkText('reference', reference)
    return this.#one(ctx, id, 'confirm', reference, async (sql, award) => {
      await restTasks(sql, ctx.tenantId, [award.key], { dueInMs: null, lastError: null, reference })
      if (award.fulfilment?.kind === 'WALLET') await this.wallets.credit(sql, ctx.tenantId, creditOf(award))
    })
  }

  /** Gives up on an award before its retries do; again with the same reason: nothing more happens. Throws NOT_FOUND, CONFLICT, BAD_USER_INPUT. */
  fail(ctx: Context, id: string, reason: string): Promise<AwardRecord> {
    checkText('reason', reason)
    return this.#one(ctx, id, 'fail', reason, (sql, award) =>
      restTasks(sql, ctx.tenantId, [award.key], { dueInMs: null, lastError: reason }))
  }

  #takeBack(ctx: Context, action: 'revoke' | 'expire', { ids, reason, stock, idempotencyKey }: TakeBack): Promise<AwardActionResult[]> {
    const { tenantId, caller } = ctx
    return this.#batch(ctx, { action, ids, reason, idempotencyKey, fate: stock }, async (sql, awards, refuse, recovering) => {
      const ready = awards.filter((award) => {
        if (recovering.has(award.campaignId)) return refuse(award, 'RECOVERING')
        if (!this.#allowed(award, action, refuse)) return false
        // Its unit is not yet 'awarded' in the ledger.
        return award.isSettled || refuse(award, 'NOT_SETTLED')
      })
      const keys = ready.map(({ key }) => key)
      await returnUnits(sql, tenantId, ready, stock, { reason, operatorId: caller.kind === 'operator' ? caller.operatorId : null })
      await restTasks(sql, tenantId, keys, { dueInMs: null })
      await this.wallets.reverse(sql, tenantId, keys)
      await forgetAddresses(sql, tenantId, keys)
      return ready
    })
  }

  #allowed(award: AwardRow, action: AwardAction, refuse: Refuse): boolean {
    if (award.isLeased) return refuse(award, 'IN_DELIVERY')
    return mayHappen(action, award.status) || refuse(award, 'NOT_ALLOWED')
  }

  async #one(
    ctx: Context, id: string, action: 'confirm' | 'fail', why: string, work: (sql: SqlClient, award: AwardRow) => Promise<void>,
  ): Promise<AwardRecord> {
    const { tenantId } = ctx
    return this.sql.tenant(tenantId, async (sql) => {
      const key = keyOfAward(id)
      const seen = key === null ? undefined : (await lockAwards(sql, tenantId, [key])).get(key)
      if (key === null || seen?.id !== id) throw new AppError('NOT_FOUND', 'There is no such award')
      // Before it is given a task: the prize may be fulfilled otherwise by now, which this award was not.
      if (seen.status === AWARD_RULES[action].to && (await lastReason(sql, tenantId, key)) === why) return seen
      // An award that is a moment old has no task yet: it would never be given one that says how it ended.
      await assignTo(sql, tenantId, [key])
      const award = (await readAwards(sql, tenantId, [key])).get(key)!
      if (award.isLeased) throw new AppError('CONFLICT', 'The award is being delivered at this moment; try again in a minute', { reason: 'AWARD_BUSY' })
      if (!mayHappen(action, award.status)) throw new AppError('CONFLICT', `The award is ${award.status}`, { reason: 'AWARD_STATUS', params: { status: award.status } })
      await moveAwards(sql, tenantId, [award], action, { reason: why, actor: actorOf(ctx.caller) })
      await work(sql, award)
      const after = (await readAwards(sql, tenantId, [key])).get(key)!
      await this.audit.recordSql(sql, ctx, {
        action: ENTRY[action], subjectKind: 'award', subjectId: id, campaignId: award.campaignId, before: { status: award.status },
        after: { status: after.status, ...(action === 'confirm' ? { reference: why } : {}) }, reason: action === 'fail' ? why : null,
      })
      return after
    })
  }

  async #batch(ctx: Context, batch: Batch, work: BatchWork): Promise<AwardActionResult[]> {
    checkBatch(batch)
    const { tenantId } = ctx
    const ids = [...new Set(batch.ids)]
    return this.sql.tenant(tenantId, async (sql) => {
      const known = await claimKey(sql, tenantId, batch, ids)
      if (known !== null) return this.#results(sql, tenantId, known)
      const keys = ids.map(keyOfAward).filter((key) => key !== null)
      const recovering = await shareCampaigns(sql, tenantId, keys)
      const locked = await lockAwards(sql, tenantId, keys)
      const awards = [...locked.values()].filter(({ id }) => ids.includes(id))
      const refusals: Refusals = new Map(ids.map((id) => [id, 'NOT_FOUND']))
      for (const { id } of awards) refusals.set(id, null)
      const refuse = ({ id }: AwardRow, why: AwardRefusal): false => {
        refusals.set(id, why)
        return false
      }
      const ready = await work(sql, awards, refuse, recovering)
      await moveAwards(sql, tenantId, ready, batch.action, { reason: batch.reason, actor: actorOf(ctx.caller) })
      await sql.query('UPDATE desk_request SET results = $3 WHERE tenant_id = $1 AND idempotency_key = $2', [tenantId, batch.idempotencyKey, JSON.stringify([...refusals])])
      await this.audit.recordSql(sql, ctx, {
        action: BATCH_ENTRY[batch.action], subjectKind: 'award-batch', subjectId: batch.idempotencyKey, campaignId: onlyCampaign(ready),
        before: { awards: ready.map(({ id, status }) => ({ id, status })) },
        after: {
          awards: ready.map(({ id }) => ({ id, status: AWARD_RULES[batch.action].to })), stock: batch.fate ?? null,
          refused: [...refusals].flatMap(([id, why]) => (why === null ? [] : [{ id, why }])),
        },
        reason: batch.reason,
      })
      return this.#results(sql, tenantId, refusals)
    }, { statementTimeoutMs: TIMEOUT_MS })
  }

  async #results(sql: SqlClient, tenantId: string, refusals: Refusals): Promise<AwardActionResult[]> {
    const now = await readAwards(sql, tenantId, [...refusals.keys()].map(keyOfAward).filter((key) => key !== null))
    const byId = new Map([...now.values()].map((award) => [award.id, award]))
    return [...refusals].map(([id, refusal]) => ({ id, refusal, award: byId.get(id) ?? null }))
  }
}

/** The campaign that all of them are of; null where there is none, or several. */
function onlyCampaign(awards: readonly AwardRow[]): string | null {
  const [first, ...others] = new Set(awards.map(({ campaignId }) => campaignId))
  return first === undefined || others.length > 0 ? null : first
}

const ENTRY = { confirm: 'award.confirmed', fail: 'award.failed' } as const
const BATCH_ENTRY = { issue: 'awards.issued-again', revoke: 'awards.revoked', expire: 'awards.expired' } as const

/** Null where the key is new, and this transaction's from now on; else what came of it. Throws CONFLICT where it was for something else. */
async function claimKey(sql: SqlClient, tenantId: string, batch: Batch, ids: readonly string[]): Promise<Refusals | null> {
  const { action, reason, fate, idempotencyKey } = batch
  const fingerprint = sha256(JSON.stringify([action, reason, fate ?? null, [...ids].sort()]))
  const { rowCount } = await sql.query(
    `INSERT INTO desk_request (tenant_id, idempotency_key, fingerprint, results) VALUES ($1, $2, $3, '[]') ON CONFLICT DO NOTHING`,
    [tenantId, idempotencyKey, fingerprint],
  )
  if (rowCount === 1) return null
  const { rows } = await sql.query<{ fingerprint: Buffer; results: Array<[string, AwardRefusal | null]> }>(
    'SELECT fingerprint, results FROM desk_request WHERE tenant_id = $1 AND idempotency_key = $2', [tenantId, idempotencyKey])
  if (!rows[0]!.fingerprint.equals(fingerprint)) throw new AppError('CONFLICT', 'idempotencyKey: was used for something else', { field: 'idempotencyKey', reason: 'KEY_USED' })
  return new Map(rows[0]!.results)
}

function checkBatch({ ids, reason, idempotencyKey }: Batch): void {
  if (ids.length === 0 || ids.length > IDS_MAX) throw badInput('ids', `must be 1 to ${IDS_MAX}`, 'COUNT', { min: 1, max: IDS_MAX })
  checkText('reason', reason)
  if (!isSafeId(idempotencyKey, KEY_CHARACTERS_MAX)) throw badInput('idempotencyKey', `must be 1 to ${KEY_CHARACTERS_MAX} characters, none of control and no braces`)
}

function checkText(field: string, text: string): void {
  if (!isName(text, REASON_CHARACTERS_MAX)) throw badInput(field, `must have 1 to ${REASON_CHARACTERS_MAX} characters, none of control`, 'NAME', { max: REASON_CHARACTERS_MAX })
}
