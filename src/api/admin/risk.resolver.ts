import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type {
  AddedRiskEntries, QueryRiskEntriesArgs, RiskEntry, RiskEntryConnection, RiskEntryInput, VelocityRule, VelocityRuleInput,
} from '../../generated/admin.graphql.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { RiskAdminService } from '../../modules/risk/risk-admin.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const entryOf = (input: RiskEntryInput) => ({ ...input, campaignId: input.campaignId ?? null })

@Resolver()
export class RiskResolver {
  constructor(private readonly risk: RiskAdminService, private readonly governed: GovernedChangesService) {}

  @Query('riskEntries')
  @Roles(...may.read)
  async entries(@Ctx() ctx: Context, @Args() args: QueryRiskEntriesArgs): Promise<RiskEntryConnection> {
    const { campaignId, everyCampaign, list, first, after } = args
    const scope = { campaignId: campaignId ?? null, everyCampaign: everyCampaign === true }
    const page = await this.risk.entries(ctx, scope, list ?? null, first ?? 20, after ?? null)
    const edges = page.entries.map((node) => ({ cursor: node.id, node }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Query('velocityRules')
  @Roles(...may.read)
  async rules(@Ctx() ctx: Context, @Args('campaignId') campaignId: string | null | undefined): Promise<VelocityRule[]> {
    return [...(await this.risk.rules(ctx, campaignId ?? null))]
  }

  @Mutation('addRiskEntry')
  @Roles(...may.configure)
  add(@Ctx() ctx: Context, @Args('input') input: RiskEntryInput): Promise<RiskEntry> {
    return this.governed.addRiskEntry(ctx, entryOf(input))
  }

  @Mutation('addRiskEntries')
  @Roles(...may.configure)
  addMany(@Ctx() ctx: Context, @Args('inputs') inputs: RiskEntryInput[]): Promise<AddedRiskEntries> {
    return this.governed.addRiskEntries(ctx, inputs.map(entryOf))
  }

  @Mutation('removeRiskEntry')
  @Roles(...may.configure)
  remove(@Ctx() ctx: Context, @Args('id') id: string): Promise<RiskEntry> {
    return this.governed.removeRiskEntry(ctx, id)
  }

  @Mutation('setVelocityRules')
  @Roles(...may.configure)
  async setRules(
    @Ctx() ctx: Context,
    @Args('campaignId') campaignId: string | null | undefined,
    @Args('rules') rules: VelocityRuleInput[],
    @Args('expected') expected: VelocityRuleInput[] | null | undefined,
  ): Promise<VelocityRule[]> {
    return [...(await this.governed.setVelocityRules(ctx, campaignId ?? null, rules, expected ?? undefined))]
  }
}
