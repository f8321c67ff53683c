import { Module, type DynamicModule } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import pg from 'pg'
import { ConfigModule, type RuntimeConfig } from '../../config/config.module.js'
import { ConfigError, parseConfig } from '../../config/config.js'
import { AccountService } from '../../modules/tenancy/account.service.js'
import { InvitationService } from '../../modules/tenancy/invitation.service.js'
import { OperatorRosterService } from '../../modules/tenancy/operator-roster.service.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import { TenancyModule } from '../../modules/tenancy/tenancy.module.js'
import { TenantService } from '../../modules/tenancy/tenant.service.js'
import { PrismaModule } from '../../platform/prisma/prisma.module.js'
import { TelemetryModule } from '../../platform/telemetry/telemetry.module.js'

export interface TenantRow {
  readonly slug: string
  readonly name: string
  readonly drawsPerSecondMax: number
  readonly operators: number
  /** In use. */
  readonly apiKeys: number
}

/** What the commands work with. */
export interface Tenancy {
  readonly tenants: TenantService
  readonly operators: OperatorService
  readonly invitations: InvitationService
  readonly account: AccountService
  readonly roster: OperatorRosterService
  list(): Promise<TenantRow[]>
  close(): Promise<void>
}

@Module({})
class TenantCommandModule {
  static with(config: RuntimeConfig): DynamicModule {
    return { module: TenantCommandModule, imports: [ConfigModule.forRoot(config), TelemetryModule, PrismaModule, TenancyModule] }
  }
}

function commandConfig(): RuntimeConfig {
  const config = parseConfig()
  const { databaseUrl, secretKey } = config
  const hint = 'is not set; set it, or run this beside npm start with the same DATA_DIR'
  if (databaseUrl === undefined) throw new ConfigError('DATABASE_URL', hint)
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY', hint)
  // Redis is not asked for anything here.
  return { ...config, databaseUrl, secretKey, redisUrl: config.redisUrl ?? '', logLevel: 'silent', databasePoolMax: 2 }
}

/** Throws ConfigError where the environment does not say which database. */
export async function openTenancy(): Promise<Tenancy> {
  const config = commandConfig()
  const app = await NestFactory.createApplicationContext(TenantCommandModule.with(config), { logger: false, abortOnError: false })
  return {
    tenants: app.get(TenantService, { strict: false }),
    operators: app.get(OperatorService, { strict: false }),
    invitations: app.get(InvitationService, { strict: false }),
    account: app.get(AccountService, { strict: false }),
    roster: app.get(OperatorRosterService, { strict: false }),
    list: () => listTenants(config),
    close: () => app.close(),
  }
}

/** All tenants at once are the owner's to see alone, and through the role that may read across tenants. */
async function listTenants({ databaseUrl, databaseTimeoutMs }: RuntimeConfig): Promise<TenantRow[]> {
  const client = new pg.Client({
    connectionString: databaseUrl, connectionTimeoutMillis: databaseTimeoutMs, statement_timeout: databaseTimeoutMs, application_name: 'drawbridge-tenant',
  })
  await client.connect()
  try {
    await client.query('SET ROLE drawbridge_system')
    const { rows } = await client.query<TenantRow>(
      `SELECT t.slug, t.name, t.draws_per_second_max AS "drawsPerSecondMax",
              (SELECT count(*)::int FROM operator o WHERE o.tenant_id = t.id) AS operators,
              (SELECT count(*)::int FROM api_key k WHERE k.tenant_id = t.id AND k.revoked_at IS NULL) AS "apiKeys"
         FROM tenant t ORDER BY t.slug LIMIT 10000`,
    )
    return rows
  } finally {
    await client.end()
  }
}
