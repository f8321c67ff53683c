import { type DynamicModule, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { parseArgs } from 'node:util'
import { systemContext } from '../common/context.js'
import { AppError } from '../common/errors.js'
import { ConfigError, parseConfig } from '../config/config.js'
import { ConfigModule, requireRuntimeConfig, type RuntimeConfig } from '../config/config.module.js'
import { BooksModule } from '../modules/settlement/books/books.module.js'
import { BooksService } from '../modules/settlement/books/books.service.js'
import type { BooksAudit } from '../modules/settlement/books/books.types.js'
import { type NamedCampaign, PublishedCampaignsService } from '../modules/settlement/books/published-campaigns.service.js'
import { isDatabaseUnavailable } from '../platform/prisma/database-errors.js'
import { PrismaModule } from '../platform/prisma/prisma.module.js'
import { isRedisUnavailable } from '../platform/redis/redis-errors.js'
import { RedisModule } from '../platform/redis/redis.module.js'
import { TelemetryModule } from '../platform/telemetry/telemetry.module.js'

const HELP = `Checks the books: every published campaign of every tenant against its invariants (docs/operations.md).

  npm run audit [-- --campaign ID] [-- --strict]

  --strict  consumers must have had every change by now, not just those older than a minute
  Exit code: 0 balanced, 1 violations or a failure, 2 a wrong command line. Beside a running npm start it finds that
  server's Postgres and Redis under DATA_DIR; else set DATABASE_URL, REDIS_URL and SECRET_KEY.`

class UsageError extends Error {}

@Module({})
class AuditCommandModule {
  static with(config: RuntimeConfig): DynamicModule {
    return { module: AuditCommandModule, imports: [ConfigModule.forRoot(config), TelemetryModule, PrismaModule, RedisModule, BooksModule] }
  }
}

function options(args: string[]) {
  try {
    return parseArgs({ args, options: { campaign: { type: 'string' }, strict: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option')
  }
}

function table(results: ReadonlyArray<{ campaign: NamedCampaign; audit: BooksAudit }>): string {
  const rows = results.map(({ campaign, audit }) => [
    `${campaign.tenantSlug}/${campaign.slug}`, String(audit.draws), String(audit.unsettled), audit.balanced ? 'balanced' : `${audit.violations.length} wrong`,
  ])
  const all = [['CAMPAIGN', 'DRAWS', 'UNSETTLED', 'BOOKS'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all.map((row) => row.map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd()).join('\n')
}

async function audit(campaignId: string | undefined, strict: boolean): Promise<boolean> {
  const config = { ...requireRuntimeConfig(parseConfig()), logLevel: 'silent' as const, databasePoolMax: 2 }
  const app = await NestFactory.createApplicationContext(AuditCommandModule.with(config), { logger: false, abortOnError: false })
  try {
    const published = await app.get(PublishedCampaignsService, { strict: false }).list()
    const wanted = campaignId === undefined ? published : published.filter((campaign) => campaign.id === campaignId)
    if (campaignId !== undefined && wanted.length === 0) throw new UsageError(`--campaign: there is no published campaign ${campaignId}`)
    const books = app.get(BooksService, { strict: false })
    const results: Array<{ campaign: NamedCampaign; audit: BooksAudit }> = []
    for (const campaign of wanted) {
      results.push({ campaign, audit: await books.audit(systemContext(campaign.tenantId, 'command line'), campaign.id, { strict }) })
    }
    console.log(results.length === 0 ? 'No campaign is published.' : table(results))
    const wrong = results.filter((result) => !result.audit.balanced)
    for (const { campaign, audit: { violations } } of wrong) {
      console.log(`\n${campaign.tenantSlug}/${campaign.slug} (${campaign.id})`)
      for (const violation of violations) console.log(`  ${violation.invariant}  ${violation.detail}`)
    }
    return wrong.length === 0
  } finally {
    await app.close()
  }
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
    const { campaign, strict, help } = options(args)
    if (help === true) {
      console.log(HELP)
      return 0
    }
    return (await audit(campaign, strict === true)) ? 0 : 1
  } catch (error) {
    console.error(messageOf(error))
    return error instanceof UsageError ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
