import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type {
  Campaign, CampaignConnection, CampaignPayload, CampaignTemplate, CreateCampaignInput, MutationCloneCampaignArgs,
  MutationCreateCampaignFromTemplateArgs, MutationGrowBucketsArgs, MutationReviseOddsArgs, MutationUpdateCampaignArgs,
  QueryCampaignsArgs,
} from '../../generated/admin.graphql.js'
import { CampaignService } from '../../modules/campaigns/campaign.service.js'
import { filledIn, TEMPLATES } from '../../modules/campaigns/domain/templates.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toCampaign, toDraft, toPatch, toPayload, toRevision } from './campaign-mapping.js'

const FIRST = 20

@Resolver()
export class CampaignsResolver {
  constructor(private readonly campaigns: CampaignService, private readonly governed: GovernedChangesService) {}

  @Query('campaign')
  @Roles(...may.read)
  async get(@Ctx() ctx: Context, @Args('id') id: string): Promise<Campaign | null> {
    const campaign = await this.campaigns.get(ctx, id)
    return campaign === null ? null : toCampaign(campaign)
  }

  @Query('campaigns')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() { status, search, first, after }: QueryCampaignsArgs): Promise<CampaignConnection> {
    const wanted = { status: status ?? null, search: search ?? null, first: first ?? FIRST, after: after ?? null }
    const page = await this.campaigns.list(ctx, wanted)
    const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: toCampaign(node) }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Mutation('createCampaign')
  @Roles(...may.configure)
  async create(@Ctx() ctx: Context, @Args('input') input: CreateCampaignInput): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.create(ctx, toDraft(input)))
  }

  @Mutation('updateCampaign')
  @Roles(...may.configure)
  async update(@Ctx() ctx: Context, @Args() { id, expectedVersion, patch }: MutationUpdateCampaignArgs): Promise<CampaignPayload> {
    return toPayload(await this.governed.update(ctx, id, expectedVersion, toPatch(patch)))
  }

  @Mutation('reviseOdds')
  @Roles(...may.configure)
  async reviseOdds(@Ctx() ctx: Context, @Args() args: MutationReviseOddsArgs): Promise<CampaignPayload> {
    return toPayload(await this.governed.reviseOdds(ctx, args.id, args.expectedVersion, toRevision(args)))
  }

  @Mutation('publishCampaign')
  @Roles(...may.approve)
  async publish(@Ctx() ctx: Context, @Args('id') id: string, @Args('expectedVersion') expectedVersion: number): Promise<CampaignPayload> {
    return toPayload(await this.governed.publish(ctx, id, expectedVersion))
  }

  @Mutation('pauseCampaign')
  @Roles(...may.approve)
  async pause(@Ctx() ctx: Context, @Args('id') id: string, @Args('expectedVersion') expectedVersion: number): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.pause(ctx, id, expectedVersion))
  }

  @Mutation('resumeCampaign')
  @Roles(...may.approve)
  async resume(@Ctx() ctx: Context, @Args('id') id: string, @Args('expectedVersion') expectedVersion: number): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.resume(ctx, id, expectedVersion))
  }

  @Mutation('endCampaign')
  @Roles(...may.approve)
  async end(@Ctx() ctx: Context, @Args('id') id: string, @Args('expectedVersion') expectedVersion: number): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.end(ctx, id, expectedVersion))
  }

  @Mutation('growBuckets')
  @Roles(...may.approve)
  async grow(@Ctx() ctx: Context, @Args() { id, expectedVersion, bucketCount }: MutationGrowBucketsArgs): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.growBuckets(ctx, id, expectedVersion, bucketCount))
  }

  @Mutation('cloneCampaign')
  @Roles(...may.configure)
  async clone(@Ctx() ctx: Context, @Args() { id, slug, mechanic }: MutationCloneCampaignArgs): Promise<CampaignPayload> {
    return toPayload(await this.campaigns.clone(ctx, id, slug, mechanic ?? null))
  }

  @Query('campaignTemplates')
  @Roles(...may.read)
  templates(): CampaignTemplate[] {
    return TEMPLATES.map((template) => {
      const { key, name, description, settings } = template
      return { key, name, description, mechanic: settings.mechanic, fillsIn: filledIn(template) }
    })
  }

  @Mutation('createCampaignFromTemplate')
  @Roles(...may.configure)
  async fromTemplate(@Ctx() ctx: Context, @Args() args: MutationCreateCampaignFromTemplateArgs): Promise<CampaignPayload> {
    const { template, slug, name, startsAt, endsAt, timezone } = args
    return toPayload(await this.campaigns.createFromTemplate(ctx, { template, slug, name: name ?? null, startsAt, endsAt, timezone: timezone ?? 'UTC' }))
  }
}
