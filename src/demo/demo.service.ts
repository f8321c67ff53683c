import type { INestApplicationContext } from '@nestjs/common'
import { systemContext, type Context } from '../common/context.js'
import { CONFIG, type RuntimeConfig } from '../config/config.module.js'
import { CampaignService } from '../modules/campaigns/campaign.service.js'
import type { Campaign, CampaignResult } from '../modules/campaigns/campaigns.types.js'
import { ApiKeyService } from '../modules/tenancy/api-key.service.js'
import { OperatorService } from '../modules/tenancy/operator.service.js'
import { TenantService } from '../modules/tenancy/tenant.service.js'
import { SqlService } from '../platform/prisma/sql.service.js'
import { CredentialsFile, type Credentials } from './credentials.js'
import { DEMO_CAMPAIGN_SLUG, demoCampaign } from './demo-campaign.js'
import { DEMO_TENANT_SLUG, type DemoInfo, type DemoTenant } from './demo.types.js'

const ACTOR = 'demo'
const TENANTS = [{ slug: DEMO_TENANT_SLUG, name: 'Demo' }, { slug: 'other', name: 'Other' }] as const
const DRAWS_PER_SECOND_MAX = 100_000
const SEED_LOCK = 0x6462_6465 // 'dbde'
const SEED_WAIT_MS_MAX = 60_000
const WORTH_KEEPING_MS = 24 * 60 * 60_000
const LIVE: ReadonlySet<Campaign['status']> = new Set(['SCHEDULED', 'ACTIVE', 'PAUSED', 'RECOVERING'])
const KEY_NAME = 'Demo server key'

/** A demonstration could not be set up; the message says why. */
class DemoError extends Error {}

/**
 * Makes two tenants with an owner, a server key and a live campaign each, or finds those of the last run. May run at
 * every start: what is there is kept, and secrets that are lost or fit no more are replaced.
 */
export async function seedDemo(app: INestApplicationContext): Promise<DemoInfo> {
  const config = app.get<RuntimeConfig>(CONFIG, { strict: false })
  const seeder = new Seeder(app, await CredentialsFile.open(config.dataDir))
  // Processes that start together must not replace each other's secrets.
  const [demo, other] = await app.get(SqlService, { strict: false }).system(async (sql) => {
    const lock = () => sql.query('SELECT pg_advisory_xact_lock($1)', [SEED_LOCK])
    await lock()
    const demo = await seeder.tenant(TENANTS[0])
    await lock() // held already: this keeps the transaction from being taken for a forgotten one
    return [demo, await seeder.tenant(TENANTS[1])] as const
  }, { statementTimeoutMs: SEED_WAIT_MS_MAX })
  return {
    graphqlUrl: `${config.publicUrl}/graphql`,
    adminGraphqlUrl: `${config.publicUrl}/admin/graphql`,
    adminUrl: `${config.publicUrl}/admin`,
    ...demo,
    databaseUrl: config.databaseUrl,
    redisUrl: config.redisUrl,
    other,
  }
}

class Seeder {
  private readonly tenants: TenantService
  private readonly operators: OperatorService
  private readonly apiKeys: ApiKeyService
  private readonly campaigns: CampaignService

  constructor(app: INestApplicationContext, private readonly file: CredentialsFile) {
    this.tenants = app.get(TenantService, { strict: false })
    this.operators = app.get(OperatorService, { strict: false })
    this.apiKeys = app.get(ApiKeyService, { strict: false })
    this.campaigns = app.get(CampaignService, { strict: false })
  }

  async tenant({ slug, name }: { slug: string; name: string }): Promise<DemoTenant> {
    const operatorEmail = `owner@${slug}.example`
    const existing = await this.tenants.bySlug(slug)
    const { tenantId, secrets } = existing === null
      ? await this.create(slug, name, operatorEmail)
      : { tenantId: existing.tenantId, secrets: await this.fitting(slug, existing.tenantId, operatorEmail) }
    const campaign = await this.campaign(systemContext(tenantId, ACTOR))
    return { ...secrets, operatorEmail, tenantSlug: slug, campaignId: campaign.id }
  }

  private async create(slug: string, name: string, ownerEmail: string): Promise<{ tenantId: string; secrets: Credentials }> {
    const created = await this.tenants.create({ slug, name, ownerEmail, ownerName: `${name} owner`, drawsPerSecondMax: DRAWS_PER_SECOND_MAX, actor: ACTOR })
    const secrets = { apiKey: created.apiKey, operatorPassword: created.ownerPassword }
    await this.file.put(slug, secrets)
    return { tenantId: created.tenant.tenantId, secrets }
  }

  /** The kept secrets where they still open this tenant, new ones where not. */
  private async fitting(slug: string, tenantId: string, email: string): Promise<Credentials> {
    const ctx = systemContext(tenantId, ACTOR)
    const kept = this.file.get(slug)
    const keyFits = kept !== undefined && (await this.apiKeys.authenticate(kept.apiKey))?.tenantId === tenantId
    const passwordFits = kept !== undefined && (await this.operators.passwordFits(ctx, email, kept.operatorPassword))
    if (kept !== undefined && keyFits && passwordFits) return kept
    const secrets = {
      apiKey: keyFits ? kept.apiKey : await this.newKey(ctx),
      operatorPassword: passwordFits ? kept.operatorPassword : await this.newPassword(ctx, email),
    }
    await this.file.put(slug, secrets)
    return secrets
  }

  /** Takes the place of those that an earlier loss left behind, so that they do not pile up. */
  private async newKey(ctx: Context): Promise<string> {
    for (const { id, name, revokedAt } of await this.apiKeys.list(ctx)) {
      if (name === KEY_NAME && revokedAt === null) await this.apiKeys.revoke(ctx, id)
    }
    return (await this.apiKeys.create(ctx, { name: KEY_NAME })).secret
  }

  private async newPassword(ctx: Context, email: string): Promise<string> {
    const owner = await this.operators.byEmail(ctx, email)
    const { password } = owner === null
      ? await this.operators.add(ctx, { email, name: 'Owner', role: 'OWNER' })
      : await this.operators.resetPassword(ctx, email)
    return password
  }

  /** The campaign of the last run while it lasts, even if somebody paused it; else a new one. */
  private async campaign(ctx: Context): Promise<Campaign> {
    const { edges } = await this.campaigns.list(ctx, { status: null, search: DEMO_CAMPAIGN_SLUG, first: 100, after: null })
    const ours = edges.map(({ node }) => node).filter(({ slug }) => slug.startsWith(DEMO_CAMPAIGN_SLUG))
    const lasting = ours.filter(({ endsAt }) => endsAt.getTime() - Date.now() > WORTH_KEEPING_MS)
    const live = lasting.find(({ status }) => LIVE.has(status))
    if (live !== undefined) return live
    // A run that ended between creating and publishing left a draft.
    const draft = lasting.find(({ status }) => status === 'DRAFT') ?? (await this.newCampaign(ctx, ours.length === 0))
    return ready(await this.campaigns.publish(ctx, draft.id, draft.version))
  }

  private async newCampaign(ctx: Context, isFirst: boolean): Promise<Campaign> {
    const nowMs = Date.now()
    const slug = isFirst ? DEMO_CAMPAIGN_SLUG : `${DEMO_CAMPAIGN_SLUG}-${nowMs.toString(36)}`
    return ready(await this.campaigns.create(ctx, demoCampaign(slug, nowMs)))
  }
}

function ready(result: CampaignResult): Campaign {
  if (result.kind === 'campaign') return result.campaign
  const problems = result.kind === 'invalid' ? result.problems.map(({ path, message }) => `${path}: ${message}`) : []
  throw new DemoError(`The demo campaign was refused: ${[result.message, ...problems].join('; ')}`)
}
