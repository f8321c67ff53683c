import { Inject, Injectable } from '@nestjs/common'
import { type Context, isTest } from '../../common/context.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { AwardCode } from './codes.types.js'
import { codeVault } from './domain/vault.js'

interface SealedRow {
  awardId: string
  prizeId: string
  importId: string
  block: number
  slot: number
  sealed: Buffer
  expiresAt: Date | null
}

/** Codes in the clear, for their owners. Nothing keeps them: they are read anew each time. */
@Injectable()
export class CodeReadService {
  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly sql: SqlService) {}

  /**
   * The codes of these awards (snowflakes), as far as the caller may know them: a tenant's server all of its tenant's, a
   * participant its own, anybody else none (a test key wins nothing that has one). An award that was taken back shows none.
   */
  async codes(ctx: Context, awardIds: readonly bigint[]): Promise<Map<bigint, AwardCode>> {
    const found = new Map<bigint, AwardCode>()
    const { tenantId, caller } = ctx
    if (awardIds.length === 0 || isTest(ctx) || (caller.kind !== 'server' && caller.kind !== 'participant')) return found
    const owner = caller.kind === 'participant' ? caller.userId : null
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<SealedRow>(
      `SELECT c.award_id::text AS "awardId", c.prize_id AS "prizeId", c.import_id AS "importId", c.block, c.slot, b.sealed, c.expires_at AS "expiresAt"
       FROM prize_code c JOIN code_block b ON b.tenant_id = c.tenant_id AND b.prize_id = c.prize_id AND b.import_id = c.import_id AND b.no = c.block
       JOIN award a ON a.tenant_id = c.tenant_id AND a.id = c.award_id AND a.participant_id = c.participant_id
       WHERE c.tenant_id = $1 AND c.award_id = ANY($2::bigint[]) AND ($3::text IS NULL OR c.participant_id = $3) AND a.status <> 'REVOKED'`,
      [tenantId, awardIds.map(String), owner],
    ), { readOnly: true, guarded: true })
    for (const row of rows) {
      const code = codeVault(this.config.secretKey, tenantId, row.prizeId).open(row.importId, row.block, row.sealed)[row.slot]
      if (code === undefined) throw new Error(`Block ${row.block} of import ${row.importId} has no code ${row.slot}`)
      found.set(BigInt(row.awardId), { code, expiresAt: row.expiresAt })
    }
    return found
  }
}
