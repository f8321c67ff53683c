import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { actorOf, type AwardRow, lockAwards, moveAwards, noteAward, readAwards } from './award.store.js'
import { checkedAddress, openAddress, sealAddress } from './domain/address.js'
import { keyOfAward } from './domain/award-key.js'
import type { Address, AwardClaim } from './fulfilment.types.js'
import { assignTo, restTasks } from './task.store.js'

/** Where a prize that a person sends goes to. The address is sealed; its owner and the tenant's staff may read it. */
@Injectable()
export class ClaimService {
  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly sql: SqlService) {}

  /** Null for what does not exist, is another tenant's, or (for a participant) another participant's. */
  async get(ctx: Context, id: string): Promise<AwardClaim | null> {
    const { tenantId } = ctx
    return this.sql.tenant(tenantId, async (sql) => {
      const award = owned(ctx, id, await readAwards(sql, tenantId, keysOf(id)))
      return award === null ? null : this.#view(sql, tenantId, award)
    }, { readOnly: true, guarded: true })
  }

  /** May be given again until the award is delivered. Throws NOT_FOUND, BAD_USER_INPUT, and CONFLICT where it is too late. */
  async submit(ctx: Context, id: string, given: Address): Promise<AwardClaim> {
    const { tenantId } = ctx
    const address = checkedAddress(given)
    return this.sql.tenant(tenantId, async (sql) => {
      if (owned(ctx, id, await lockAwards(sql, tenantId, keysOf(id))) === null) throw new AppError('NOT_FOUND', 'There is no such award')
      // Its task may be a moment younger than the award.
      await assignTo(sql, tenantId, keysOf(id))
      const award = owned(ctx, id, await readAwards(sql, tenantId, keysOf(id)))!
      if (award.fulfilment?.kind !== 'MANUAL') throw badInput('awardId', 'this award needs no address')
      const isLate = award.status === 'GRANTED' && award.fulfilment.dueAt !== null && award.fulfilment.dueAt.getTime() <= Date.now()
      if (isLate || (award.status !== 'GRANTED' && award.status !== 'FULFILLING')) {
        throw new AppError('CONFLICT', `The award is ${isLate ? 'EXPIRED' : award.status}: an address is too late`)
      }
      await sql.query(
        `INSERT INTO award_address (tenant_id, award_id, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, award_id) DO UPDATE SET sealed = excluded.sealed, updated_at = now()`,
        [tenantId, award.key, sealAddress(this.config.secretKey, tenantId, award.key, address)],
      )
      const why = { reason: award.status === 'GRANTED' ? 'address given' : 'address given anew', actor: actorOf(ctx.caller) }
      if (award.status === 'GRANTED') await moveAwards(sql, tenantId, [award], 'begin', why)
      else await noteAward(sql, tenantId, award, why)
      await restTasks(sql, tenantId, [award.key], { dueInMs: null })
      return this.#view(sql, tenantId, owned(ctx, id, await readAwards(sql, tenantId, keysOf(id)))!)
    })
  }

  async #view(sql: SqlClient, tenantId: string, award: AwardRow): Promise<AwardClaim> {
    const { rows } = await sql.query<{ sealed: Buffer }>('SELECT sealed FROM award_address WHERE tenant_id = $1 AND award_id = $2', [tenantId, award.key])
    const { id: awardId, drawId, status, fulfilment } = award
    return {
      awardId, drawId, status,
      kind: fulfilment?.kind ?? null,
      claimBy: fulfilment?.kind === 'MANUAL' && status === 'GRANTED' ? fulfilment.dueAt : null,
      address: rows[0] === undefined ? null : openAddress(this.config.secretKey, tenantId, award.key, rows[0].sealed),
    }
  }
}

const keysOf = (id: string): string[] => {
  const key = keyOfAward(id)
  return key === null ? [] : [key]
}

function owned({ caller }: Context, id: string, found: ReadonlyMap<string, AwardRow>): AwardRow | null {
  const award = [...found.values()].find((one) => one.id === id) ?? null
  return award === null || (caller.kind === 'participant' && caller.userId !== award.userId) ? null : award
}
