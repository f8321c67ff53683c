import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import type { WalletBalance, WalletCredit } from './wallet.types.js'

const CURRENCIES_MAX = 100
/** GraphQL's largest Int. */
const AMOUNT_MAX = 0x7fff_ffff

/** Money and points that participants have been credited with: one credit an award, and one reversal, whoever tries how often. */
@Injectable()
export class WalletLedgerService {
  constructor(private readonly sql: SqlService) {}

  /** In the caller's transaction. What was credited before is left as it is. */
  async credit(sql: SqlClient, tenantId: string, credits: readonly WalletCredit[]): Promise<void> {
    if (credits.length === 0) return
    const column = <K extends keyof WalletCredit>(name: K) => credits.map((credit) => credit[name])
    await sql.query(
      `INSERT INTO wallet_entry (tenant_id, award_id, movement, participant_id, amount_minor, currency)
       SELECT $1, c.award_id, 'CREDIT', c.participant_id, c.amount, c.currency
       FROM unnest($2::bigint[], $3::text[], $4::integer[], $5::text[]) AS c(award_id, participant_id, amount, currency) ON CONFLICT DO NOTHING`,
      [tenantId, column('awardId'), column('participantId'), column('amountMinor'), column('currency')],
    )
  }

  /** In the caller's transaction. Takes back what these awards (decimal ids) were credited with, if they were. */
  async reverse(sql: SqlClient, tenantId: string, awardIds: readonly string[]): Promise<void> {
    await sql.query(
      `INSERT INTO wallet_entry (tenant_id, award_id, movement, participant_id, amount_minor, currency)
       SELECT tenant_id, award_id, 'REVERSAL', participant_id, amount_minor, currency FROM wallet_entry
       WHERE tenant_id = $1 AND award_id = ANY($2::bigint[]) AND movement = 'CREDIT' ON CONFLICT DO NOTHING`,
      [tenantId, awardIds],
    )
  }

  /** By currency; at most 2 147 483 647 of each is told. Throws BAD_USER_INPUT. */
  async balances(ctx: Context, participantId: string): Promise<WalletBalance[]> {
    if (!isSafeId(participantId)) throw badInput('userId', 'must be 1 to 128 characters, none of control and no braces', 'ID', { max: 128 })
    const { rows } = await this.sql.tenant(ctx.tenantId, (sql) => sql.query<{ currency: string; amount: string }>(
      `SELECT currency, sum(CASE movement WHEN 'CREDIT' THEN amount_minor ELSE -amount_minor END) AS amount
       FROM wallet_entry WHERE tenant_id = $1 AND participant_id = $2 GROUP BY currency ORDER BY currency LIMIT ${CURRENCIES_MAX}`,
      [ctx.tenantId, participantId],
    ), { readOnly: true, guarded: true })
    return rows.map(({ currency, amount }) => ({ currency, amountMinor: Math.min(AMOUNT_MAX, Number(amount)) }))
  }
}
