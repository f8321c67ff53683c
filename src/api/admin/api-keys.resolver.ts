import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { ApiKey, CreatedApiKey, MutationCreateApiKeyArgs } from '../../generated/admin.graphql.js'
import { ApiKeyService } from '../../modules/tenancy/api-key.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class ApiKeysResolver {
  constructor(private readonly apiKeys: ApiKeyService) {}

  @Query('apiKeys')
  @Roles(...may.readApiKeys)
  list(@Ctx() ctx: Context): Promise<ApiKey[]> {
    return this.apiKeys.list(ctx)
  }

  @Mutation('createApiKey')
  @Roles(...may.manageApiKeys)
  create(@Ctx() ctx: Context, @Args() { name, kind }: MutationCreateApiKeyArgs): Promise<CreatedApiKey> {
    return this.apiKeys.create(ctx, name, kind)
  }

  @Mutation('revokeApiKey')
  @Roles(...may.manageApiKeys)
  revoke(@Ctx() ctx: Context, @Args('id') id: string): Promise<ApiKey> {
    return this.apiKeys.revoke(ctx, id)
  }
}
