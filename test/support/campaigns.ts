import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { systemContext, type Context } from '../../src/common/context.js'
import { parseConfig } from '../../src/config/config.js'
import { ConfigModule, requireRuntimeConfig, type RuntimeConfig } from '../../src/config/config.module.js'
import { CampaignService } from '../../src/modules/campaigns/campaign.service.js'
import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from '../../src/modules/campaigns/domain/plain-draft.js'
import type { Campaign, CampaignDraft, CampaignResult, PrizeDraft } from '../../src/modules/campaigns/campaigns.types.js'
import { InventoryModule } from '../../src/modules/inventory/inventory.module.js'
import { TenancyModule } from '../../src/modules/tenancy/tenancy.module.js'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { PrismaModule } from '../../src/platform/prisma/prisma.module.js'
import { QueueModule } from '../../src/platform/queue/queue.module.js'
import { RedisModule } from '../../src/platform/redis/redis.module.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { loadScripts } from '../../src/platform/redis/script.js'
import { TelemetryModule } from '../../src/platform/telemetry/telemetry.module.js'
import { fromSetup } from './environment.js'

@Module({})
class CampaignsAlone {
  static with(config: RuntimeConfig): DynamicModule {
    const platform = [ConfigModule.forRoot(config), TelemetryModule, PrismaModule, RedisModule, QueueModule]
    return { module: CampaignsAlone, imports: [...platform, TenancyModule, InventoryModule] }
  }
}

/** One process's campaigns and stock on a real database and Redis. It sweeps nothing by itself: tests call the sweeps. */
export async function bootCampaigns(databaseUrl: string, redisUrl: string): Promise<INestApplicationContext> {
  const config = parseConfig({
    NODE_ENV: 'test', ROLE: 'api', LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent', DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SECRET_KEY: fromSetup('TEST_SECRET_KEY'),
  })
  const alone = CampaignsAlone.with(requireRuntimeConfig(config))
  const app = await NestFactory.createApplicationContext(alone, { logger: false, abortOnError: false })
  await loadScripts(app.get(RedisService).client)
  return app
}

/** A new tenant's context. */
export async function newTenant(app: INestApplicationContext, slug: string): Promise<Context> {
  const { tenant } = await app.get(TenantService).create({ slug, name: slug, ownerEmail: `owner@${slug}.example`, ownerName: 'Owner', actor: 'tests' })
  return systemContext(tenant.tenantId, 'tests')
}

export const prizeDraft = (over: Partial<PrizeDraft> = {}): PrizeDraft => ({
  ...PLAIN_PRIZE, name: 'Prize', probabilityPpb: 500_000_000, stockTotal: 10, ...over,
})

let drafts = 0
/** A draft that can be published: a lottery that runs from an hour ago to an hour from now. */
export const campaignDraft = (over: Partial<CampaignDraft> = {}): CampaignDraft => ({
  ...PLAIN_CAMPAIGN,
  slug: `campaign-${++drafts}`,
  name: 'Campaign',
  startsAt: new Date(Date.now() - 3_600_000),
  endsAt: new Date(Date.now() + 3_600_000),
  timezone: 'Asia/Shanghai',
  prizes: [prizeDraft()],
  eligibility: null,
  oddsTables: [],
  ...over,
})

/** The campaign of a result that must be one. */
export function campaignOf(result: CampaignResult): Campaign {
  if (result.kind !== 'campaign') throw new Error(`${result.kind}: ${JSON.stringify(result)}`)
  return result.campaign
}

/** The paths of a result that must be `invalid`. */
export function pathsOf(result: CampaignResult): string[] {
  if (result.kind !== 'invalid') throw new Error(`Expected problems, not ${result.kind}`)
  return result.problems.map(({ path }) => path)
}

export async function published(app: INestApplicationContext, ctx: Context, over: Partial<CampaignDraft> = {}): Promise<Campaign> {
  const service = app.get(CampaignService)
  const { id, version } = campaignOf(await service.create(ctx, campaignDraft(over)))
  return campaignOf(await service.publish(ctx, id, version))
}
