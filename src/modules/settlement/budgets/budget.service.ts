import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Counter } from 'prom-client'
import type { Context } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { PublishedService } from '../../campaigns/published.service.js'
import { SnapshotService } from '../../campaigns/snapshot.service.js'
import { SweepService } from '../../campaigns/sweep.service.js'
import { localDays } from '../../draws/domain/calendar.js'
import { BudgetStore, type Spending } from './budget.store.js'
import type { BudgetStatus } from './budget.types.js'

const ROUNDS = 2
/** 100: the limit itself; nothing that costs anything is won any more. */
const PERCENTS = [50, 80, 95, 100]
const MS_PER_DAY = 86_400_000

const dateOf = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10)
const passed = ({ spentMinor, limitMinor }: Spending): number[] => PERCENTS.filter((percent) => spentMinor * 100 >= limitMinor * percent)

/** How much of their budgets campaigns have spent, and the alarms on the way. The limit itself is kept by the decide script. */
@Injectable()
export class BudgetService implements OnModuleInit {
  readonly #told: Counter<'scope' | 'percent'>

  constructor(
    private readonly store: BudgetStore,
    private readonly snapshots: SnapshotService,
    private readonly published: PublishedService,
    private readonly sweeps: SweepService,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#told = new Counter({
      name: 'drawbridge_budget_alerts_total',
      help: 'Campaigns whose spending passed 50, 80, 95 or 100 percent of their budget, by scope: TOTAL or DAY',
      labelNames: ['scope', 'percent'],
      registers: [metrics.registry],
    })
  }

  onModuleInit(): void {
    this.sweeps.every('budgets', ROUNDS, (stopping) => this.watch(stopping))
  }

  /** Null for a campaign without a budget, and for a draft. Throws NOT_FOUND. */
  async status(ctx: Context, campaignId: string): Promise<BudgetStatus | null> {
    const campaign = await this.snapshots.get(ctx.tenantId, campaignId)
    if (campaign === null) throw new AppError('NOT_FOUND', 'There is no such published campaign')
    if (campaign.budget === null) return null
    const { day } = localDays(campaign.timezone, Date.now())
    const [spending, alerts] = await Promise.all([this.store.spending(campaign, day), this.store.alerts(ctx.tenantId, campaign.id)])
    const spent = (scope: Spending['scope']) => spending.find((one) => one.scope === scope)?.spentMinor ?? null
    return { budget: campaign.budget, day: dateOf(day), spentMinor: spent('TOTAL'), spentTodayMinor: spent('DAY'), alerts }
  }

  /** Tells of what was passed since the last look, once for each limit; of a day once for each day. */
  async watch(stopping?: AbortSignal): Promise<void> {
    const running = (await this.published.list()).filter(({ status }) => status === 'ACTIVE' || status === 'SCHEDULED' || status === 'PAUSED')
    for (const [tenantId, campaigns] of Map.groupBy(running, (place) => place.tenantId)) {
      for (const id of await this.store.withBudget(tenantId, campaigns.map((place) => place.id))) {
        if (stopping?.aborted === true) return
        const campaign = await this.snapshots.get(tenantId, id)
        if (campaign !== null) await this.#look(campaign)
      }
    }
  }

  async #look(campaign: CampaignSnapshot): Promise<void> {
    const { day } = localDays(campaign.timezone, Date.now())
    for (const spending of await this.store.spending(campaign, day)) {
      const percents = passed(spending)
      if (spending.spentMinor === 0 || percents.length === 0) continue
      for (const percent of await this.store.tell(campaign, dateOf(day), spending, percents)) {
        this.#told.inc({ scope: spending.scope, percent: String(percent) })
        this.logger.warn({ campaignId: campaign.id, percent, ...spending }, 'A campaign has spent a large part of its budget')
      }
    }
  }
}
