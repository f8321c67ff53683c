import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AppError } from '../common/errors.js'
import { ConfigError, parseConfig } from '../config/config.js'
import { ConfigModule, requireRuntimeConfig, type RuntimeConfig } from '../config/config.module.js'
import { BooksModule } from '../modules/settlement/books/books.module.js'
import { TenancyModule } from '../modules/tenancy/tenancy.module.js'
import { isDatabaseUnavailable } from '../platform/prisma/database-errors.js'
import { PrismaModule } from '../platform/prisma/prisma.module.js'
import { isRedisUnavailable } from '../platform/redis/redis-errors.js'
import { RedisModule } from '../platform/redis/redis.module.js'
import { TelemetryModule } from '../platform/telemetry/telemetry.module.js'
import { checkBooks } from './audit/books.js'
import { checkFile, checkLogs, exportLog } from './audit/log.js'
import { type AuditOptions, auditOptions, HELP, UsageError } from './audit/options.js'

@Module({})
class AuditCommandModule {
  static with(config: RuntimeConfig): DynamicModule {
    const platform = [TelemetryModule, PrismaModule, RedisModule]
    return { module: AuditCommandModule, imports: [ConfigModule.forRoot(config), ...platform, TenancyModule, BooksModule] }
  }
}

async function withApp<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const config = { ...requireRuntimeConfig(parseConfig()), logLevel: 'silent' as const, databasePoolMax: 2 }
  const app = await NestFactory.createApplicationContext(AuditCommandModule.with(config), { logger: false, abortOnError: false })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

/** Whether nothing is wrong. */
async function run(options: AuditOptions): Promise<boolean> {
  const { file, tenant, campaign } = options
  if (file !== undefined) return checkFile({ ...options, file })
  return withApp(async (app) => {
    if (options.export !== undefined && tenant !== undefined) {
      await exportLog(app, tenant, options.export)
      return true
    }
    const balanced = await checkBooks(app, options)
    return (campaign !== undefined || (await checkLogs(app, options))) && balanced
  })
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nSee npm run audit -- --help`
  if (error instanceof AppError || error instanceof ConfigError) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^28|^3D000/.test(code)) return 'DATABASE_URL: the database refuses this login. Is it migrated, and is SECRET_KEY the one that it was migrated with?'
  if (code === '42883' || code === '42P01') return 'DATABASE_URL: the database is not migrated: npm run migrate'
  if (isDatabaseUnavailable(error)) return `DATABASE_URL: the database cannot be reached (${error instanceof Error && error.message !== '' ? error.message : code})`
  if (isRedisUnavailable(error)) return 'REDIS_URL: Redis cannot be reached'
  return `Unexpected failure: ${error instanceof Error ? error.message : 'unknown reason'}`
}

async function main(args: string[]): Promise<number> {
  try {
    const options = auditOptions(args)
    if (options === null) {
      console.log(HELP)
      return 0
    }
    return (await run(options)) ? 0 : 1
  } catch (error) {
    console.error(messageOf(error))
    return error instanceof UsageError ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
