import { type DynamicModule, Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { AdminApiModule } from './api/admin/admin-api.module.js'
import { AppApiModule } from './api/app/app-api.module.js'
import { ErrorFilter } from './api/graphql/error.filter.js'
import { ADMIN_PATH, APP_PATH } from './api/graphql/graphql-http.js'
import { graphqlApi } from './api/graphql/graphql-module.js'
import { ConfigModule, type RuntimeConfig } from './config/config.module.js'
import { CampaignsModule } from './modules/campaigns/campaigns.module.js'
import { CodesModule } from './modules/codes/codes.module.js'
import { DrawsModule } from './modules/draws/draws.module.js'
import { EventsModule } from './modules/events/events.module.js'
import { FulfilmentModule } from './modules/fulfilment/fulfilment.module.js'
import { InventoryModule } from './modules/inventory/inventory.module.js'
import { RiskModule } from './modules/risk/risk.module.js'
import { SettlementModule } from './modules/settlement/settlement.module.js'
import { TenancyModule } from './modules/tenancy/tenancy.module.js'
import { UserCenterModule } from './modules/user-center/user-center.module.js'
import { FeatureWatchModule } from './platform/features/feature-watch.module.js'
import { HttpModule } from './platform/http/http.module.js'
import { PrismaModule } from './platform/prisma/prisma.module.js'
import { QueueModule } from './platform/queue/queue.module.js'
import { RedisModule } from './platform/redis/redis.module.js'
import type { Logger } from './platform/telemetry/logger.js'
import { TelemetryModule } from './platform/telemetry/telemetry.module.js'

const platform = [TelemetryModule, PrismaModule, RedisModule, QueueModule, HttpModule]

const modules = [
  TenancyModule, CampaignsModule, InventoryModule, RiskModule, DrawsModule, SettlementModule, EventsModule, UserCenterModule,
  FulfilmentModule, CodesModule,
]

/** The two APIs; a worker serves neither. */
const apis = (logger: Logger) => [
  FeatureWatchModule,
  AppApiModule,
  AdminApiModule,
  graphqlApi({ path: APP_PATH, schemaFile: 'app.graphql', include: AppApiModule, onceFields: ['draw'], logger }),
  graphqlApi({ path: ADMIN_PATH, schemaFile: 'admin.graphql', include: AdminApiModule, onceFields: ['login'], logger }),
]

@Module({})
export class AppModule {
  static forRoot(config: RuntimeConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.forRoot(config), ...platform, ...modules, ...(config.role === 'worker' ? [] : apis(logger))],
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    }
  }
}
