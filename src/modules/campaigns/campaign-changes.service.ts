import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import type { Prisma } from '../../generated/prisma/client.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { ScriptMissingError } from '../../platform/redis/script.js'
import type { AuditAction } from '../../common/audit-actions.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { type CampaignRow, findCampaign, lockCampaign, toCampaign } from './campaign.store.js'
import { GateService } from './gate.service.js'
import { SnapshotService } from './snapshot.service.js'

/** A locked campaign with its prizes, as `begin` and `record` hand it out. */
export type ChangedCampaign = CampaignRow

/** What the audit log is told of a change beside the campaign's row. */
export interface ChangeNote {
  /** As the operator gave it. */
  readonly reason?: string | null
  /** What was done, where the row before and after does not say it. */
  readonly about?: object
}

export const noSuchCampaign = () => new AppError('NOT_FOUND', 'No such campaign')

/** What every change of a campaign has in common: its row is locked, its version grows, history and audit log are written, and all processes are told. */
@Injectable()
export class CampaignChangesService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly audit: AuditLogService,
    private readonly gates: GateService,
    private readonly snapshots: SnapshotService,
  ) {}

  /** Locks the row until the transaction ends. Throws NOT_FOUND, for another tenant's too. */
  async begin(tx: Tx, ctx: Context, campaignId: string): Promise<CampaignRow> {
    const row = isUuid(campaignId) ? await lockCampaign(tx, ctx.tenantId, campaignId) : null
    if (row === null) throw noSuchCampaign()
    return row
  }

  /**
   * After the change's own writes: version + 1 with `data`, one row of history, one of the audit log. `before` is null for a new
   * campaign.
   */
  async record(
    tx: Tx, ctx: Context, before: CampaignRow | null, campaignId: string, action: AuditAction,
    data: Prisma.CampaignUpdateManyMutationInput = {}, { reason, about }: ChangeNote = {},
  ): Promise<CampaignRow> {
    const { tenantId, caller } = ctx
    if (before !== null) {
      const grown = { ...data, version: { increment: 1 }, updatedAt: new Date() }
      await tx.campaign.updateMany({ where: { tenantId, id: campaignId }, data: grown })
    }
    const after = await findCampaign(tx, tenantId, campaignId)
    if (after === null) throw noSuchCampaign()
    const operatorId = caller.kind === 'operator' ? caller.operatorId : null
    const row = { tenantId, campaignId, version: after.version, snapshot: this.#kept(after), operatorId }
    await tx.campaignVersion.create({ data: row, select: { version: true } })
    await this.audit.record(tx, ctx, {
      action, subjectKind: 'campaign', subjectId: campaignId, campaignId, reason: reason ?? null,
      before: before === null ? null : this.#audited(before), after: { ...this.#audited(after), ...about },
    })
    return after
  }

  /** A line in the audit log for what is done to a campaign without a change of its row. */
  async note(tx: Tx, ctx: Context, campaignId: string, action: AuditAction, { reason, about }: ChangeNote = {}): Promise<void> {
    await this.audit.record(tx, ctx, { action, subjectKind: 'campaign', subjectId: campaignId, campaignId, reason: reason ?? null, after: about ?? null })
  }

  /**
   * After the commit: gates first, then every process. When it returns, the next draw in any process knows the change.
   * Throws OVERLOADED when Redis is away: the change is saved, and a sweep brings it into force.
   */
  async announce(campaign: Pick<CampaignRow, 'tenantId' | 'id' | 'epoch'>): Promise<void> {
    if (campaign.epoch === 0) return
    await savedAnyway(async () => {
      await this.gates.publish(campaign.tenantId, campaign.id)
      await this.snapshots.invalidate(campaign.tenantId, campaign.id)
    })
  }

  #kept(row: CampaignRow): Prisma.InputJsonObject {
    const { revealedSeed: _, ...campaign } = toCampaign(row, this.config.secretKey)
    return JSON.parse(JSON.stringify({ ...campaign, status: row.status })) as Prisma.InputJsonObject
  }

  /** What a version keeps, and what is only on its way. */
  #audited(row: CampaignRow): object {
    return { ...this.#kept(row), bucketCountWanted: row.bucketCountWanted }
  }
}

/** What follows a commit and needs Redis. Throws OVERLOADED, saying that the change itself is kept. */
export async function savedAnyway(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isRedisUnavailable(error) && !(error instanceof ScriptMissingError)) throw error
    throw new AppError('OVERLOADED', 'The change is saved, but not in force yet: it will be as soon as the service has recovered', { retryAfterMs: 1_000 })
  }
}
