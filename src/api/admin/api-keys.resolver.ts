import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { ApiKey, CreatedApiKey, MutationCreateApiKeyArgs, MutationSetApiKeyLimitArgs } from '../../generated/admin.graphql.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { ApiKeyService } from '../../modules/tenancy/api-key.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class ApiKeysResolver {
  constructor(private readonly apiKeys: ApiKeyService, private readonly changes: GovernedChangesService) {}

  @Query('apiKeys')
  @Roles(...may.readApiKeys)
  list(@Ctx() ctx: Context): Promise<ApiKey[]> {
    return this.apiKeys.list(ctx)
  }

  @Mutation('createApiKey')
  @Roles(...may.manageApiKeys)
  create(@Ctx() ctx: Context, @Args() input: MutationCreateApiKeyArgs): Promise<CreatedApiKey> {
    return this.apiKeys.create(ctx, input)
  }

  @Mutation('setApiKeyLimit')
  @Roles(...may.manageApiKeys)
  setLimit(@Ctx() ctx: Context, @Args() { id, drawsPerSecondMax, expected }: MutationSetApiKeyLimitArgs): Promise<ApiKey> {
    const seen = expected == null ? undefined : expected.drawsPerSecondMax ?? null
    return this.changes.setApiKeyLimit(ctx, id, drawsPerSecondMax ?? null, seen)
  }

  @Mutation('revokeApiKey')
  @Roles(...may.manageApiKeys)
  revoke(@Ctx() ctx: Context, @Args('id') id: string): Promise<ApiKey> {
    return this.apiKeys.revoke(ctx, id)
  }
}
