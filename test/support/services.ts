import type { INestApplicationContext, ModuleMetadata, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { parseConfig } from '../../src/config/config.js'
import { ConfigModule, requireRuntimeConfig } from '../../src/config/config.module.js'
import { EventConsumersModule } from '../../src/platform/events/event-consumers.js'
import { PrismaModule } from '../../src/platform/prisma/prisma.module.js'
import { QueueModule } from '../../src/platform/queue/queue.module.js'
import { RedisModule } from '../../src/platform/redis/redis.module.js'
import { TelemetryModule } from '../../src/platform/telemetry/telemetry.module.js'
import { fromSetup } from './environment.js'

export interface TestServices {
  readonly context: INestApplicationContext
  get<T>(service: Type<T>): T
  close(): Promise<void>
}

/** Some modules of the product on a real Postgres and Redis, without its HTTP side. */
export async function startServices(
  { databaseUrl, redisUrl, role = 'worker', environment = {} }: {
    databaseUrl: string; redisUrl: string; role?: 'api' | 'worker' | 'all'; environment?: Readonly<Record<string, string>>
  },
  metadata: Pick<ModuleMetadata, 'imports' | 'providers'>,
): Promise<TestServices> {
  const config = requireRuntimeConfig(parseConfig({
    NODE_ENV: 'test', ROLE: role, LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SECRET_KEY: fromSetup('TEST_SECRET_KEY'), ...environment,
  }))
  const platform = [ConfigModule.forRoot(config), TelemetryModule, PrismaModule, RedisModule, QueueModule, EventConsumersModule]
  class TestModule {}
  const context = await NestFactory.createApplicationContext(
    { module: TestModule, imports: [...platform, ...(metadata.imports ?? [])], providers: metadata.providers ?? [] },
    { logger: false, abortOnError: false },
  )
  return { context, get: (service) => context.get(service, { strict: false }), close: () => context.close() }
}
