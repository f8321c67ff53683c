import { Injectable, type OnModuleInit } from '@nestjs/common'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { CampaignStatus } from './domain/snapshot.js'
import { effectiveStatus } from './domain/status.js'
import { type GateFields, gateFields, GateService } from './gate.service.js'
import { PublishedService, type PublishedPlace } from './published.service.js'
import { SnapshotService } from './snapshot.service.js'
import { SweepService } from './sweep.service.js'

const RECONCILE_ROUNDS = 3
const FIELDS = ['e', 'v', 'r', 's', 'f', 'u'] as const

interface GateRow {
  id: string
  version: number
  epoch: number
  status: CampaignStatus
  risk_version: number
  starts_at: Date
  ends_at: Date
}

/** Moves statuses on by the clock, and mends gates that a crash or a lost message has left behind. */
@Injectable()
export class CampaignsSweeper implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly published: PublishedService,
    private readonly sql: SqlService,
    private readonly redis: RedisService,
    private readonly gates: GateService,
    private readonly snapshots: SnapshotService,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('campaign-status', 1, () => this.moveStatuses())
    this.sweeps.every('campaign-gates', RECONCILE_ROUNDS, () => this.reconcile())
  }

  /** By Redis' clock, which judges draws: a row says ENDED, and its seed is told, only when no draw can be accepted any more. */
  async moveStatuses(): Promise<void> {
    const [seconds] = await this.redis.client.time()
    const nowMs = Number(seconds) * 1000
    for (const campaign of await this.published.list()) {
      const status = effectiveStatus(campaign, nowMs)
      if (status === campaign.status) continue
      const moved = await this.sql.tenant(campaign.tenantId, (sql) => moveStatus(sql, campaign, status))
      if (!moved) continue
      await this.gates.publish(campaign.tenantId, campaign.id)
      await this.snapshots.invalidate(campaign.tenantId, campaign.id)
    }
  }

  /** Gates are brought up to Postgres, never made: one that is missing is recovery's to judge. */
  async reconcile(): Promise<void> {
    const byTenant = Map.groupBy(await this.published.list(), ({ tenantId }) => tenantId)
    for (const [tenantId, campaigns] of byTenant) {
      const rows = await this.sql.tenant(tenantId, (sql) => readGateRows(sql, tenantId, campaigns.map(({ id }) => id)), { readOnly: true })
      for (const campaign of campaigns) {
        const row = rows.get(campaign.id)
        if (row === undefined || !(await this.#isBehind(campaign, row))) continue
        const result = await this.gates.publish(tenantId, campaign.id)
        await this.snapshots.invalidate(tenantId, campaign.id)
        if (result === 'SET') this.logger.warn({ campaignId: campaign.id }, 'A gate was behind its campaign and has been mended')
      }
    }
  }

  async #isBehind(campaign: PublishedPlace, row: GateRow): Promise<boolean> {
    const wanted = gateFields({
      epoch: row.epoch, version: row.version, riskVersion: row.risk_version, status: row.status,
      startsAtMs: row.starts_at.getTime(), endsAtMs: row.ends_at.getTime(),
    })
    const gates = await Promise.all(Array.from({ length: campaign.bucketCount }, (_, bucket) =>
      this.redis.client.hmget(bucketKeys(campaign, row.epoch, bucket).gate, ...FIELDS)))
    return gates.some((found) => found[0] === wanted.e && differs(found, wanted))
  }
}

const differs = (found: ReadonlyArray<string | null>, wanted: GateFields) => FIELDS.some((name, i) => found[i] !== wanted[name])

async function moveStatus(sql: SqlClient, campaign: PublishedPlace, status: CampaignStatus): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE campaign SET status = $3::campaign_status, updated_at = now()
     WHERE tenant_id = $1 AND id = $2 AND status = $4::campaign_status AND starts_at = $5 AND ends_at = $6`,
    [campaign.tenantId, campaign.id, status, campaign.status, new Date(campaign.startsAtMs), new Date(campaign.endsAtMs)],
  )
  return rowCount > 0
}

async function readGateRows(sql: SqlClient, tenantId: string, ids: readonly string[]): Promise<Map<string, GateRow>> {
  const { rows } = await sql.query<GateRow>(
    `SELECT c.id, c.version, c.epoch, c.status, t.risk_version, c.starts_at, c.ends_at FROM campaign c JOIN tenant t ON t.id = c.tenant_id
     WHERE c.tenant_id = $1 AND c.id = ANY($2::uuid[])`,
    [tenantId, ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}
