import { Injectable, type OnModuleInit } from '@nestjs/common'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { SweepService } from '../campaigns/sweep.service.js'
import { failSilent } from './code-import.store.js'
import { CodeMetrics } from './code-metrics.js'
import { gatherAwards, judgeStock, serveWaiting } from './code-pool.store.js'

const POOLS_ROUNDS = 1
const IMPORTS_ROUNDS = 10
const SERVED_AT_ONCE = 1_000
const OPTIONS = { statementTimeoutMs: 60_000 }
/** Of an import; it gives a sign of life every second. */
export const SILENT_SECONDS = 60

interface Pool { tenant_id: string; prize_id: string; campaign_id: string; gathered: boolean; waiting: boolean; watched: boolean }

/** Brings late codes to the awards that wait for them, and raises alarms. */
@Injectable()
export class CodeSweepService implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly sql: SqlService,
    private readonly metrics: CodeMetrics,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('code-pools', POOLS_ROUNDS, (stopping) => this.pools(stopping))
    this.sweeps.every('code-imports', IMPORTS_ROUNDS, () => this.deadImports())
  }

  async pools(stopping?: AbortSignal): Promise<void> {
    const { rows } = await this.sql.system((sql) => sql.query<Pool>('SELECT * FROM system_code_pools()'), { readOnly: true })
    let low = 0
    for (const pool of rows) {
      if (stopping?.aborted === true) return
      if (!pool.gathered) {
        await this.sql.tenant(pool.tenant_id, (sql) => gatherAwards(sql, pool.tenant_id, pool.prize_id), OPTIONS)
      }
      if (pool.waiting || !pool.gathered) await this.#serve(pool, stopping)
      if (pool.watched && (await this.#judge(pool))) low++
    }
    this.metrics.lowPools.set(low)
    this.metrics.waitingPools.set(rows.filter(({ waiting }) => waiting).length)
  }

  /** A process that died while it imported can say nothing; nothing of its file was kept. */
  async deadImports(silentSeconds = SILENT_SECONDS): Promise<void> {
    const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string }>(
      'SELECT DISTINCT tenant_id FROM system_dead_code_imports($1)', [silentSeconds]), { readOnly: true })
    for (const { tenant_id: tenantId } of rows) {
      const failed = await this.sql.tenant(tenantId, (sql) => failSilent(sql, tenantId, silentSeconds))
      if (failed > 0) this.metrics.imports.inc({ state: 'FAILED' }, failed)
    }
  }

  async #serve(pool: Pool, stopping: AbortSignal | undefined): Promise<void> {
    const { tenant_id: tenantId, prize_id: prizeId, campaign_id: campaignId } = pool
    let assigned = 0
    while (stopping?.aborted !== true) {
      const round = await this.sql.tenant(tenantId, (sql) => serveWaiting(sql, tenantId, prizeId, SERVED_AT_ONCE), OPTIONS)
      assigned += round.assigned
      if (round.served < SERVED_AT_ONCE) break
    }
    if (assigned > 0) this.logger.info({ campaignId, prizeId, awards: assigned }, 'Awards that waited have their codes')
  }

  async #judge({ tenant_id: tenantId, prize_id: prizeId, campaign_id: campaignId }: Pool): Promise<boolean> {
    const { low, change, free } = await this.sql.tenant(tenantId, (sql) => judgeStock(sql, tenantId, prizeId))
    if (change === 'RAISED') this.logger.warn({ tenantId, campaignId, prizeId, free }, 'A pool of codes is running low: import more')
    if (change === 'CLEARED') this.logger.info({ tenantId, campaignId, prizeId }, 'A pool of codes is no longer low')
    return low
  }
}
